import { describe, expect, it } from 'vitest';
import type { TokenRecord, VersionRecord } from '#core/records.ts';
import {
  cancelAt,
  currentVersion,
  isLive,
  isReviewed,
  nextWarning,
  nudgeAt,
  overdueAt,
  tokenDueAt,
  versionDueAt,
  withDue,
  withVersionDue,
} from '#core/token/due.ts';
import { ANN, DAY, HOUR, MINUTE, NOW, POLICY, ref, token, version } from '../builders.ts';

const CURRENT = ref();
const FIXED = { ...POLICY, rotationIntervalMs: 0 };
const REVIEWED = { ...FIXED, unusedAfterMs: DAY };
const SUSPENSION = { at: NOW, reason: 'leaked', incidentId: 'INC-7', actor: ANN };
const REMOVAL = { at: NOW, suspendAt: NOW + DAY, revokeAt: NOW + 30 * DAY };

describe('currentVersion', () => {
  it('is the one in state current', () => {
    const pending = ref({ keyId: 'key0000000000002', state: 'pending' });
    expect(currentVersion(token({ versions: [pending, CURRENT] }))).toBe(CURRENT);
    expect(currentVersion(token({ versions: [pending] }))).toBeUndefined();
  });
});

describe('overdueAt', () => {
  it.each([
    ['half of the life, where the interval is shorter', DAY, NOW + 2 * DAY],
    ['the interval and an hour, where that is later', 3 * DAY, NOW + 3 * DAY + HOUR],
  ])('%s', (_what, rotationIntervalMs, expected) => {
    expect(overdueAt(token({ policy: { ...POLICY, rotationIntervalMs } }), CURRENT)).toBe(expected);
  });
});

describe('nudgeAt', () => {
  it.each<[string, TokenRecord['nudge'], number]>([
    ['at first, when it is overdue', undefined, NOW + 2 * DAY],
    ['ten minutes after the first', { at: NOW + 3 * DAY, count: 1 }, NOW + 3 * DAY + 10 * MINUTE],
    ['doubling', { at: NOW + 3 * DAY, count: 4 }, NOW + 3 * DAY + 80 * MINUTE],
    ['up to six hours', { at: NOW + 3 * DAY, count: 60 }, NOW + 3 * DAY + 6 * HOUR],
    ['never before it is overdue', { at: NOW, count: 1 }, NOW + 2 * DAY],
  ])('%s', (_what, nudge, expected) => {
    expect(nudgeAt(token(nudge === undefined ? {} : { nudge }), CURRENT)).toBe(expected);
  });
});

describe('nextWarning', () => {
  it.each<[string, number, number, ReturnType<typeof nextWarning>]>([
    ['half of the life', 0, 0, { percent: 50, at: NOW + 2 * DAY }],
    ['75 %', 0, 50, { percent: 75, at: NOW + 3 * DAY }],
    ['90 %', 0, 75, { percent: 90, at: NOW + 3.6 * DAY }],
    ['95 %', 0, 90, { percent: 95, at: NOW + 3.8 * DAY }],
    ['nothing more', 0, 95, undefined],
    ['not before its rotation is overdue', 3 * DAY, 0, { percent: 50, at: NOW + 3 * DAY + HOUR }],
    ['the share, once that is later', DAY, 75, { percent: 90, at: NOW + 3.6 * DAY }],
  ])('%s', (_what, rotationIntervalMs, warnedPercent, expected) => {
    const subject = token({ warnedPercent, policy: { ...POLICY, rotationIntervalMs } });
    expect(nextWarning(subject, CURRENT)).toEqual(expected);
  });

  it('waits for no rotation where there is none: a life of an hour is half over at its half', () => {
    const short = ref({ expiresAt: NOW + HOUR });
    expect(nextWarning(token({ policy: FIXED }), short)).toEqual({ percent: 50, at: NOW + 30 * MINUTE });
  });
});

describe('isReviewed', () => {
  it.each([
    [false, DAY, true],
    [true, DAY, false],
    [false, 0, false],
  ])('canary %s, unused after %i ms: %s', (canary, unusedAfterMs, expected) => {
    expect(isReviewed(token({ canary, policy: { ...POLICY, unusedAfterMs } }))).toBe(expected);
  });
});

