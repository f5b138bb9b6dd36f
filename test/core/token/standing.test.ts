import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '#core/change.ts';
import type { TokenRecord, VersionRecord, VersionState } from '#core/records.ts';
import { isLive } from '#core/token/due.ts';
import {
  beginReissue,
  release,
  revokeLoneVersion,
  revokeToken,
  revokeVersion,
  suspend,
  type TokenFacts,
} from '#core/token/standing.ts';
import { refOf } from '#core/token/versions.ts';
import { ANN, NOW, order, secretless, token, version } from '../builders.ts';

const CURRENT = version();
const PENDING = version({ keyId: 'key0000000000002', versionId: 'version-2', state: 'pending', rev: 1 });
const RETIRING = version({ keyId: 'key0000000000003', versionId: 'version-3', state: 'retiring', rev: 5 });
const DEAD = version({ keyId: 'key0000000000004', versionId: 'version-4', state: 'expired' });
const ALL = [CURRENT, PENDING, RETIRING, DEAD];
const LIVE = [CURRENT, PENDING, RETIRING].map(({ keyId }) => keyId);
const SUSPENSION = { at: NOW - 1, reason: 'odd', incidentId: 'INC-6', actor: ANN };

const facts = (part: Partial<TokenRecord> = {}, versions: readonly VersionRecord[] = ALL): TokenFacts => ({
  token: token({ versions: versions.map(refOf), ...part }),
  versions,
});
const SUSPENDED = facts(
  { standing: 'suspended', suspension: SUSPENSION },
  ALL.map((one) => ({ ...one, suspended: one !== DEAD })),
);
const REVOKED = facts({ standing: 'revoked' });

const changeOf = (decided: ReturnType<typeof suspend>): Change => {
  if (!decided.ok) throw new Error(`refused: ${decided.error.reason}`);
  return decided.value;
};
/** What a change leaves behind, each write's revision checked on the way. */
function applied(read: TokenFacts, change: Change): TokenFacts {
  let result = read;
  for (const write of change.writes) {
    if (write.kind !== 'put') throw new Error('nothing is deleted here');
    const { record } = write;
    if (record.kind === 'token') {
      expect(write.expect).toBe(result.token.rev);
      result = { ...result, token: { ...record, rev: write.expect + 1 } };
    } else if (record.kind === 'version') {
      expect(write.expect).toBe(result.versions.find(({ keyId }) => keyId === record.keyId)?.rev);
      const next = { ...record, rev: write.expect + 1 };
      const versions = result.versions.map((one) => (one.keyId === record.keyId ? next : one));
      result = { ...result, versions };
    }
  }
  return result;
}

describe('suspend', () => {
  it('stops every live version, with its audit and its feed, and nothing else', () => {
    const change = changeOf(suspend(facts(), order({ cause: 'event-1' })));
    const left = applied(facts(), change);
    expect(left.token).toMatchObject({
      standing: 'suspended',
      suspension: { at: NOW, reason: 'leaked', incidentId: 'INC-7', actor: ANN },
    });
    expect(left.token.suspension).not.toHaveProperty('until');
    expect(left.versions.map(({ suspended }) => suspended)).toEqual([true, true, true, false]);
    expect(left.versions.map(({ state }) => state)).toEqual(ALL.map(({ state }) => state));
    expect(change.feed).toEqual(LIVE);
    expect(change.audit).toEqual([
      {
        action: 'token.suspended',
        at: NOW,
        actor: ANN,
        reason: 'leaked',
        incidentId: 'INC-7',
        cause: 'event-1',
        tokenId: 'orders',
        details: { before: 'active', versions: LIVE },
      },
    ]);
  });

  it('is due again at its end', () => {
    const left = applied(facts(), changeOf(suspend(facts(), order(), NOW + 60_000)));
    expect(left.token).toMatchObject({ suspension: { until: NOW + 60_000 }, dueAt: NOW + 60_000 });
  });

  it.each([
    [SUSPENDED, { reason: 'unchanged', standing: 'suspended' }],
    [REVOKED, { reason: 'token-revoked' }],
  ])('refuses %#', (read, error) => {
    expect(suspend(read, order())).toEqual({ ok: false, error });
  });
});

