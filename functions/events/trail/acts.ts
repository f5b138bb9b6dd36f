import { type Act, type Plane, PREVIOUS_VERSION } from '#core/detection/fact.ts';
import { canonicalSecret } from '#core/detection/secret-name.ts';
import { type Bag, bag, inner, text } from './values.ts';

/** What an act is read from. */
export interface Call {
  readonly account: string;
  readonly region: string;
  readonly request: Bag | undefined;
  readonly response: Bag | undefined;
}

type Read = (call: Call) => readonly Act[];

/** Names that these stacks give what watches over credentials; a trail counts whatever its name. */
const OURS = /tokenward/i;

/** How many secrets one record may name; BatchGetSecretValue takes 20. */
const SECRETS_MOST = 20;

const secretOf = (call: Call, id: string): string => canonicalSecret(id, call.account, call.region);

const readSecret: Read = (call) => {
  const id = text(call.request, 'secretId');
  if (id === '') return [];
  const previous = text(call.request, 'versionStage') === PREVIOUS_VERSION ? PREVIOUS_VERSION : '';
  const versionId = text(call.request, 'versionId') || previous;
  return [{ kind: 'read-secret', secret: secretOf(call, id), versionId }];
};

const readBatch: Read = (call) => {
  const filters = list(call.request, 'filters');
  const ids = list(call.request, 'secretIdList').filter((id): id is string => typeof id === 'string');
  const named = ids
    .slice(0, SECRETS_MOST)
    .map((id): Act => ({ kind: 'read-secret', secret: secretOf(call, id), versionId: '' }));
  if (filters.length === 0) return named;
  const negated = filters.some((filter) =>
    list(bag(filter), 'values').some((value) => typeof value === 'string' && value.startsWith('!')),
  );
  return [{ kind: 'read-batch', negated }, ...named];
};

const decrypt: Read = (call) => {
  const context = inner(call.request, 'encryptionContext');
  const arn = text(context, 'SecretARN');
  const versionId = text(context, 'SecretVersionId');
  return arn === '' || versionId === '' ? [] : [{ kind: 'decrypt', secret: secretOf(call, arn), versionId }];
};

const mintKey: Read = (call) => [
  {
    kind: 'mint',
    how: 'access-key',
    minted: text(inner(call.response, 'accessKey'), 'accessKeyId'),
    target: text(call.request, 'userName') || text(inner(call.response, 'accessKey'), 'userName'),
  },
];

const mintSession =
  (how: 'session' | 'federation' | 'role', target: string): Read =>
  (call) => [
    {
      kind: 'mint',
      how,
      minted: text(inner(call.response, 'credentials'), 'accessKeyId'),
      target: text(call.request, target),
    },
  ];

const tamper =
  (plane: Plane, what: string, grave: boolean): Read =>
  () => [{ kind: 'tamper', plane, what, grave }];

/** A tampering that counts only where a field of the request names something of ours. */
const tamperOurs =
  (plane: Plane, what: string, grave: boolean, ...fields: readonly string[]): Read =>
  (call) =>
    fields.some((field) => OURS.test(text(call.request, field)))
      ? [{ kind: 'tamper', plane, what, grave }]
      : [];

/** A tampering with one secret: grave where the secret is under contract, which the signal knows. */
const tamperSecret =
  (plane: Plane, what: string): Read =>
  (call) => {
    const id = text(call.request, 'secretId');
    const secret = id === '' ? {} : { secret: secretOf(call, id) };
    return [{ kind: 'tamper', plane, what, grave: false, ...secret }];
  };

const privilege =
  (what: string): Read =>
  () => [{ kind: 'privilege', what }];

const either =
  (first: Read, otherwise: Read): Read =>
  (call) => {
    const acts = first(call);
    return acts.length > 0 ? acts : otherwise(call);
  };

const WIDE = /\/(?:AdministratorAccess|PowerUserAccess|IAMFullAccess|SecretsManagerReadWrite)$/;

const attachPolicy: Read = (call) => {
  const arn = text(call.request, 'policyArn');
  return WIDE.test(arn)
    ? [{ kind: 'privilege', what: `attached ${arn.slice(arn.lastIndexOf('/') + 1)}` }]
    : [];
};

const detachPolicy: Read = (call) =>
  /TokenwardQuarantine|AWSCompromisedKeyQuarantine|AWSExposedCredentialPolicy/.test(
    text(call.request, 'policyArn') + text(call.request, 'policyName'),
  )
    ? [{ kind: 'tamper', plane: 'quarantine', what: 'removed a quarantine', grave: true }]
    : [];