describe('cancelAt', () => {
  it.each([
    ['a minute after the revocation', 0, MINUTE],
    ['doubling', 3, 8 * MINUTE],
    ['up to six hours', 9, 6 * HOUR],
  ])('%s', (_what, attempts, wait) => {
    expect(cancelAt({ at: NOW, attempts })).toBe(NOW + wait);
    const cancelling = { at: NOW, attempts };
    expect(tokenDueAt(token({ standing: 'revoked', cancelling }))).toBe(NOW + wait);
  });
});

describe('tokenDueAt', () => {
  it.each<[string, Partial<TokenRecord>, number | undefined]>([
    ['never, without a version', {}, undefined],
    ['at the first nudge', { versions: [CURRENT] }, NOW + 2 * DAY],
    ['at the first warning', { versions: [CURRENT], policy: FIXED }, NOW + 2 * DAY],
    [
      'at the first nudge alone, warned of everything',
      { versions: [CURRENT], warnedPercent: 95 },
      NOW + 2 * DAY,
    ],
    ['never, warned of everything', { versions: [CURRENT], policy: FIXED, warnedPercent: 95 }, undefined],
    ['never, revoked', { versions: [CURRENT], standing: 'revoked', removal: REMOVAL }, undefined],
    [
      'never, suspended without end',
      { versions: [CURRENT], standing: 'suspended', suspension: SUSPENSION },
      undefined,
    ],
    [
      'at the end of its suspension',
      { versions: [CURRENT], standing: 'suspended', suspension: { ...SUSPENSION, until: NOW + 5 } },
      NOW + 5,
    ],
    ['when its removal suspends it', { removal: REMOVAL }, REMOVAL.suspendAt],
    ['when its removal revokes it', { removal: REMOVAL, standing: 'suspended' }, REMOVAL.revokeAt],
    ['when a reissue is late', { reissue: { at: NOW, incidentId: 'INC-7', attempts: 0 } }, NOW + MINUTE],
    [
      'when it is later still',
      { reissue: { at: NOW, incidentId: 'INC-7', attempts: 1, pagedAt: NOW + 2 * MINUTE } },
      NOW + 17 * MINUTE,
    ],
    ['at its review', { policy: REVIEWED, reviewAt: NOW + DAY }, NOW + DAY],
    ['never, for a review that is not set', { policy: REVIEWED }, undefined],
    ['never, for the review of a canary', { policy: REVIEWED, reviewAt: NOW + DAY, canary: true }, undefined],
    ['never, for a review that is not promised', { policy: FIXED, reviewAt: NOW + DAY }, undefined],
    [
      'never, for the review of a suspended one',
      { policy: REVIEWED, reviewAt: NOW, standing: 'suspended' },
      undefined,
    ],
    ['at the earliest of all', { versions: [CURRENT], removal: REMOVAL }, REMOVAL.suspendAt],
  ])('%s', (_what, part, expected) => {
    expect(tokenDueAt(token(part))).toBe(expected);
  });
});

describe('withDue', () => {
  it('sets the time, and takes an old one away', () => {
    expect(withDue(token({ removal: REMOVAL }))).toStrictEqual(
      token({ removal: REMOVAL, dueAt: REMOVAL.suspendAt }),
    );
    expect(withDue(token({ dueAt: NOW }))).toStrictEqual(token());
  });
});

describe('versions', () => {
  it.each<[VersionRecord['state'], boolean]>([
    ['pending', true],
    ['current', true],
    ['retiring', true],
    ['expired', false],
    ['revoked', false],
  ])('%s is live: %s', (state, live) => {
    expect(isLive(state)).toBe(live);
    expect(versionDueAt(version({ state }))).toBe(live ? version().expiresAt : undefined);
    expect(versionDueAt(version({ state, class: 'ephemeral' }))).toBeUndefined();
  });

  it('are due at their end while they live', () => {
    expect(withVersionDue(version())).toStrictEqual(version({ dueAt: version().expiresAt }));
    expect(withVersionDue(version({ state: 'revoked', dueAt: NOW }))).toStrictEqual(
      version({ state: 'revoked' }),
    );
  });
});
