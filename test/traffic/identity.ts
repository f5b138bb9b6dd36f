import type { Random } from './random.ts';
import type { UserIdentity } from './record.ts';
import { isoSeconds } from './timeline.ts';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A user or role; `id` is its unique id (AIDA… or AROA…), which a recreated one of the same name would not have. */
export interface Principal {
  readonly kind: 'user' | 'role';
  readonly name: string;
  readonly arn: string;
  readonly id: string;
  readonly account: string;
}

export const accessKeyId = (random: Random): string => `AKIA${random.text(16, BASE32)}`;
export const sessionKeyId = (random: Random): string => `ASIA${random.text(16, BASE32)}`;

export function createPrincipal(
  kind: 'user' | 'role',
  name: string,
  account: string,
  random: Random,
  path = '/',
): Principal {
  const id = `${kind === 'user' ? 'AIDA' : 'AROA'}${random.text(17, BASE32)}`;
  return { kind, name, arn: `arn:aws:iam::${account}:${kind}${path}${name}`, id, account };
}

/** The long-lived key of a user. */
export const userIdentity = (user: Principal, keyId: string): UserIdentity => ({
  type: 'IAMUser',
  principalId: user.id,
  arn: user.arn,
  accountId: user.account,
  accessKeyId: keyId,
  userName: user.name,
});

/** A temporary key of a user: from GetSessionToken, from the console, or forwarded by a service. */
export const userSession = (
  user: Principal,
  keyId: string,
  createdAt: number,
  mfa: boolean,
): UserIdentity => ({
  ...userIdentity(user, keyId),
  sessionContext: { attributes: { creationDate: isoSeconds(createdAt), mfaAuthenticated: String(mfa) } },
});

/** One session of a role, whose temporary key acts. */
export interface Session {
  readonly role: Principal;
  readonly name: string;
  readonly keyId: string;
  readonly createdAt: number;
  readonly identity: UserIdentity;
}

/** @param kind how the session came to be; it shows in the session's context */
export function createSession(
  role: Principal,
  name: string,
  keyId: string,
  createdAt: number,
  kind: 'ec2' | 'service' | 'web' | 'person' | 'assumed' = 'assumed',
): Session {
  const identity: UserIdentity = {
    type: 'AssumedRole',
    principalId: `${role.id}:${name}`,
    arn: `arn:aws:sts::${role.account}:assumed-role/${role.name}/${name}`,
    accountId: role.account,
    accessKeyId: keyId,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: role.id,
        arn: role.arn,
        accountId: role.account,
        userName: role.name,
      },
      ...(kind === 'ec2' ? { webIdFederationData: {} } : {}),
      attributes: { creationDate: isoSeconds(createdAt), mfaAuthenticated: String(kind === 'person') },
      ...(kind === 'ec2' ? { ec2RoleDelivery: '2.0' } : {}),
    },
  };
  return { role, name, keyId, createdAt, identity };
}

export const federatedIdentity = (
  user: Principal,
  name: string,
  keyId: string,
  createdAt: number,
): UserIdentity => ({
  type: 'FederatedUser',
  principalId: `${user.account}:${name}`,
  arn: `arn:aws:sts::${user.account}:federated-user/${name}`,
  accountId: user.account,
  accessKeyId: keyId,
  sessionContext: {
    sessionIssuer: {
      type: 'IAMUser',
      principalId: user.id,
      arn: user.arn,
      accountId: user.account,
      userName: user.name,
    },
    webIdFederationData: {},
    attributes: { creationDate: isoSeconds(createdAt), mfaAuthenticated: 'false' },
  },
});

/** The same caller while a service calls for it (a forwarded access session): no network or client of its own. */
export function onBehalf(who: UserIdentity, service: string, at: number, random: Random): UserIdentity {
  const invokedBy = `${service}.amazonaws.com`;
  if (who.type !== 'IAMUser' || who.sessionContext !== undefined) return { ...who, invokedBy };
  const attributes = { creationDate: isoSeconds(at), mfaAuthenticated: 'false' };
  return {
    ...who,
    accessKeyId: sessionKeyId(random),
    sessionContext: { sessionIssuer: {}, webIdFederationData: {}, attributes },
    invokedBy,
  };
}
