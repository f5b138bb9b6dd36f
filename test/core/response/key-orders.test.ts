import { describe, expect, it } from 'vitest';
import type { AccessKey } from '#core/ports.ts';
import type { QuarantineRecord } from '#core/records.ts';
import {
  beginHeld,
  beginQuarantine,
  beginRelease,
  confirmReleased,
  extend,
  foundQuiet,
  foundUnquiet,
  isUserArn,
  type KeyOrder,
  keyEventId,
  nextBlock,
  onlyAlert,
  released,
  review,
  type UserSeen,
  withSessions,
} from '#core/response/key-orders.ts';
import { ANN, MINUTE, NOW } from '../builders.ts';

const USER = 'arn:aws:iam::111122223333:user/team/ci';
const [ONE, TWO] = ['AKIA0000000000000001', 'AKIA0000000000000002'];
const RESPONDER = { kind: 'system', id: 'respond' } as const;
const STEP = { at: NOW + 7, actor: RESPONDER };
const ORDER: KeyOrder = {
  userArn: USER,
  accessKeyId: ONE,
  account: '111122223333',
  eventId: 'e-1',
  seenAt: NOW - 1_000,
  at: NOW,
  actor: RESPONDER,
  reason: 'mallory\u202e read a secret',
  incidentId: 'auto:e-1',
  rung: 'suspend',
  sessions: [],
};
const key = (accessKeyId: string, status: AccessKey['status'] = 'Active'): AccessKey => ({
  accessKeyId,
  status,
  createdAt: NOW,
});
const seen = (keys: readonly AccessKey[], quarantined = false): UserSeen => ({ keys, quarantined });
const record = (part: Partial<QuarantineRecord> = {}): QuarantineRecord => ({
  schema: 1,
  kind: 'quarantine',
  rev: 3,
  userArn: USER,
  state: 'blocking',
  rung: 'suspend',
  incidentId: 'auto:e-0',
  reason: 'why',
  openedAt: NOW - MINUTE,
  keyIds: [ONE],
  attachedBefore: false,
  sessions: [],
  attempts: 0,
  dueAt: NOW,
  ...part,
});
const { dueAt: _, ...RESTED } = record({ state: 'released', settledAt: NOW - MINUTE });
const written = (change: { writes: readonly unknown[] }): QuarantineRecord => {
  const { record: put } = change.writes.at(-1) as { record: QuarantineRecord };
  return put;
};
const begun = (order: KeyOrder, read: QuarantineRecord | undefined, user: UserSeen) => {
  const change = beginQuarantine(order, read, user);
  if (!change.ok) throw new Error(change.error.reason);
  return { ...change.value, record: written(change.value) };
};

