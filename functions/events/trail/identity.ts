import type { Fact } from '#core/detection/fact.ts';
import { type Bag, inner, text } from './values.ts';

/** Who acted, as a fact names them. */
export type Who = Pick<Fact, 'credential' | 'kind' | 'principal' | 'session' | 'delivery'> & {
  /** A service acted on the caller's behalf: address and client are the service's. */
  readonly forwarded: boolean;
};

const INSTANCE = /^i-[0-9a-f]{8,17}$/i;
const ASSUMED = /^arn:(aws[a-z-]*):sts::([^:]+):assumed-role\/([^/]+)\//;

/**
 * The credential that a record's `userIdentity` shows; `undefined` where none acted: a service for itself (see
 * {@link namelessOf}), or a service event, whose identity has no type. A service that acts on somebody's behalf has a key made for that one
 * call: the principal stands for it. Seen: IAMUser, AssumedRole, FederatedUser, Root, AWSAccount,
 * IdentityCenterUser, Unknown, AWSService, and none at all.
 */
export function whoOf(identity: Bag | undefined): Who | undefined {
  const type = text(identity, 'type');
  const invokedBy = text(identity, 'invokedBy');
  const key = text(identity, 'accessKeyId');
  const arn = text(identity, 'arn');
  if (key === '' && (arn === '' || type === '' || type === 'AWSService')) return undefined;
  const context = inner(identity, 'sessionContext');
  const issuer = text(inner(context, 'sessionIssuer'), 'arn');
  const session = arn.includes(':assumed-role/') ? arn.slice(arn.lastIndexOf('/') + 1) : '';
  const principal = issuer === '' ? roleOf(arn) : issuer;
  const byService = invokedBy !== '' && principal !== '';
  return {
    credential: byService ? principal : key === '' ? arn : key,
    kind: byService ? 'secret-reader' : kindOf(type, key, session),
    principal,
    session,
    delivery: deliveryOf(session, context),
    forwarded: invokedBy !== '',
  };
}

/** Rotates, replicates and deletes what it keeps, by itself. */
const SECRETS_MANAGER = 'secretsmanager.amazonaws.com';

/**
 * Who reads a secret and shows no credential: a service for itself, by its name, or another account, whose principals
 * the trail of the secret's account does not name. Secrets Manager among its own secrets is nobody.
 */
export function namelessOf(identity: Bag | undefined): Who | undefined {
  const type = text(identity, 'type');
  const service = text(identity, 'invokedBy');
  const account = text(identity, 'accountId');
  const principal = type === 'AWSAccount' && account !== '' ? `account ${account}` : service;
  if (principal === '' || principal === SECRETS_MANAGER) return undefined;
  return {
    credential: principal,
    kind: 'secret-reader',
    principal,
    session: '',
    delivery: '',
    forwarded: true,
  };
}

function kindOf(type: string, key: string, session: string): Fact['kind'] {
  if (key.startsWith('ASIA') || session !== '' || type === 'FederatedUser') return 'role-session';
  return key === '' ? 'secret-reader' : 'iam-access-key';
}

/** The role of an assumed-role ARN that comes without its issuer; its path is not in it. */
function roleOf(arn: string): string {
  const match = ASSUMED.exec(arn);
  return match === null ? arn : `arn:${match[1]}:iam::${match[2]}:role/${match[3]}`;
}

function deliveryOf(session: string, context: Bag | undefined): Who['delivery'] {
  return INSTANCE.test(session) || text(context, 'ec2RoleDelivery') !== '' ? 'instance' : '';
}
