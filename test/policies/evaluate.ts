import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Account, Document } from './account.ts';
import { callerOf, ownerOf, type Who } from './principals.ts';

/** One case: may this principal do this to that, when the request carries this? */
export interface Row {
  readonly may: boolean;
  readonly who: Who;
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

export interface Judgement {
  readonly allowed: boolean;
  /** The statements that decided, as JSON: what allowed it, or what denied it by name. */
  readonly decisive: readonly string[];
}

/** As it stands in a report. */
export const told = ({ may, who, action, resource, context }: Row): string =>
  `${who} ${may ? 'may' : 'must not'} ${action} on ${resource} ${JSON.stringify(context)}`;

/**
 * The evaluator knows keys with a variable behind a slash (`aws:RequestTag/…`), not KMS's, behind a colon. Both are one
 * text for one name, so in policies and requests alike the one is written as the other.
 */
const AS_TAG = 'aws:RequestTag/encryption-context:';
const asTag = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value).replaceAll('kms:EncryptionContext:', AS_TAG));

/**
 * Asks a policy evaluator that knows nothing of ours.
 *
 * @throws Error where it could not judge: a policy, action, resource or condition key that AWS does not define.
 */
export async function judge(row: Row, account: Account): Promise<Judgement> {
  const { principal, context, policies } = callerOf(row.who, account);
  const [at, resourcePolicy] = policyAt(row.resource, account);
  const simulated = await runSimulation(
    {
      request: {
        principal,
        action: row.action,
        resource: { resource: row.resource, accountId: ownerOf(at) },
        contextVariables: asTag({ ...context, ...row.context }) as Record<string, string | string[]>,
      },
      identityPolicies: policies.map(({ name, policy }) => ({ name, policy: asTag(policy) })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy === undefined ? {} : { resourcePolicy: asTag(resourcePolicy) }),
    },
    { simulationMode: 'Strict' },
  );
  if (simulated.resultType === 'error') {
    throw new Error(`${told(row)}: ${JSON.stringify(simulated.errors)}`);
  }
  const [result] = simulated.resultType === 'single' ? [simulated.result] : simulated.results;
  const ignored = result?.ignoredContextKeys ?? [];
  if (ignored.length > 0) throw new Error(`${told(row)}: not a key of that action: ${ignored.join()}`);
  const { identityAnalysis: identity, resourceAnalysis: resource } = result?.analysis ?? {};
  const kind = simulated.overallResult === 'Allowed' ? 'allowStatements' : 'denyStatements';
  const decisive = [...(identity?.[kind] ?? []), ...(resource?.[kind] ?? [])];
  return {
    allowed: simulated.overallResult === 'Allowed',
    decisive: decisive.map(({ statement }) =>
      JSON.stringify(statement).replaceAll(AS_TAG, 'kms:EncryptionContext:'),
    ),
  };
}

/** What has the policy: the resource, or the bucket that an object is in. */
function policyAt(resource: string, account: Account): readonly [string, Document | undefined] {
  const bucket = resource.startsWith('arn:aws:s3:::') ? (resource.split('/')[0] ?? resource) : resource;
  return [bucket, account.resource.get(bucket)];
}