describe('release', () => {
  it('brings the live ones back, and leaves what has ended ended', () => {
    const change = changeOf(release(SUSPENDED, order()));
    const left = applied(SUSPENDED, change);
    expect(left.token.standing).toBe('active');
    expect(left.token).not.toHaveProperty('suspension');
    expect(left.versions.map(({ suspended }) => suspended)).toEqual([false, false, false, false]);
    expect(left.versions.at(-1)).toEqual(SUSPENDED.versions.at(-1));
    expect(change.feed).toEqual(LIVE);
    expect(change.audit.map(({ action }) => action)).toEqual(['token.released']);
    expect(change.audit[0]).not.toHaveProperty('cause');
  });

  it.each([
    [facts(), { reason: 'unchanged', standing: 'active' }],
    [REVOKED, { reason: 'token-revoked' }],
  ])('refuses %#', (read, error) => {
    expect(release(read, order())).toEqual({ ok: false, error });
  });
});

describe('revokeToken', () => {
  it('ends the token and every live version, one audit record each', () => {
    const read = facts({
      standing: 'suspended',
      suspension: SUSPENSION,
      reissue: { at: NOW, incidentId: 'INC-6', attempts: 1 },
      removal: { at: NOW, suspendAt: NOW + 1, revokeAt: NOW + 2 },
    });
    const change = changeOf(revokeToken(read, order()));
    const left = applied(read, change);
    expect(left.token).toMatchObject({
      standing: 'revoked',
      revocation: { at: NOW, reason: 'leaked', incidentId: 'INC-7', actor: ANN },
      cancelling: { at: NOW, attempts: 0 },
      dueAt: NOW + 60_000,
    });
    for (const gone of ['suspension', 'reissue', 'removal']) expect(left.token).not.toHaveProperty(gone);
    expect(left.versions.map(({ state }) => state)).toEqual(['revoked', 'revoked', 'revoked', 'expired']);
    expect(left.versions.some((one) => isLive(one.state) || one.dueAt !== undefined)).toBe(false);
    expect(change.feed).toEqual(LIVE);
    expect(change.audit.map(({ action, keyId }) => [action, keyId])).toEqual([
      ['token.revoked', undefined],
      ...LIVE.map((keyId) => ['version.revoked', keyId]),
    ]);
  });

  it('has nothing to cancel where there is no secret', () => {
    const read = { token: secretless({ versions: [refOf(CURRENT)] }), versions: [CURRENT] };
    const left = applied(read, changeOf(revokeToken(read, order())));
    expect(left.token).not.toHaveProperty('cancelling');
    expect(left.token).not.toHaveProperty('dueAt');
  });

  it('refuses a second time', () => {
    expect(revokeToken(REVOKED, order())).toEqual({
      ok: false,
      error: { reason: 'unchanged', standing: 'revoked' },
    });
  });
});

describe('revokeVersion', () => {
  it('ends one version and no other', () => {
    const change = changeOf(revokeVersion(facts(), RETIRING.keyId, order()));
    const left = applied(facts(), change);
    expect(left.token.standing).toBe('active');
    expect(left.versions.map(({ state }) => state)).toEqual(['current', 'pending', 'revoked', 'expired']);
    expect(left.token.versions.find(({ keyId }) => keyId === RETIRING.keyId)?.state).toBe('revoked');
    expect(change.feed).toEqual([RETIRING.keyId]);
    expect(change.audit).toMatchObject([
      { action: 'version.revoked', keyId: RETIRING.keyId, reason: 'leaked' },
    ]);
  });

  it.each<[string, string, object]>([
    ['one that there is not', 'key9', { reason: 'version-not-found', keyId: 'key9' }],
    ['one that has expired', DEAD.keyId, { reason: 'unchanged', standing: 'active' }],
  ])('refuses %s', (_what, keyId, error) => {
    expect(revokeVersion(facts(), keyId, order())).toEqual({ ok: false, error });
  });
});

