import { describe, expect, it } from 'vitest';
import type { RequestRecord, TokenRecord } from '#core/records.ts';
import {
  fixedLife,
  issueEphemeral,
  issueFirst,
  issueOnce,
  linkOf,
  newToken,
  type Rebinding,
  rebind,
  register,
  removalIncident,
  requestRemoval,
  reseal,
  type TokenFacets,
} from '#core/token/issue.ts';
import { revokeToken } from '#core/token/standing.ts';
import {
  ANN,
  DAY,
  HOUR,
  intent,
  MAC,
  MINUTE,
  NOW,
  order,
  POLICY,
  ref,
  SECRET_ARN,
  secretless,
  token,
  version,
} from '../builders.ts';

const STEP = { at: NOW, actor: ANN };
const REVIEWED = { ...POLICY, unusedAfterMs: 30 * DAY };

function facetsOf(record: TokenRecord): TokenFacets {
  const {
    schema: _1,
    kind: _2,
    rev: _3,
    issuer: _4,
    standing: _5,
    versions: _6,
    warnedPercent: _7,
    createdAt: _8,
    reviewAt: _9,
    dueAt: _10,
    ...facets
  } = record;
  return facets;
}

describe('newToken', () => {
  it('is active and has no version', () => {
    expect(newToken(facetsOf(token()), STEP)).toEqual(token({ rev: 0 }));
  });

  it.each([
    ['that promises to be used', { policy: REVIEWED }, NOW + 30 * DAY],
    ['that is a canary', { policy: REVIEWED, canary: true }, undefined],
  ])('one %s has its first review', (_what, part, expected) => {
    expect(newToken(facetsOf(token(part)), STEP).reviewAt).toBe(expected);
  });
});

describe('register', () => {
  it('stores the token, the link from its secret and the first intent at once', () => {
    const change = register(token({ rev: 0 }), 'version-1', STEP);
    expect(change.writes).toEqual([
      { kind: 'put', expect: 0, record: token({ rev: 0 }) },
      {
        kind: 'put',
        expect: 0,
        record: { schema: 1, kind: 'secret', rev: 0, secretArn: SECRET_ARN, tokenId: 'orders' },
      },
      { kind: 'put', expect: 0, record: intent({ rev: 0, versionId: 'version-1' }) },
    ]);
    expect(change.audit).toEqual([
      {
        action: 'token.registered',
        ...STEP,
        tokenId: 'orders',
        details: { owner: 'team-orders', approver: 'security-lead', change: 'CHG-1001' },
      },
    ]);
    expect(change.feed).toEqual([]);
  });
});

describe('issueFirst', () => {
  it('makes the version known and closes the intent', () => {
    const made = version({ rev: 0 });
    const change = issueFirst(token(), intent({ state: 'minted' }), made, STEP, []);
    expect(change.writes).toMatchObject([
      { expect: 0, record: { kind: 'version', dueAt: made.expiresAt } },
      { expect: 7, record: { kind: 'token', versions: [ref()] } },
      { expect: 2, record: { kind: 'intent', state: 'finished' } },
    ]);
    expect(change.writes[2]).not.toHaveProperty('record.dueAt');
    expect(change.audit).toStrictEqual([
      { action: 'version.issued', ...STEP, keyId: made.keyId, cause: made.versionId, tokenId: 'orders' },
    ]);
    expect(change.feed).toEqual([made.keyId]);
  });

  it('lets what another secret held as current retire, within its overlap and its own life', () => {
    const made = version({ rev: 0, keyId: 'key0000000000009', createdAt: NOW + 1 });
    const long = version();
    const short = version({ keyId: 'key0000000000002', rev: 5, expiresAt: NOW + 9 });
    const pending = version({ keyId: 'key0000000000003', state: 'pending' });
    const change = issueFirst(token(), intent({ state: 'minted' }), made, STEP, [long, pending, short]);
    const retired = { state: 'retiring' as const, expiresAt: NOW + HOUR, dueAt: NOW + HOUR };
    expect(change.writes.slice(2, -1)).toStrictEqual([
      { kind: 'put', expect: 3, record: { ...long, ...retired } },
      { kind: 'put', expect: 5, record: { ...short, ...retired, expiresAt: NOW + 9, dueAt: NOW + 9 } },
    ]);
    expect(change.writes[1]).toMatchObject({
      record: {
        versions: [
          { keyId: made.keyId, state: 'current' },
          { keyId: long.keyId, state: 'retiring', expiresAt: NOW + HOUR },
          { keyId: short.keyId, state: 'retiring', expiresAt: NOW + 9 },
        ],
      },
    });
    const told = { action: 'version.retiring', ...STEP, tokenId: 'orders' };
    expect(change.audit.slice(1)).toStrictEqual([
      { ...told, keyId: long.keyId, details: { until: '2026-11-24T09:00:00.000Z' } },
      { ...told, keyId: short.keyId, details: { until: '2026-11-24T08:00:00.009Z' } },
    ]);
    expect(change.feed).toEqual([made.keyId, long.keyId, short.keyId]);
  });
});

