import { describe, expect, it } from 'vitest';
import { keyOf, keys } from '#core/keys.ts';
import type { RecordKey, RegistryRecord } from '#core/records.ts';
import { intent, NOW, ROLE, SECRET_ARN, token, version } from './builders.ts';

const BASE = { schema: 1, rev: 1 } as const;

const ROWS: readonly [RegistryRecord, RecordKey, string, string][] = [
  [token(), keys.token('orders'), 'TOKEN#orders', 'META'],
  [version(), keys.version('key0000000000001'), 'KEY#key0000000000001', 'KEY'],
  [intent(), keys.intent('orders', 'version-2'), 'TOKEN#orders', 'INTENT#version-2'],
  [
    { ...BASE, kind: 'secret', secretArn: SECRET_ARN, tokenId: 'orders' },
    keys.secret(SECRET_ARN),
    `SECRET#${SECRET_ARN}`,
    'SECRET',
  ],
  [
    { ...BASE, kind: 'pepper', version: 4, wrapped: 'AAAA', createdAt: NOW, state: 'active' },
    keys.pepper(4),
    'PEPPER#4',
    'PEPPER',
  ],
  [
    {
      ...BASE,
      kind: 'request',
      principal: ROLE,
      idempotencyKey: 'once-1',
      tokenId: 'partner',
      keyId: 'key0000000000001',
      at: NOW,
      ttlSeconds: 1,
    },
    keys.request(ROLE, 'once-1'),
    `REQUEST#${ROLE}#once-1`,
    'REQUEST',
  ],
  [
    { ...BASE, kind: 'event', account: '111122223333', eventId: 'e-1', at: NOW, outcome: 'x', ttlSeconds: 1 },
    keys.event('111122223333', 'e-1'),
    'EVENT#111122223333#e-1',
    'EVENT',
  ],
  [
    {
      ...BASE,
      kind: 'profile',
      credential: 'token:orders',
      firstSeenAt: NOW,
      lastUsedAt: NOW,
      uses: 1,
      denials: 0,
      networks: {},
      ttlSeconds: 1,
    },
    keys.profile('token:orders'),
    'PROFILE#token:orders',
    'PROFILE',
  ],
  [
    {
      ...BASE,
      kind: 'habits',
      subject: 'token:orders',
      settledTo: NOW,
      habits: {},
      evidence: '[]',
      recent: '',
      ttlSeconds: 1,
    },
    keys.habits('token:orders'),
    'HABITS#token:orders',
    'HABITS',
  ],
  [
    { ...BASE, kind: 'breaker', scope: 'owner:a', windowStart: 900_000, taken: 1, held: 0, ttlSeconds: 1 },
    keys.breaker('owner:a', 900_000),
    'BREAKER#owner:a#900000',
    'BREAKER',
  ],
  [
    {
      ...BASE,
      kind: 'incident',
      incidentId: 'INC-7',
      state: 'pending',
      openedAt: NOW,
      reason: 'budget',
      held: [],
    },
    keys.incident('INC-7'),
    'INCIDENT#INC-7',
    'INCIDENT',
  ],
  [
    {
      ...BASE,
      kind: 'quarantine',
      userArn: 'arn:aws:iam::111122223333:user/ann',
      state: 'quiet',
      rung: 'suspend',
      incidentId: 'INC-7',
      reason: '',
      openedAt: NOW,
      keyIds: [],
      attachedBefore: false,
      sessions: [],
      attempts: 0,
    },
    keys.quarantine('arn:aws:iam::111122223333:user/ann'),
    'QUARANTINE#arn:aws:iam::111122223333:user/ann',
    'QUARANTINE',
  ],
];

describe('keys', () => {
  it.each(ROWS)('%o lives where its key says', (record, key, pk, sk) => {
    expect(key).toEqual({ kind: record.kind, pk, sk });
    expect(keyOf(record)).toEqual(key);
  });
});