describe('beginReissue', () => {
  it('ends every live version and asks for a new one', () => {
    const change = changeOf(beginReissue(SUSPENDED, order()));
    const left = applied(SUSPENDED, change);
    expect(left.token).toMatchObject({
      standing: 'active',
      reissue: { at: NOW, incidentId: 'INC-7', attempts: 0 },
      dueAt: NOW + 60_000,
    });
    expect(left.token).not.toHaveProperty('suspension');
    expect(left.versions.map(({ state }) => state)).toEqual(['revoked', 'revoked', 'revoked', 'expired']);
    expect(change.feed).toEqual(LIVE);
    expect(change.audit.map(({ action }) => action)).toEqual([
      'token.reissue-requested',
      'version.revoked',
      'version.revoked',
      'version.revoked',
    ]);
  });

  it('is made for a token that has nothing live, once', () => {
    const read = facts({}, [DEAD]);
    const left = applied(read, changeOf(beginReissue(read, order())));
    expect(beginReissue(left, order())).toEqual({
      ok: false,
      error: { reason: 'unchanged', standing: 'active' },
    });
  });

  it('is made again when something has become live since', () => {
    const read = facts({ reissue: { at: NOW - 9, incidentId: 'INC-6', attempts: 3 } });
    expect(applied(read, changeOf(beginReissue(read, order()))).token.reissue).toEqual({
      at: NOW,
      incidentId: 'INC-7',
      attempts: 0,
    });
  });

  it('refuses a revoked token, and one without a secret', () => {
    expect(beginReissue(REVOKED, order())).toEqual({ ok: false, error: { reason: 'token-revoked' } });
    expect(beginReissue({ token: secretless(), versions: [] }, order())).toEqual({
      ok: false,
      error: {
        reason: 'not-reissuable',
        why: 'class return-once has no secret to reissue into; revoke it',
      },
    });
  });
});

describe('revokeLoneVersion', () => {
  it('ends a version that no token lists', () => {
    const lone = version({ class: 'ephemeral' });
    expect(changeOf(revokeLoneVersion(lone, order()))).toMatchObject({
      writes: [{ expect: lone.rev, record: { state: 'revoked' } }],
      audit: [{ action: 'version.revoked', tokenId: 'orders', keyId: lone.keyId }],
      feed: [lone.keyId],
    });
  });

  it.each<VersionState>(['revoked', 'expired'])('leaves a version that is %s as it is', (state) => {
    expect(revokeLoneVersion(version({ state }), order())).toEqual({
      ok: false,
      error: { reason: 'unchanged', standing: 'revoked' },
    });
  });
});

describe('any sequence of orders', () => {
  const step = fc.oneof(
    fc.constantFrom('suspend', 'release', 'revoke', 'reissue').map((verb) => ({ verb, keyId: '' })),
    fc.constantFrom(...ALL).map(({ keyId }) => ({ verb: 'revoke-version', keyId })),
  );
  const decide = (verb: string, keyId: string, read: TokenFacts): ReturnType<typeof suspend> => {
    switch (verb) {
      case 'suspend':
        return suspend(read, order());
      case 'release':
        return release(read, order());
      case 'revoke':
        return revokeToken(read, order());
      case 'reissue':
        return beginReissue(read, order());
      default:
        return revokeVersion(read, keyId, order());
    }
  };

  it('leaves what is revoked or expired so, and tells every verifier of every change', () => {
    const states = fc.constantFrom<VersionState>('pending', 'current', 'retiring', 'expired', 'revoked');
    fc.assert(
      fc.property(
        fc.tuple(states, states, states, states),
        fc.array(step, { maxLength: 12 }),
        (start, steps) => {
          const versions = ALL.map((one, at) => ({ ...one, state: start[at] ?? one.state }));
          let read = facts({}, versions);
          for (const { verb, keyId } of steps) {
            const decided = decide(verb, keyId, read);
            if (!decided.ok) continue;
            const left = applied(read, decided.value);
            if (read.token.standing === 'revoked') expect(left.token.standing).toBe('revoked');
            for (const [at, before] of read.versions.entries()) {
              const now = left.versions[at];
              if (!isLive(before.state)) expect(now?.state).toBe(before.state);
              const same = now?.state === before.state && now.suspended === before.suspended;
              if (!same) expect(decided.value.feed).toContain(before.keyId);
              if (now !== undefined && isLive(now.state)) {
                expect(now.suspended).toBe(left.token.standing === 'suspended');
                expect(left.token.standing).not.toBe('revoked');
              }
            }
            expect(
              left.token.versions
                .filter(({ state }) => isLive(state))
                .map(({ keyId }) => keyId)
                .sort(),
            ).toEqual(
              left.versions
                .filter(({ state }) => isLive(state))
                .map(({ keyId }) => keyId)
                .sort(),
            );
            read = left;
          }
        },
      ),
    );
  });
});