describe('issueOnce', () => {
  const made = version({ rev: 0, class: 'return-once' });
  const record: RequestRecord = {
    schema: 1,
    kind: 'request',
    rev: 0,
    principal: ANN.id,
    idempotencyKey: 'once-1',
    tokenId: 'partner',
    keyId: made.keyId,
    at: NOW,
    ttlSeconds: 1,
  };

  it('stores token, version and request', () => {
    const change = issueOnce(secretless({ rev: 0 }), made, { record, read: undefined }, undefined, STEP);
    expect(change.writes).toMatchObject([
      { expect: 0, record: { kind: 'token', versions: [{ keyId: made.keyId }] } },
      { expect: 0, record: { kind: 'version', dueAt: made.expiresAt } },
      { expect: 0, record },
    ]);
    expect(change.audit).toStrictEqual([
      {
        action: 'token.registered',
        ...STEP,
        tokenId: 'orders',
        details: { owner: 'team-orders', approver: 'security-lead', change: 'CHG-1001' },
      },
      { action: 'version.issued', ...STEP, tokenId: 'orders', keyId: made.keyId },
    ]);
    expect(change.feed).toEqual([]);
  });

  it('ends what the same request made before, in the same transaction (S7)', () => {
    const old = version({ keyId: 'key0000000000009' });
    const replaced = revokeToken({ token: secretless(), versions: [old] }, order());
    if (!replaced.ok) throw new Error('an active token can be revoked');
    const read = { ...record, rev: 4 };
    const change = issueOnce(secretless({ rev: 0 }), made, { record, read }, replaced.value, STEP);
    expect(change.writes.map((write) => write.expect)).toEqual([0, 0, 4, 7, 3]);
    expect(change.audit.map(({ action }) => action)).toEqual([
      'token.registered',
      'version.issued',
      'token.revoked',
      'version.revoked',
    ]);
    expect(change.feed).toEqual([old.keyId]);
  });
});

describe('issueEphemeral', () => {
  it('records its end at its beginning', () => {
    const made = version({ rev: 0, class: 'ephemeral' });
    expect(issueEphemeral(made, STEP)).toEqual({
      writes: [{ kind: 'put', expect: 0, record: made }],
      audit: [
        {
          action: 'version.issued',
          ...STEP,
          tokenId: 'orders',
          keyId: made.keyId,
          details: { class: 'ephemeral', expiresAt: '2026-11-28T08:00:00.000Z' },
        },
      ],
      feed: [],
    });
  });
});

