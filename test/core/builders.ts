import type { Usage } from '#core/ports.ts';
import type {
  Actor,
  IntentRecord,
  Mac,
  TokenPolicy,
  TokenRecord,
  VersionRecord,
  VersionRef,
} from '#core/records.ts';
import type { Finding } from '#core/response/finding.ts';
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

/** A use of the token, as a verifier of ours tells it: allowed. */
export const use = (part: Partial<Usage> = {}): Usage => ({
  usageId: 'event-2',
  at: NOW,
  keyId: 'key0000000000001',
  tokenId: 'orders',
  network: '10.1.2.3',
  client: 'orders/1',
  outcome: 'allowed',
  count: 1,
  firstSeen: true,
  ...part,
});

/** A stranger has read the token's secret. */
export const finding = (part: Partial<Finding> = {}): Finding => ({
  eventId: 'event-1',
  account: '111122223333',
  at: NOW,
  signal: 'T0-3',
  weak: false,
  about: 'secret',
  who: {
    credential: 'ASIAEXAMPLE000000001',
    principal: 'arn:aws:iam::111122223333:role/stranger',
    kind: 'role-session',
  },
  seen: 'something was seen',
  network: '203.0.113.0/24',
  client: 'aws-cli/linux/python',
  posterior: 0.998,
  evidence: [
    {
      signal: 'T0-3',
      family: 'contract',
      weight: 12,
      since: NOW,
      at: NOW,
      halfLifeMs: 30 * DAY,
      weak: false,
      says: 'something was seen',
      about: SECRET_ARN,
      eventIds: ['event-1'],
    },
  ],
  profileHash: 'a1b2',
  ruleSet: '1-0123456789ab',
  ...part,
});