/** A policy that allows everything on everything, or IAM itself. */
const widePolicy: Read = (call) => {
  const document = text(call.request, 'policyDocument').replace(/\s+/g, '');
  return /"Action":\[?"(?:\*|\*:\*|iam:\*)"/.test(document) && document.includes('"Effect":"Allow"')
    ? [{ kind: 'privilege', what: 'wrote a policy that allows everything' }]
    : [];
};

const reactivate: Read = (call) =>
  text(call.request, 'status') === 'Active' ? [{ kind: 'privilege', what: 'made a key active again' }] : [];

const moveLabel: Read = (call) =>
  text(call.request, 'versionStage') === '' ? [] : tamperSecret('rotation', 'moved a version label')(call);

/** By service and call, without the version that Lambda puts after its names. */
const ACTS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['secretsmanager:GetSecretValue', readSecret],
  ['secretsmanager:BatchGetSecretValue', readBatch],
  ['secretsmanager:CancelRotateSecret', tamper('rotation', 'turned a rotation off', false)],
  ['secretsmanager:UpdateSecretVersionStage', moveLabel],
  ['secretsmanager:PutResourcePolicy', tamper('secret', 'changed a secret’s policy', false)],
  ['secretsmanager:DeleteResourcePolicy', tamperSecret('secret', 'removed a secret’s policy')],
  ['kms:Decrypt', decrypt],
  ['kms:DisableKey', tamper('key', 'disabled a KMS key', false)],
  ['kms:ScheduleKeyDeletion', tamper('key', 'scheduled a KMS key for deletion', false)],
  ['kms:PutKeyPolicy', tamper('key', 'changed a KMS key’s policy', false)],
  ['sts:AssumeRole', mintSession('role', 'roleArn')],
  ['sts:GetSessionToken', mintSession('session', 'serialNumber')],
  ['sts:GetFederationToken', mintSession('federation', 'name')],
  ['iam:CreateAccessKey', mintKey],
  ['iam:UpdateAccessKey', reactivate],
  ['iam:AttachUserPolicy', attachPolicy],
  ['iam:AttachRolePolicy', attachPolicy],
  ['iam:AttachGroupPolicy', attachPolicy],
  ['iam:DetachUserPolicy', detachPolicy],
  ['iam:DeleteUserPolicy', detachPolicy],
  ['iam:PutUserPolicy', widePolicy],
  ['iam:PutRolePolicy', widePolicy],
  ['iam:PutGroupPolicy', widePolicy],
  ['iam:CreatePolicy', widePolicy],
  ['iam:CreatePolicyVersion', widePolicy],
  ['iam:CreateLoginProfile', privilege('made a console password')],
  ['iam:UpdateLoginProfile', privilege('changed a console password')],
  ['iam:UpdateAssumeRolePolicy', privilege('changed who may assume a role')],
  ['iam:DeactivateMFADevice', privilege('turned a second factor off')],
  ['iam:CreateSAMLProvider', privilege('added an identity provider')],
  ['iam:CreateOpenIDConnectProvider', privilege('added an identity provider')],
  ['rolesanywhere:CreateTrustAnchor', privilege('added a trust anchor')],
  ['organizations:LeaveOrganization', privilege('took the account out of its organisation')],
  ['lambda:AddPermission', privilege('let another account or service call a function')],
  ['cloudtrail:StopLogging', tamper('trail', 'stopped a trail', true)],
  ['cloudtrail:DeleteTrail', tamper('trail', 'deleted a trail', true)],
  ['cloudtrail:PutEventSelectors', tamper('trail', 'changed what a trail records', false)],
  ['cloudtrail:UpdateTrail', tamper('trail', 'changed a trail', false)],
  ['events:DisableRule', tamperOurs('rules', 'disabled a rule', true, 'name')],
  ['events:DeleteRule', tamperOurs('rules', 'deleted a rule', true, 'name')],
  ['events:RemoveTargets', tamperOurs('rules', 'removed a rule’s targets', true, 'rule')],
  ['events:PutRule', tamperOurs('rules', 'changed a rule', false, 'name')],
  ['lambda:PutFunctionConcurrency', tamperOurs('function', 'limited a function', true, 'functionName')],
  ['lambda:DeleteFunction', tamperOurs('function', 'deleted a function', true, 'functionName')],
  [
    'lambda:UpdateFunctionCode',
    either(
      tamperOurs('function', 'replaced a function’s code', false, 'functionName'),
      privilege('replaced a function’s code'),
    ),
  ],
  [
    'lambda:UpdateFunctionConfiguration',
    either(
      tamperOurs('function', 'changed a function’s settings', false, 'functionName'),
      privilege('changed a function’s settings'),
    ),
  ],
  ['dynamodb:DeleteTable', tamperOurs('table', 'deleted a table', true, 'tableName')],
  ['dynamodb:UpdateTable', tamperOurs('table', 'changed a table', false, 'tableName')],
]);

/** Every `service:Call` that can be more than plain: what the rules must hand on. */
export const ACT_APIS: readonly string[] = [...ACTS.keys()];

/** Whether a call can be more than plain, so that its parameters must be read. */
export const hasActs = (api: string): boolean => ACTS.has(api);

const PLAIN: readonly Act[] = [{ kind: 'plain' }];

/** What a call did; a call that is on no list is plain. */
export function actsOf(api: string, call: Call): readonly Act[] {
  const acts = ACTS.get(api)?.(call) ?? PLAIN;
  return acts.length === 0 ? PLAIN : acts;
}

function list(from: Bag | undefined, name: string): readonly unknown[] {
  if (from === undefined || !Object.hasOwn(from, name)) return [];
  const value = from[name];
  return Array.isArray(value) ? value : [];
}
