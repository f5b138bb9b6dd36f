import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VERSIONS_KEPT, type VersionState } from '#core/records.ts';
import { isLive } from '#core/token/due.ts';
import { liveKeyIds, refOf, withVersions } from '#core/token/versions.ts';
import { NOW, ref, token, version } from '../builders.ts';

const states: readonly VersionState[] = ['pending', 'current', 'retiring', 'expired', 'revoked'];
const versions = fc.array(
  fc.record({
    keyId: fc.integer({ min: 0, max: 40 }).map((n) => `key${String(n).padStart(13, '0')}`),
    createdAt: fc.integer({ min: NOW, max: NOW + 5 }),
    state: fc.constantFrom(...states),
  }),
  // As many as may be: a list within its room says nothing of what is dropped.
  { maxLength: 40, size: 'max' },
);

describe('withVersions', () => {
  it('puts in, replaces, and sorts newest first', () => {
    const old = ref({ keyId: 'key0000000000001' });
    const changed = version({ keyId: 'key0000000000001', state: 'retiring' });
    const added = version({ keyId: 'key0000000000002', createdAt: NOW + 1, state: 'pending' });
    expect(withVersions(token({ versions: [old] }), [changed, added]).versions).toEqual([
      refOf(added),
      refOf(changed),
    ]);
  });

  it('orders versions of one moment by keyId, so that the list is always the same', () => {
    const a = version({ keyId: 'key000000000000a' });
    const b = version({ keyId: 'key000000000000b' });
    expect(withVersions(token(), [b, a]).versions).toEqual(withVersions(token(), [a, b]).versions);
    expect(withVersions(token(), [b, a]).versions).toEqual([refOf(a), refOf(b)]);
  });

  it('keeps sixteen, however many of them are live', () => {
    const dead = Array.from({ length: 20 }, (_, n) =>
      version({ keyId: `dead${n}`, createdAt: NOW + n, state: 'expired' }),
    );
    const live = Array.from({ length: 3 }, (_, n) => version({ keyId: `live${n}`, createdAt: NOW - n }));
    const kept = withVersions(token(), [...dead, ...live]).versions.map(({ keyId }) => keyId);
    expect(kept).toEqual([
      ...dead
        .slice(-13)
        .reverse()
        .map(({ keyId }) => keyId),
      ...live.map(({ keyId }) => keyId),
    ]);
  });

  it('never loses a live one, and keeps the newest dead ones as far as there is room', () => {
    fc.assert(
      fc.property(versions, (made) => {
        const all = made.map((part) => version(part));
        const kept = withVersions(token(), all).versions;
        const last = [...new Map(all.map((one) => [one.keyId, refOf(one)])).values()];
        const live = last.filter(({ state }) => isLive(state)).map(({ keyId }) => keyId);
        const deadKept = kept.filter(({ state }) => !isLive(state));
        const deadLost = last.filter(({ keyId }) => !kept.some((one) => one.keyId === keyId));
        expect(new Set(kept.filter(({ state }) => isLive(state)).map(({ keyId }) => keyId))).toEqual(
          new Set(live),
        );
        expect(kept.length).toBe(Math.min(last.length, Math.max(VERSIONS_KEPT, live.length)));
        for (const lost of deadLost) {
          expect(isLive(lost.state)).toBe(false);
          for (const dead of deadKept) expect(dead.createdAt).toBeGreaterThanOrEqual(lost.createdAt);
        }
      }),
    );
  });
});

describe('liveKeyIds', () => {
  it('names what can still be accepted', () => {
    const listed = states.map((state) => ref({ keyId: `key-${state}`, state }));
    expect(liveKeyIds(token({ versions: listed }))).toEqual(['key-pending', 'key-current', 'key-retiring']);
  });
});
