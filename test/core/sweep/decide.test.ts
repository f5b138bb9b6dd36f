import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenRecord, VersionRecord } from '#core/records.ts';
import { decideToken, expire, SWEEPER, type SweepAction, settleCancelling } from '#core/sweep/decide.ts';
import { tokenDueAt } from '#core/token/due.ts';
import type { TokenFacts } from '#core/token/standing.ts';
import { refOf } from '#core/token/versions.ts';
import { ANN, DAY, MINUTE, NOW, order, POLICY, SECRET_ARN, secretless, token, version } from '../builders.ts';

const FIXED = { ...POLICY, rotationIntervalMs: 0 };
const REVIEWED = { ...FIXED, unusedAfterMs: 10 * DAY };
const REMOVAL = { at: NOW, suspendAt: NOW + DAY, revokeAt: NOW + 30 * DAY };
const SUSPENSION = { ...order(), until: NOW + DAY };

const facts = (
  part: Partial<TokenRecord> = {},
  versions: readonly VersionRecord[] = [version()],
): TokenFacts => ({
  token: token({ versions: versions.map(refOf), ...part }),
  versions,
});
function written(action: SweepAction | undefined): TokenRecord {
  const write = action?.change.writes[0];
  if (write?.kind !== 'put' || write.record.kind !== 'token') throw new Error('the token comes first');
  return write.record;
}
const actions = (action: SweepAction | undefined): readonly string[] =>
  (action?.change.audit ?? []).map((entry) => entry.action);

