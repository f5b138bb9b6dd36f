import { describe, expect, it } from 'vitest';
import type { Change, Write } from '#core/change.ts';
import type { RegistryRecord, VersionRecord } from '#core/records.ts';
import type { Plant } from './real.ts';
import { search } from './search.ts';

const RUNS = 20;
const SEARCHED_MOST = 60;

const rewritten =
  (rewrite: (record: VersionRecord) => VersionRecord): Plant =>
  (change) => ({
    ...change,
    writes: change.writes.map(
      (write): Write =>
        write.kind === 'put' && write.record.kind === 'version'
          ? { ...write, record: rewrite(write.record) }
          : write,
    ),
  });

const without =
  (kind: RegistryRecord['kind']): Plant =>
  (change) => ({
    ...change,
    writes: change.writes.filter((write) => write.kind !== 'put' || write.record.kind !== kind),
  });

const before = (change: Change, action: string): boolean =>
  change.audit.some((entry) => entry.action === action);

const PLANTED: readonly { readonly fault: string; readonly plant: Plant }[] = [
  { fault: 'the feed does not hear of a change', plant: (change) => ({ ...change, feed: [] }) },
  {
    fault: 'only the first audit entry of a change is kept',
    plant: (change) => ({ ...change, audit: [change.audit[0]] }),
  },
  {
    fault: 'a change is audited twice',
    plant: (change) => ({ ...change, audit: [...change.audit, change.audit[0]] }),
  },
  { fault: 'an event is not remembered', plant: without('event') },
  {
    fault: 'a release leaves versions suspended',
    plant: (change) =>
      before(change, 'token.released')
        ? rewritten((version) => ({ ...version, suspended: true }))(change)
        : change,
  },
  {
    fault: 'the old version ends with the promotion, without its overlap',
    plant: (change) => {
      const at = change.audit[0].at;
      return rewritten((version) => (version.state === 'retiring' ? { ...version, expiresAt: at } : version))(
        change,
      );
    },
  },
  {
    fault: 'a retired version lives on',
    plant: rewritten((version) =>
      version.state === 'retiring' ? { ...version, expiresAt: version.fields.hardMaxAt } : version,
    ),
  },
  {
    fault: 'a reissue leaves the version that retires',
    plant: (change) =>
      before(change, 'token.reissue-requested')
        ? rewritten((version) => (version.rev % 2 === 0 ? { ...version, state: 'retiring' } : version))(
            change,
          )
        : change,
  },
  {
    fault: 'an expiry is said and not stored',
    plant: (change) =>
      before(change, 'version.expired')
        ? rewritten((version) => ({ ...version, state: 'current' }))(change)
        : change,
  },
];

describe('the system against its model', () => {
  it('agrees after every command, in runs of more than 50', { timeout: 120_000 }, async () => {
    const { failure, runs, commands, done } = await search({ runs: RUNS, seed: Date.now() % 2 ** 31 });
    expect(failure).toBeUndefined();
    expect(commands / runs).toBeGreaterThanOrEqual(50);
    expect(done.size).toBe(16);
  });

  it.each(PLANTED)('tells when $fault', { timeout: 120_000 }, async ({ plant }) => {
    const { failure } = await search({ runs: SEARCHED_MOST, seed: 5, plant });
    expect(failure).toContain('again: npm run model -- --seed 5 --path');
  });
});
