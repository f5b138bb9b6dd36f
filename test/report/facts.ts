import { afterImage } from '#core/audit/after.ts';
import { append, emptyHead } from '#core/audit/chain.ts';
import type { AuditEntry, AuditRecord } from '#core/audit/entry.ts';
import { create } from '#core/change.ts';
import { tallyRecords } from '#core/evidence/activity.ts';
import type { Facts, Seen } from '#core/evidence/facts.ts';
import { tallyTokens } from '#core/evidence/inventory.ts';
import { probeRules } from '#core/evidence/rules.ts';
import type { TokenRecord } from '#core/records.ts';
import { ANN, DAY, HOUR, NOW, ref, token } from '#test/core/builders.ts';
import { SETTINGS, TEMPLATE } from './deployed.ts';

export { SETTINGS, TEMPLATE };

export const seen = <T>(value: T): Seen<T> => ({ seen: true, value, source: 'a test', at: NOW });

/** Two healthy tokens: one just rotated, one of a client outside AWS. */
export const TOKENS: readonly TokenRecord[] = [
  token({
    versions: [
      ref({ createdAt: NOW - HOUR, expiresAt: NOW - HOUR + 4 * DAY }),
      ref({
        keyId: 'key0000000000000',
        state: 'retiring',
        createdAt: NOW - 26 * HOUR,
        expiresAt: NOW + HOUR,
      }),
    ],
  }),
  token({
    tokenId: 'partner-1',
    class: 'return-once',
    fields: { ...token().fields, principal: { arn: 'external:acme' } },
    policy: { ...token().policy, rotationIntervalMs: 0, hardMaxMs: DAY },
    versions: [ref({ createdAt: NOW - HOUR, expiresAt: NOW })],
  }),
];

const ENTRIES: readonly AuditEntry[] = [
  { action: 'token.registered', at: NOW - DAY, actor: ANN, tokenId: 'orders' },
  { action: 'rotation.begun', at: NOW - HOUR, actor: { kind: 'system', id: 'rotate' }, tokenId: 'orders' },
  { action: 'version.promoted', at: NOW - HOUR, actor: { kind: 'system', id: 'rotate' }, tokenId: 'orders' },
  {
    action: 'response.decided',
    at: NOW - HOUR,
    actor: { kind: 'system', id: 'respond' },
    tokenId: 'orders',
    incidentId: 'INC-1',
    cause: 'event-1',
    details: { signal: 'canary-use', rung: 'revoke', outcome: 'done' },
  },
  {
    action: 'token.reissue-requested',
    at: NOW - HOUR,
    actor: { kind: 'system', id: 'respond' },
    tokenId: 'orders',
    incidentId: 'INC-1',
  },
  {
    action: 'token.reissue-completed',
    at: NOW - HOUR + 1_500,
    actor: { kind: 'system', id: 'rotate' },
    tokenId: 'orders',
    incidentId: 'INC-1',
  },
];

/** Their audit records. */
export const RECORDS: readonly AuditRecord[] = append(ENTRIES, emptyHead(0), [
  afterImage(create(token({ rev: 0 }))),
]).records;

export function inventoryOf(
  tokens: readonly TokenRecord[],
): ReturnType<ReturnType<typeof tallyTokens>['result']> {
  const tally = tallyTokens(NOW);
  for (const one of tokens) tally.add(one);
  return tally.result();
}

export function activityOf(
  records: readonly AuditRecord[],
): ReturnType<ReturnType<typeof tallyRecords>['result']> {
  const tally = tallyRecords(NOW - 30 * DAY, NOW);
  for (const record of records) tally.add(record);
  return tally.result(false);
}

const DATA_KEY = 'arn:aws:kms:eu-central-1:123456789012:key/data';

/** A production deployment in which everything is as it should be. */
export const goodFacts = (part: Partial<Facts> = {}): Facts => ({
  now: NOW,
  environment: { account: '123456789012', region: 'eu-central-1', env: 'prod', emulated: false },
  settings: SETTINGS,
  inventory: seen(inventoryOf(TOKENS)),
  activity: seen(activityOf(RECORDS)),
  seal: seen({
    sealedAt: NOW - 30_000,
    segments: 9,
    leaves: 40,
    root: 'a'.repeat(64),
    unsealed: 1,
    lost: [],
  }),
  lock: seen({ bucket: 'log', mode: 'COMPLIANCE', days: SETTINGS.logLockDays, versioned: true }),
  keys: seen([
    {
      purpose: 'data',
      arn: DATA_KEY,
      spec: 'SYMMETRIC_DEFAULT',
      origin: 'AWS_KMS',
      state: 'Enabled',
      rotation: true,
    },
    { purpose: 'signing', arn: `${DATA_KEY}-2`, spec: 'ECC_NIST_P256', origin: 'AWS_KMS', state: 'Enabled' },
  ]),
  table: seen({ name: 'registry', keyArn: DATA_KEY, pointInTimeRecovery: true, deletionProtection: true }),
  queues: seen([
    { name: 'tokenward-prod-events', messages: 4, encrypted: true, deadLetters: false },
    { name: 'tokenward-prod-events-failed', messages: 0, encrypted: true, deadLetters: true },
  ]),
  template: seen(TEMPLATE),
  drill: seen({ at: NOW - 3 * DAY, items: 12, differences: 0 }),
  rules: seen(probeRules()),
  ...part,
});
