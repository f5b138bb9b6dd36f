import { ACCOUNT, type Account, type Document } from './account.ts';
import { the } from './names.ts';
import { ROLES } from './rows/row.ts';

type Outside =
  | 'administrator'
  | 'break-glass'
  | 'reader'
  | 'foreign-reader'
  | 'foreign-stranger'
  | 'overpowered-sealer'
  | 'issuing-desk'
  | 'audit-desk'
  | 'pipeline';

/** Who asks. */
export type Who =
  | `fn:${string}`
  | `duty:${string}`
  | `schedule:${string}`
  | `role:${string}`
  | `service:${string}`
  | Outside;

export interface Caller {
  /** As a request carries it: a session of a role, or a service. */
  readonly principal: string;
  readonly account: string;
  readonly context: Readonly<Record<string, string>>;
  readonly policies: readonly { readonly name: string; readonly policy: Document }[];
}

const allow = (actions: readonly string[], resources: readonly string[]): Document => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: resources }],
});
const ALL = allow(['*'], ['*']);
const FOREIGN = '210987654321';

/** Principals that are none of ours, with what their own account lets them do. */
const OUTSIDE: Readonly<Record<Outside, { readonly arn: string; readonly policy: Document }>> = {
  /** Administers our account: whatever no policy of ours denies. */
  administrator: { arn: the.role('administrator'), policy: ALL },
  'break-glass': { arn: the.role('break-glass'), policy: ALL },
  /** The service that the token `orders-service` was made for. */
  reader: {
    arn: the.role('orders-service'),
    policy: allow(
      ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret', 'kms:Decrypt'],
      [the.secret('orders-service'), the.secret('billing'), the.key('SecretsKey')],
    ),
  },
  'foreign-reader': { arn: `arn:aws:iam::${FOREIGN}:role/billing-eu`, policy: ALL },
  'foreign-stranger': { arn: `arn:aws:iam::${FOREIGN}:role/anybody`, policy: ALL },
  /** The sealer's role with every right that somebody could attach to it: the second line has to hold. */
  'overpowered-sealer': { arn: the.role('tokenward-prod-seal'), policy: ALL },
  /** Those whom the context names for a duty. */
  'issuing-desk': { arn: the.role('issuing-desk'), policy: allow(['sts:AssumeRole'], ['*']) },
  'audit-desk': { arn: the.role('audit-desk'), policy: allow(['sts:AssumeRole'], ['*']) },
  pipeline: { arn: the.role('pipeline'), policy: allow(['sts:AssumeRole'], ['*']) },
};

/**
 * Resolves who asks.
 *
 * @throws Error for a role of ours that has no policy: a row about it would pass for want of a principal.
 */
export function callerOf(who: Who, account: Account): Caller {
  if (who.startsWith('service:')) {
    return { principal: who.slice('service:'.length), account: ACCOUNT, context: {}, policies: [] };
  }
  const own = ROLES[who];
  const outside = OUTSIDE[who as Outside];
  const arn = own === undefined ? outside.arn : the.role(own);
  const policies =
    own === undefined ? [{ name: who, policy: outside.policy }] : account.identity.get(the.role(own));
  if (policies === undefined) throw new Error(`${who} has no policy in the templates`);
  const [, , , , of = '', path = ''] = arn.split(':');
  const name = path.split('/').at(-1) ?? '';
  return {
    principal: `arn:aws:sts::${of}:assumed-role/${name}/${name}`,
    account: of,
    context: { 'aws:PrincipalArn': arn, 'aws:PrincipalAccount': of },
    policies,
  };
}

/** Whether a resource is in our account; of what has no account in its ARN, buckets are. */
export const ownerOf = (resource: string): string => resource.split(':')[4] || ACCOUNT;