describe('decideToken', () => {
  it.each<[string, TokenFacts, number]>([
    ['nothing is due', facts(), NOW],
    ['it is revoked', facts({ standing: 'revoked', removal: REMOVAL }), NOW + 99 * DAY],
    [
      'it is revoked, whatever else it says (S14)',
      facts({ standing: 'revoked', reissue: { at: NOW, incidentId: 'INC-7', attempts: 0 } }),
      NOW + 99 * DAY,
    ],
    ['it has no version', facts({}, []), NOW + 99 * DAY],
    ['its removal is in its grace', facts({ removal: REMOVAL }), REMOVAL.suspendAt - 1],
    ['its suspension lasts', facts({ standing: 'suspended', suspension: SUSPENSION }), NOW + DAY - 1],
    ['it is suspended without end', facts({ standing: 'suspended', suspension: order() }), NOW + 99 * DAY],
    [
      'a suspension is noted that it is not under',
      facts({ suspension: SUSPENSION, policy: FIXED }),
      NOW + DAY,
    ],
    [
      'its reissue is on time',
      facts({ reissue: { at: NOW, incidentId: 'INC-7', attempts: 0 } }, []),
      NOW + MINUTE - 1,
    ],
    [
      'its reissue has no secret to go into',
      { token: secretless({ reissue: { at: NOW, incidentId: 'INC-7', attempts: 0 } }), versions: [] },
      NOW + DAY,
    ],
    ['every warning was given', facts({ policy: FIXED, warnedPercent: 95 }), NOW + 99 * DAY],
    ['its review is to come', facts({ policy: REVIEWED, reviewAt: NOW + DAY }, []), NOW + DAY - 1],
    ['no review was set', facts({ policy: REVIEWED }, []), NOW + 99 * DAY],
    ['a canary is unused', facts({ policy: REVIEWED, reviewAt: NOW, canary: true }, []), NOW + 99 * DAY],
    ['no use is promised', facts({ policy: FIXED, reviewAt: NOW }, []), NOW + 99 * DAY],
    [
      'a suspended token is unused',
      facts({ policy: REVIEWED, reviewAt: NOW, standing: 'suspended', suspension: order() }),
      NOW + 99 * DAY,
    ],
  ])('does nothing when %s', (_what, read, now) => {
    expect(decideToken(read, now, undefined)).toBeUndefined();
  });

  it('suspends a removed token after its grace, and pages', () => {
    const action = decideToken(facts({ removal: REMOVAL }), REMOVAL.suspendAt, undefined);
    expect(written(action)).toMatchObject({ standing: 'suspended', dueAt: REMOVAL.revokeAt });
    expect(action?.change.audit[0]).toMatchObject({
      action: 'token.suspended',
      actor: { kind: 'system', id: 'sweep' },
      reason: 'its declaration was removed',
      incidentId: 'removal:orders',
    });
    expect(action?.pageFirst).toEqual({
      key: 'removal:orders',
      title: 'Token orders is suspended: its declaration was removed',
      body: 'Declare orders again to bring it back. It is revoked at 2026-12-24T08:00:00.000Z.',
    });
  });

  it('leaves a removed token suspended that somebody had suspended before', () => {
    const read = facts({ removal: REMOVAL, standing: 'suspended', suspension: order() });
    expect(decideToken(read, REMOVAL.revokeAt - 1, undefined)).toBeUndefined();
  });

  it.each([
    [facts({ removal: REMOVAL, standing: 'suspended', suspension: order() }), SECRET_ARN],
    [{ token: secretless({ removal: REMOVAL }), versions: [] }, undefined],
  ])('revokes a removed token when its recovery is over, %#', (read, cancelled) => {
    const action = decideToken(read, REMOVAL.revokeAt, undefined);
    expect(written(action)).toMatchObject({
      standing: 'revoked',
      revocation: { reason: 'its declaration was removed and the recovery window is over' },
    });
    expect(action).toStrictEqual({
      change: action?.change,
      ...(cancelled === undefined ? {} : { cancelRotation: cancelled }),
    });
  });

  it('ends a suspension under the incident that began it', () => {
    const action = decideToken(
      facts({ standing: 'suspended', suspension: SUSPENSION }),
      NOW + DAY,
      undefined,
    );
    expect(written(action).standing).toBe('active');
    expect(action?.change.audit).toMatchObject([
      {
        action: 'token.released',
        incidentId: 'INC-7',
        actor: SWEEPER,
        reason: 'the suspension reached its end',
      },
    ]);
  });

  it('pages about a late reissue, again and again, and asks anew each time', () => {
    const reissue = { at: NOW, incidentId: 'INC-7', attempts: 0 };
    const first = decideToken(facts({ reissue }, []), NOW + MINUTE, undefined);
    expect(written(first).reissue).toEqual({ ...reissue, attempts: 1, pagedAt: NOW + MINUTE });
    expect(first?.rotate).toEqual({ secretArn: SECRET_ARN, incidentId: 'INC-7', at: NOW + 1 });
    expect(first?.page).toMatchObject({
      key: 'reissue-late:orders',
      title: 'Token orders has no new version yet',
    });
    expect(first?.page?.body).toContain('revoked at 2026-11-24T08:00:00.000Z (incident INC-7)');
    expect(first?.change.audit).toMatchObject([{ action: 'token.reissue-late', incidentId: 'INC-7' }]);
    const read = { token: written(first), versions: [] };
    expect(decideToken(read, NOW + 16 * MINUTE - 1, undefined)).toBeUndefined();
    expect(decideToken(read, NOW + 16 * MINUTE, undefined)?.rotate?.at).toBe(NOW + 2);
  });

  it('asks again for a rotation that did not come by itself, then waits', () => {
    const first = decideToken(facts(), NOW + 2 * DAY, undefined);
    expect(first?.rotate).toEqual({ secretArn: SECRET_ARN, incidentId: 'overdue:orders', at: NOW + 2 * DAY });
    expect(first?.change.audit).toMatchObject([
      { action: 'token.rotation-nudged', details: { count: 1, overdueSince: '2026-11-26T08:00:00.000Z' } },
    ]);
    const read = { ...facts(), token: { ...written(first), warnedPercent: 50 } };
    expect(decideToken(read, NOW + 2 * DAY + 10 * MINUTE - 1, undefined)).toBeUndefined();
    const second = decideToken(read, NOW + 2 * DAY + 10 * MINUTE, undefined);
    expect(written(second).nudge?.count).toBe(2);
  });

  it.each([
    ['overdue', { versions: [refOf(version())] }, NOW + 2 * DAY],
    ['unused', { policy: REVIEWED, reviewAt: NOW + 11 * DAY }, NOW + 11 * DAY],
  ])('names an incident that an order can carry, however long the id: %s', (name, part, now) => {
    const tokenId = 'x'.repeat(80);
    const action = decideToken(facts({ tokenId, ...part }, []), now, undefined);
    const incidentId = action?.rotate?.incidentId ?? action?.change.audit[0].incidentId;
    expect(incidentId).toBe(`${name}:${tokenId}`.slice(0, 64));
  });

  it('cannot rotate what has no secret: it warns', () => {
    const read = { token: secretless({ versions: [refOf(version())] }), versions: [version()] };
    expect(actions(decideToken(read, NOW + 2 * DAY, undefined))).toEqual(['token.warned']);
  });

  it.each([
    [50, 0, NOW + 2 * DAY],
    [75, 50, NOW + 3 * DAY],
    [90, 75, NOW + 3.6 * DAY],
    [95, 90, NOW + 3.8 * DAY],
  ])('warns at %i %%, and pages at the last', (percent, warnedPercent, now) => {
    const read = facts({ policy: FIXED, warnedPercent });
    expect(decideToken(read, now - 1, undefined)).toBeUndefined();
    const action = decideToken(read, now, undefined);
    expect(written(action).warnedPercent).toBe(percent);
    expect(action?.change.audit).toMatchObject([
      {
        action: 'token.warned',
        keyId: version().keyId,
        details: { percent, expiresAt: '2026-11-28T08:00:00.000Z', owner: 'team-orders' },
      },
    ]);
    expect(action?.change.feed).toEqual([]);
    const page = {
      key: 'expiry:orders',
      title: 'Token orders is about to expire',
      body: '95 % of the life of key0000000000001 is over; it is refused from 2026-11-28T08:00:00.000Z on. Owner: team-orders.',
    };
    expect(action).toStrictEqual({ change: action?.change, ...(percent === 95 ? { pageFirst: page } : {}) });
  });

  describe('reviews lack of use', () => {
    const review = (reviewAt: number, now: number, lastUsedAt?: number): SweepAction | undefined =>
      decideToken(facts({ policy: REVIEWED, reviewAt }, []), now, lastUsedAt);

    it('puts the next review off by what it was used', () => {
      const action = review(NOW + 10 * DAY, NOW + 10 * DAY, NOW + 4 * DAY);
      expect(written(action)).toMatchObject({ reviewAt: NOW + 14 * DAY, standing: 'active' });
      expect(action?.change.audit).toStrictEqual([
        {
          action: 'token.warned',
          at: NOW + 10 * DAY,
          actor: SWEEPER,
          tokenId: 'orders',
          details: { review: 'used', nextReview: '2026-12-08T08:00:00.000Z' },
        },
      ]);
    });

    it('warns first, suspends at the review after that, and warns again once released (S4)', () => {
      const warned = review(NOW + 10 * DAY, NOW + 10 * DAY);
      expect(actions(warned)).toEqual(['token.warned']);
      expect(warned?.change.audit[0].reason).toMatch(/^unused since 2026-11-24T08:00:00.000Z; /);
      expect(written(warned).reviewAt).toBe(NOW + 11 * DAY);
      const stopped = review(NOW + 11 * DAY, NOW + 11 * DAY);
      expect(written(stopped)).toMatchObject({
        standing: 'suspended',
        suspension: { incidentId: 'unused:orders' },
      });
      expect(written(stopped)).not.toHaveProperty('dueAt');
      const released = { ...written(stopped), standing: 'active' as const };
      expect(tokenDueAt(released)).toBe(NOW);
      const again = decideToken({ token: released, versions: [] }, NOW + 20 * DAY, undefined);
      expect(actions(again)).toEqual(['token.warned']);
    });

    it('takes a use after the warning for a use', () => {
      const action = review(NOW + 11 * DAY, NOW + 11 * DAY, NOW + 10.5 * DAY);
      expect(written(action)).toMatchObject({ reviewAt: NOW + 20.5 * DAY, standing: 'active' });
    });

    it('lets time pass between warning and suspension, however short the promise', () => {
      const policy = { ...FIXED, unusedAfterMs: 1 };
      const action = decideToken(facts({ policy, reviewAt: NOW }, []), NOW + 1, undefined);
      expect(written(action).reviewAt).toBe(NOW + 2);
    });
  });

  it('settles whatever is due within a few runs, and never revokes but a removed token (S4, L3)', () => {
    const tokens = fc.record({
      standing: fc.constantFrom('active', 'suspended'),
      removal: fc.boolean(),
      reissue: fc.boolean(),
      until: fc.boolean(),
      canary: fc.boolean(),
      rotates: fc.boolean(),
      unusedAfterMs: fc.constantFrom(0, DAY, 10 * DAY),
      reviewAt: fc.option(fc.integer({ min: NOW, max: NOW + 20 * DAY }), { nil: undefined }),
      warnedPercent: fc.constantFrom(0, 50, 75, 90, 95),
      versions: fc.constantFrom([], [version()]),
    });
    const used = fc.option(fc.integer({ min: NOW, max: NOW + 40 * DAY }), { nil: undefined });
    fc.assert(
      fc.property(tokens, fc.integer({ min: NOW, max: NOW + 40 * DAY }), used, (made, now, lastUsedAt) => {
        const { removal, reissue, until, rotates, unusedAfterMs, reviewAt, standing, ...rest } = made;
        let read = facts(
          {
            standing,
            canary: rest.canary,
            warnedPercent: rest.warnedPercent,
            policy: { ...(rotates ? POLICY : FIXED), unusedAfterMs },
            ...(standing === 'suspended'
              ? {
                  suspension: {
                    at: NOW,
                    reason: 'x',
                    incidentId: 'INC-6',
                    actor: ANN,
                    ...(until ? { until: NOW + DAY } : {}),
                  },
                }
              : {}),
            ...(removal ? { removal: REMOVAL } : {}),
            ...(reissue ? { reissue: { at: NOW, incidentId: 'INC-7', attempts: 0 } } : {}),
            ...(reviewAt === undefined ? {} : { reviewAt }),
          },
          rest.versions,
        );
        for (let run = 0; run < 12; run++) {
          const due = tokenDueAt(read.token);
          const action = decideToken(read, now, lastUsedAt);
          expect(action !== undefined).toBe(due !== undefined && due <= now);
          if (action === undefined) return;
          const next = written(action);
          if (next.standing === 'revoked') expect(removal && now >= REMOVAL.revokeAt).toBe(true);
          read = { ...read, token: next };
        }
        throw new Error('still due after twelve runs');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('expire', () => {
  it('marks a version at its end, with its token and the feed', () => {
    const change = expire(facts(), version(), version().expiresAt);
    expect(change?.writes).toMatchObject([
      { expect: 7, record: { kind: 'token', versions: [{ state: 'expired' }] } },
      { expect: 3, record: { kind: 'version', state: 'expired' } },
    ]);
    expect(change?.audit).toMatchObject([
      {
        action: 'version.expired',
        keyId: version().keyId,
        details: { before: 'current', expiresAt: '2026-11-28T08:00:00.000Z' },
      },
    ]);
    expect(change?.feed).toEqual([version().keyId]);
  });

  it.each<[string, VersionRecord, number]>([
    ['before its end', version(), version().expiresAt - 1],
    ['when it is expired', version({ state: 'expired' }), version().expiresAt],
    ['when it is revoked', version({ state: 'revoked' }), version().expiresAt],
  ])('does nothing %s', (_what, subject, now) => {
    expect(expire(facts(), subject, now)).toBeUndefined();
  });
});

describe('settleCancelling', () => {
  const cancelling = { at: NOW, attempts: 0 };
  const blocked = token({ standing: 'revoked', versions: [], cancelling });
  const left = (change: ReturnType<typeof settleCancelling>): TokenRecord => {
    const write = change?.writes[0];
    if (write?.kind !== 'put' || write.record.kind !== 'token') throw new Error('a token is written');
    return write.record;
  };

  it('is done for good once the rotation is cancelled', () => {
    const change = settleCancelling(blocked, NOW + MINUTE, true);
    expect(left(change)).not.toHaveProperty('cancelling');
    expect(left(change)).not.toHaveProperty('dueAt');
    expect(change?.audit).toMatchObject([{ action: 'token.rotation-cancelled', actor: SWEEPER }]);
  });

  it('tries for ever, from a minute doubling to six hours', () => {
    let read: TokenRecord = blocked;
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 40; attempt++) {
      const now = tokenDueAt(read) ?? 0;
      const change = settleCancelling(read, now, false);
      expect(change?.audit).toMatchObject([{ action: 'token.cancel-late', details: { attempts: attempt } }]);
      read = left(change);
      waits.push(((read.dueAt ?? 0) - now) / MINUTE);
    }
    expect(waits.slice(0, 10)).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
    expect(waits.at(-1)).toBe(360);
  });

  it.each([
    ['nothing is to be cancelled', token({ standing: 'revoked' }), NOW + DAY],
    ['another run has just tried', blocked, NOW + MINUTE - 1],
  ])('leaves it when %s', (_what, read, now) => {
    expect(settleCancelling(read, now, true)).toBeUndefined();
  });
});