describe('rebind', () => {
  const resealed = version({ fields: { ...version().fields, scopes: ['prices:list'] } });
  const facets = (part: Partial<TokenRecord> = {}): TokenFacets =>
    facetsOf(token({ owner: 'team-b', ...part }));
  const bound = (read: TokenRecord, part: Partial<TokenRecord> = {}): TokenRecord => {
    const change = rebind({ token: read, versions: [] }, { facets: facets(part), versions: [] }, STEP);
    const [write] = change.writes;
    if (write?.kind !== 'put' || write.record.kind !== 'token') throw new Error('the token comes first');
    return write.record;
  };
  const REMOVAL = { at: NOW, suspendAt: NOW + DAY, revokeAt: NOW + 30 * DAY };
  const suspension = (incidentId: string): TokenRecord['suspension'] & object => ({
    at: NOW,
    reason: 'x',
    incidentId,
    actor: ANN,
  });

  it('brings token and live versions to the declaration', () => {
    const read = token({ versions: [ref()] });
    const change = rebind(
      { token: read, versions: [version()] },
      { facets: facets(), versions: [resealed] },
      STEP,
    );
    expect(change.writes).toMatchObject([
      { expect: 7, record: { kind: 'token', owner: 'team-b', versions: [ref()] } },
      {
        expect: 3,
        record: { kind: 'version', fields: { scopes: ['prices:list'] }, dueAt: resealed.expiresAt },
      },
    ]);
    expect(change.audit).toMatchObject([{ action: 'token.rebound', details: { owner: 'team-b' } }]);
    expect(change.audit).toHaveLength(1);
    expect(change.feed).toEqual([resealed.keyId]);
  });

  it('begins in a new secret: its link, unless there is one, and the intent of its first version', () => {
    const link = linkOf(token());
    const begun = intent({ rev: 0 });
    const writes = (moved: Rebinding['moved'] & object) =>
      rebind({ token: token(), versions: [] }, { facets: facets(), versions: [], moved }, STEP).writes;
    const put = { kind: 'put', expect: 0 };
    expect(writes({ link, intent: begun })).toMatchObject([
      { ...put, record: link },
      { ...put, record: begun },
      { expect: 7, record: { kind: 'token' } },
    ]);
    expect(writes({ link: undefined, intent: begun })).toMatchObject([
      { ...put, record: begun },
      { expect: 7, record: { kind: 'token' } },
    ]);
  });

  it('leaves a token that nobody stopped without a suspension', () => {
    expect(bound(token())).not.toHaveProperty('suspension');
  });

  it('cancels a removal', () => {
    const read = token({ removal: REMOVAL });
    const change = rebind({ token: read, versions: [] }, { facets: facets(), versions: [] }, STEP);
    expect(change.audit.map(({ action }) => action)).toEqual(['token.rebound', 'token.removal-cancelled']);
    expect(bound(read)).not.toHaveProperty('removal');
  });

  it('undoes the suspension that the removal brought', () => {
    const read = token({
      removal: REMOVAL,
      standing: 'suspended',
      suspension: suspension(removalIncident('orders')),
      versions: [ref()],
    });
    const change = rebind(
      { token: read, versions: [version({ suspended: true })] },
      { facets: facets(), versions: [{ ...resealed, suspended: true }] },
      STEP,
    );
    expect(change.writes).toMatchObject([
      { record: { standing: 'active' } },
      { record: { suspended: false } },
    ]);
    expect(bound(read)).not.toHaveProperty('suspension');
  });

  it.each([
    ['of a responder, while it was removed', { removal: REMOVAL, suspension: suspension('INC-7') }],
    ['of a removal that was cancelled by hand', { suspension: suspension(removalIncident('orders')) }],
  ])('keeps a suspension %s', (_what, part) => {
    const next = bound(token({ standing: 'suspended', ...part }));
    expect(next).toMatchObject({ standing: 'suspended', suspension: part.suspension });
  });

  it.each<[string, Partial<TokenRecord>, Partial<TokenRecord>, number | undefined]>([
    ['stays when the promise stays', { policy: REVIEWED, reviewAt: NOW + 9 }, { policy: REVIEWED }, NOW + 9],
    ['is due when the promise is new', { policy: POLICY }, { policy: REVIEWED }, NOW],
    [
      'is due when the promise is shorter',
      { policy: REVIEWED, reviewAt: NOW + 30 * DAY },
      { policy: { ...REVIEWED, unusedAfterMs: DAY } },
      NOW,
    ],
    ['is due when a canary is one no more', { policy: REVIEWED, canary: true }, { policy: REVIEWED }, NOW],
    ['ends when the promise ends', { policy: REVIEWED, reviewAt: NOW + 9 }, { policy: POLICY }, undefined],
    [
      'ends when it becomes a canary',
      { policy: REVIEWED, reviewAt: NOW + 9 },
      { policy: REVIEWED, canary: true },
      undefined,
    ],
  ])('its review %s', (_what, before, declared, expected) => {
    expect(bound(token(before), declared).reviewAt).toBe(expected);
  });
});

describe('requestRemoval', () => {
  it('suspends after a day and revokes after thirty', () => {
    const change = requestRemoval(token(), STEP);
    const removal = { at: NOW, suspendAt: NOW + DAY, revokeAt: NOW + 30 * DAY };
    expect(change).toMatchObject({
      writes: [{ expect: 7, record: { removal, standing: 'active', dueAt: NOW + DAY } }],
      audit: [
        {
          action: 'token.removal-requested',
          details: { suspendAt: '2026-11-25T08:00:00.000Z', revokeAt: '2026-12-24T08:00:00.000Z' },
        },
      ],
      feed: [],
    });
  });

  it('is one incident, short enough for an order', () => {
    expect(removalIncident('orders')).toBe('removal:orders');
    expect(removalIncident('x'.repeat(80))).toHaveLength(64);
  });
});

describe('fixedLife', () => {
  it('never rotates', () => {
    expect(fixedLife(15 * MINUTE)).toEqual({
      rotationIntervalMs: 0,
      overlapMs: 0,
      hardMaxMs: 15 * MINUTE,
      consumerCacheMs: 0,
      unusedAfterMs: 0,
    });
  });
});

describe('reseal', () => {
  it.each([
    ['shortens a life', NOW + DAY, NOW + DAY],
    ['never lengthens one', NOW + 9 * DAY, NOW + 4 * DAY],
  ])('%s', (_what, hardMaxAt, expiresAt) => {
    const fields = { ...version().fields, hardMaxAt };
    const mac = { ...MAC, pepper: 2 };
    expect(reseal(version(), fields, mac)).toEqual(version({ fields, fieldsMac: mac, expiresAt }));
  });
});