describe('who is acted upon', () => {
  const tagged = { arn: USER, tags: { 'tokenward:respond': 'prod' } };

  it.each<[string, Partial<KeyOrder>, typeof tagged | undefined, RegExp | undefined]>([
    ['a user in our hands', {}, tagged, undefined],
    [
      'a user of another environment',
      {},
      { ...tagged, tags: { 'tokenward:respond': 'dev' } },
      /does not carry the tag/,
    ],
    ['a user without a tag', {}, { arn: USER, tags: {} as never }, /does not carry the tag/],
    ['nobody of this account', {}, undefined, /no user of this account/],
    ['a third party', { userArn: 'https://api.example.com' }, tagged, /end it where it was issued/],
    [
      'a role',
      { userArn: 'arn:aws:iam::111122223333:role/ops' },
      tagged,
      /a human with the break-glass role/,
    ],
  ])('%s', (_what, part, user, why) => {
    const said = onlyAlert({ ...ORDER, ...part }, user, 'prod');
    if (why === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(why);
  });

  it.each([
    [USER, true],
    ['arn:aws-cn:iam::111122223333:user/ci', true],
    ['arn:aws:iam::111122223333:user/', false],
    [`arn:aws:iam::111122223333:user/${'x'.repeat(577)}`, false],
    ['arn:aws:iam::111122223333:user/a b', false],
    ['arn:aws:iam::11112222333:user/ci', false],
    ['arn:aws:iam::111122223333:root', false],
    [`x${USER}`, false],
  ])('%s: %j', (arn, is) => {
    expect(isUserArn(arn)).toBe(is);
  });
});

describe('the intent', () => {
  it('names the keys before any is ended, and what was there before us', () => {
    const {
      record: made,
      audit,
      writes,
      feed,
    } = begun(ORDER, undefined, seen([key(TWO), key(ONE), key('AKIAOLD', 'Inactive')]));
    expect(made).toEqual({
      ...record({ openedAt: NOW, incidentId: ORDER.incidentId, rev: 0 }),
      reason: 'mallory\\u{202e} read a secret',
      keyIds: [ONE, TWO],
      dueAt: NOW + MINUTE,
    });
    expect(writes[0]).toMatchObject({
      expect: 0,
      record: {
        kind: 'event',
        eventId: `e-1#${ONE}#quarantine`,
        outcome: 'quarantine:suspend',
        ttlSeconds: NOW / 1000 + 15 * 24 * 3_600,
      },
    });
    expect(keyEventId(ORDER)).toBe(`e-1#${ONE}#quarantine`);
    expect(feed).toEqual([]);
    expect(audit).toEqual([
      {
        action: 'quarantine.begun',
        at: NOW,
        actor: RESPONDER,
        reason: 'mallory\\u{202e} read a secret',
        incidentId: 'auto:e-1',
        cause: 'e-1',
        details: { userArn: USER, keyIds: [ONE, TWO], accessKeyId: ONE, rung: 'suspend' },
      },
    ]);
    expect(begun(ORDER, undefined, seen([], true)).record).toMatchObject({
      attachedBefore: true,
      keyIds: [],
    });
  });

  it('keeps sessions for a human, as many as an item has room for', () => {
    const sessions = Array.from({ length: 40 }, (_, n) => `session-${n}`);
    const { record: made, audit } = begun({ ...ORDER, sessions }, undefined, seen([]));
    expect(made.sessions).toEqual(sessions.slice(0, 32));
    expect(audit[0].details?.sessions).toHaveLength(32);
  });

  it.each<[string, Partial<QuarantineRecord>]>([
    ['is under way', { settledAt: NOW - MINUTE }],
    ['is quiet since before the event was late', { state: 'quiet', settledAt: NOW - 1_000 }],
    ['is quiet, and the event is within the margin', { state: 'quiet', settledAt: ORDER.seenAt - 5_000 }],
    ['was released after the event', { state: 'released', settledAt: NOW }],
  ])('is not written again where it %s', (_what, part) => {
    expect(beginQuarantine(ORDER, record(part), seen([key(ONE)]))).toEqual({
      ok: false,
      error: { reason: 'standing' },
    });
  });

  it('opens again what somebody used after it was quiet, and forgets nothing of it', () => {
    const quiet = record({
      state: 'quiet',
      rung: 'revoke',
      settledAt: ORDER.seenAt - 5_001,
      sessions: ['old'],
      attempts: 2,
    });
    const {
      record: made,
      audit,
      writes,
    } = begun({ ...ORDER, sessions: ['new', 'old'] }, quiet, seen([key(TWO)], true));
    expect(made).toMatchObject({
      state: 'blocking',
      rung: 'revoke',
      keyIds: [ONE, TWO],
      attachedBefore: false,
      sessions: ['old', 'new'],
      attempts: 0,
      openedAt: NOW,
    });
    expect(audit[0].action).toBe('quarantine.reopened');
    expect(writes[1]).toMatchObject({ expect: quiet.rev, record: { kind: 'quarantine' } });
    expect(begun(ORDER, { ...quiet, rung: 'suspend' }, seen([])).record.rung).toBe('suspend');
  });

  it.each<[string, QuarantineRecord, Partial<QuarantineRecord>]>([
    ['being given back', record({ state: 'releasing' }), { keyIds: [ONE, TWO], attachedBefore: false }],
    [
      'just given back',
      record({ state: 'released', settledAt: NOW - MINUTE }),
      { keyIds: [ONE, TWO], attachedBefore: false },
    ],
    ['long given back', RESTED, { keyIds: [TWO], attachedBefore: true }],
  ])('begins anew with a user %s', (_what, read, expected) => {
    const revoked = { ...read, rung: 'revoke', sessions: ['old'] } as const;
    const { record: made, audit } = begun(ORDER, revoked, seen([key(TWO)], true));
    expect(made).toMatchObject({ ...expected, state: 'blocking', rung: 'suspend', sessions: [] });
    expect(audit[0].action).toBe('quarantine.begun');
    expect(begun({ ...ORDER, rung: 'revoke' }, read, seen([])).record.rung).toBe('revoke');
  });
});

describe('what was held', () => {
  const item = { tokenId: USER, rung: 'suspend', eventId: 'e-1' };
  const order = { at: NOW, actor: ANN, reason: 'it is a theft', incidentId: 'held:1' };

  it.each(['suspend', 'revoke'] as const)('is an intent that the sweep finds due at once: %s', (rung) => {
    const change = beginHeld({ ...item, rung }, undefined, order);
    if (!change.ok) throw new Error(change.error.reason);
    expect(written(change.value)).toMatchObject({
      state: 'blocking',
      rung,
      keyIds: [],
      sessions: [],
      attachedBefore: false,
      dueAt: NOW,
      reason: order.reason,
    });
    expect(change.value.writes[0]).toMatchObject({
      record: { kind: 'event', account: '111122223333', eventId: 'e-1#any#quarantine' },
    });
    expect(change.value.audit[0]).toMatchObject({
      action: 'quarantine.begun',
      actor: ANN,
      incidentId: 'held:1',
    });
  });

  it('is nothing where that is under way', () => {
    expect(beginHeld(item, record(), order)).toEqual({ ok: false, error: { reason: 'standing' } });
  });
});

describe('what is done next', () => {
  it.each<[string, UserSeen, object]>([
    ['nothing is blocked', seen([key(ONE)]), { do: 'act', attach: true, deactivate: [ONE] }],
    ['the policy is on', seen([key(ONE)], true), { do: 'act', attach: false, deactivate: [ONE] }],
    ['the policy is off again', seen([key(ONE, 'Inactive')]), { do: 'act', attach: true, deactivate: [] }],
    ['a key was minted meanwhile', seen([key(TWO), key(ONE)], true), { do: 'extend', keyIds: [TWO] }],
    ['all is quiet', seen([key(ONE, 'Inactive'), key(TWO, 'Inactive')], true), { do: 'nothing' }],
    ['it has no keys', seen([], true), { do: 'nothing' }],
  ])('%s', (_what, user, step) => {
    expect(nextBlock(record(), user)).toEqual(step);
  });
});

describe('the outcomes', () => {
  it('adds keys to the intent first', () => {
    const change = extend(record(), [TWO, ONE], STEP);
    expect(written(change)).toEqual(record({ keyIds: [ONE, TWO] }));
    expect(change.writes[0]).toMatchObject({ expect: 3 });
    expect(change.audit).toEqual([
      {
        action: 'quarantine.extended',
        at: STEP.at,
        actor: RESPONDER,
        incidentId: 'auto:e-0',
        details: { userArn: USER, keyIds: [ONE, TWO], added: [TWO, ONE] },
      },
    ]);
  });

  it('finds it quiet, and is due for a second look', () => {
    const change = foundQuiet(record({ attempts: 3 }), STEP);
    expect(written(change)).toEqual(
      record({ state: 'quiet', attempts: 0, settledAt: STEP.at, dueAt: STEP.at + 5 * MINUTE }),
    );
    expect(change.audit[0].action).toBe('quarantine.quiet');
  });

  it.each([
    [0, MINUTE],
    [1, 2 * MINUTE],
    [8, 256 * MINUTE],
    [9, 360 * MINUTE],
    [2_000, 360 * MINUTE],
  ])('tries again after %d attempts, for ever', (attempts, wait) => {
    const change = foundUnquiet(record({ attempts }), 'why', STEP);
    expect(written(change)).toEqual(record({ attempts: attempts + 1, dueAt: STEP.at + wait }));
    expect(change.audit[0]).toMatchObject({
      action: 'quarantine.unquiet',
      details: { attempts: attempts + 1, why: 'why' },
    });
  });

  it('confirms at the second look, or opens again', () => {
    const quiet = record({ state: 'quiet', settledAt: NOW });
    const confirmed = review(quiet, seen([key(ONE, 'Inactive')], true), STEP);
    expect(written(confirmed)).not.toHaveProperty('dueAt');
    expect(written(confirmed).state).toBe('quiet');
    expect(confirmed.audit[0].action).toBe('quarantine.confirmed');
    const again = review(quiet, seen([key(ONE)], true), STEP);
    expect(written(again)).toEqual({ ...quiet, state: 'blocking', dueAt: STEP.at + MINUTE });
    expect(again.audit[0].action).toBe('quarantine.reopened');
  });
});

describe('a release', () => {
  const order = { at: NOW, actor: ANN, reason: 'a false alarm', incidentId: 'INC-1' };

  it.each(['blocking', 'quiet', 'releasing'] as const)('of what is %s is intended first', (state) => {
    const change = beginRelease(record({ state, attempts: 4 }), { ...order, cause: 'request-1' });
    if (!change.ok) throw new Error(change.error.reason);
    expect(written(change.value)).toEqual(record({ state: 'releasing', dueAt: NOW + MINUTE }));
    expect(change.value.audit).toEqual([
      {
        action: 'quarantine.releasing',
        ...order,
        cause: 'request-1',
        details: { userArn: USER, keyIds: [ONE] },
      },
    ]);
    expect(beginRelease(record({ state }), order)).toMatchObject({
      ok: true,
      value: { audit: [expect.not.objectContaining({ cause: expect.anything() })] },
    });
  });

  it.each([
    ['nothing', undefined, 'user-not-quarantined'],
    ['what was given back', record({ state: 'released' }), 'user-not-quarantined'],
    ['what was revoked', record({ state: 'quiet', rung: 'revoke' }), 'user-revoked'],
  ] as const)('of %s is refused', (_what, read, reason) => {
    expect(beginRelease(read, order)).toEqual({ ok: false, error: { reason } });
  });

  it('ends, and is looked at once more', () => {
    const change = released(record({ state: 'releasing' }), STEP);
    expect(written(change)).toEqual(
      record({ state: 'released', settledAt: STEP.at, dueAt: STEP.at + 5 * MINUTE }),
    );
    expect(change.audit[0].action).toBe('quarantine.released');
    const rested = confirmReleased(record({ state: 'released' }), STEP);
    expect(written(rested)).not.toHaveProperty('dueAt');
    expect(rested.audit[0].action).toBe('quarantine.confirmed');
  });
});

it('takes in sessions that turn up, each once, as far as there is room', () => {
  const before = record({ sessions: ['a'] });
  expect(withSessions(before, ['a'])).toBe(before);
  expect(withSessions(before, ['b', 'a']).sessions).toEqual(['a', 'b']);
  const many = Array.from({ length: 40 }, (_, n) => `s${n}`);
  const full = withSessions(before, many);
  expect(full.sessions).toHaveLength(32);
  expect(withSessions(full, ['late'])).toBe(full);
});
