import type { Sighting } from '#core/detection/sighting.ts';
import type {
  Actor,
  IntentRecord,
  Mac,
  TokenPolicy,
  TokenRecord,
  VersionRecord,
  VersionRef,
} from '#core/records.ts';
import type { Order } from '#core/token/standing.ts';
import { refOf } from '#core/token/versions.ts';

export const MINUTE = 60_000;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;

/** When everything here was made. */
export const NOW: number = Date.UTC(2026, 10, 24, 8);

export const ROLE = 'arn:aws:iam::111122223333:role/service/orders';
export const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:tokenward/dev/orders-AbCdEf';
export const ANN: Actor = { kind: 'iam', id: 'arn:aws:iam::111122223333:user/ann' };
export const MAC: Mac = { pepper: 1, value: 'A'.repeat(43) };

export const POLICY: TokenPolicy = {
  rotationIntervalMs: DAY,
  overlapMs: HOUR,
  hardMaxMs: 4 * DAY,
  consumerCacheMs: 15 * MINUTE,
  unusedAfterMs: 0,
};

const FIELDS: TokenRecord['fields'] = {
  tokenId: 'orders',
  principal: { arn: ROLE, uniqueId: 'AROAEXAMPLE' },
  scopes: ['prices:read'],
  audience: 'prices',
  networks: ['10.0.0.0/8'],
  hardMaxAt: 0,
};

/** A managed token, active, without versions, stored at revision 7. */
export const token = (part: Partial<TokenRecord> = {}): TokenRecord & { readonly secretArn: string } => ({
  schema: 1,
  kind: 'token',
  rev: 7,
  tokenId: 'orders',
  class: 'managed',
  issuer: 'api-token',
  fields: FIELDS,
  fieldsMac: MAC,
  readers: [ROLE],
  regions: ['eu-west-1'],
  criticality: 'normal',
  canary: false,
  owner: 'team-orders',
  approver: 'security-lead',
  changeReference: 'CHG-1001',
  purpose: 'order intake reads the price list',
  policy: POLICY,
  standing: 'active',
  versions: [],
  warnedPercent: 0,
  createdAt: NOW,
  secretArn: SECRET_ARN,
  ...part,
});

/** A token of class `return-once`: it has no secret. */
export function secretless(part: Partial<TokenRecord> = {}): TokenRecord {
  const { secretArn: _, ...rest } = token({ class: 'return-once', ...part });
  return rest;
}

/** The current version, good for four days, stored at revision 3. */
export const version = (part: Partial<VersionRecord> = {}): VersionRecord => ({
  schema: 1,
  kind: 'version',
  rev: 3,
  keyId: 'key0000000000001',
  versionId: 'version-1',
  class: 'managed',
  state: 'current',
  suspended: false,
  canary: false,
  fields: { ...FIELDS, hardMaxAt: NOW + 4 * DAY },
  fieldsMac: MAC,
  tokenMac: MAC,
  createdAt: NOW,
  expiresAt: NOW + 4 * DAY,
  ...part,
});

/** A version as its token lists it. */
export const ref = (part: Partial<VersionRecord> = {}): VersionRef => refOf(version(part));

/** An open intent, stored at revision 2. */
export const intent = (part: Partial<IntentRecord> = {}): IntentRecord => ({
  schema: 1,
  kind: 'intent',
  rev: 2,
  tokenId: 'orders',
  versionId: 'version-2',
  secretArn: SECRET_ARN,
  issuer: 'api-token',
  state: 'begun',
  startedAt: NOW,
  dueAt: NOW + 15 * MINUTE,
  ...part,
});

/** What Ann asks for. */
export const order = (part: Partial<Order> = {}): Order => ({
  at: NOW,
  actor: ANN,
  reason: 'leaked',
  incidentId: 'INC-7',
  ...part,
});

type SightingOf<K extends Sighting['kind']> = Extract<Sighting, { kind: K }>;

/** The declared reader reads the secret from a declared network. */
export const secretRead = (part: Partial<SightingOf<'secret-read'>> = {}): SightingOf<'secret-read'> => ({
  kind: 'secret-read',
  eventId: 'event-1',
  account: '111122223333',
  at: NOW,
  name: 'GetSecretValue',
  secretId: SECRET_ARN,
  actant: { arn: ROLE, session: 'orders' },
  source: { ip: '10.1.2.3' },
  refused: false,
  ...part,
});

/** The token is used and allowed. */
export const use = (part: Partial<SightingOf<'use'>> = {}): SightingOf<'use'> => ({
  kind: 'use',
  eventId: 'event-2',
  account: '111122223333',
  at: NOW,
  tokenId: 'orders',
  keyId: 'key0000000000001',
  network: '10.1.2.3',
  client: 'orders/1',
  allowed: true,
  count: 1,
  firstSeen: true,
  ...part,
});

/** KMS unwrapped the value of the current version. */
export const valueRead = (part: Partial<SightingOf<'value-read'>> = {}): SightingOf<'value-read'> => ({
  kind: 'value-read',
  eventId: 'event-4',
  account: '111122223333',
  at: NOW,
  secretId: SECRET_ARN,
  versionId: 'version-1',
  actant: { arn: ROLE, session: 'orders' },
  ...part,
});

/** Secrets Manager gave a rotation up. */
export const rotationFailed = (
  part: Partial<SightingOf<'rotation-failed'>> = {},
): SightingOf<'rotation-failed'> => ({
  kind: 'rotation-failed',
  eventId: 'event-3',
  account: '111122223333',
  at: NOW,
  secretId: SECRET_ARN,
  name: 'RotationFailed',
  ...part,
});
