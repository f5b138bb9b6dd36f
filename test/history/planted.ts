import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { createAuthorizeRun } from '#functions/authorize/run.ts';
import type { createVerifier } from '#functions/authorize/verifier.ts';
import type { Place } from './plan.ts';

/** What judges a request: as it is, or with a fault planted. */
export interface Judging {
  readonly createVerifier: typeof createVerifier;
  readonly createAuthorizeRun: typeof createAuthorizeRun;
}

/** One known-bad variant of our own code: what to replace in which file, and what is wrong with it then. */
export interface Planted {
  /** From where on a history that shows it comes soon. */
  readonly seed: number;
  readonly fault: string;
  readonly file: 'verifier' | 'run';
  readonly find: string;
  readonly put: string;
  /** Where it shows: what every verifier of the history is like. */
  readonly where?: Partial<Place>;
}

const verifier = (
  seed: number,
  fault: string,
  find: string,
  put: string,
  where: Partial<Place> = {},
): Planted => ({
  seed,
  fault,
  file: 'verifier',
  find,
  put,
  where,
});

/** Each must be caught; one whose text is no longer in the source fails loudly. */
export const PLANTED: readonly Planted[] = [
  verifier(
    2,
    'counts the age of the feed from its reply',
    'const answer = { feed, ...sent };',
    'const answer = { feed, sentWall: clock.now(), sentMonotonic: clock.monotonic() };',
    { recordCacheMaxMs: 60_000, trouble: 'freeze' },
  ),
  verifier(
    8,
    'trusts the monotonic clock alone, which stands still in a freeze',
    'return wall < 0 ? Number.POSITIVE_INFINITY : Math.max(wall, clock.monotonic() - sent.sentMonotonic);',
    'return clock.monotonic() - sent.sentMonotonic;',
  ),
  verifier(
    2,
    'trusts the wall clock alone, which steps',
    'return wall < 0 ? Number.POSITIVE_INFINITY : Math.max(wall, clock.monotonic() - sent.sentMonotonic);',
    'return wall < 0 ? Number.POSITIVE_INFINITY : wall;',
    { trouble: 'step' },
  ),
  verifier(
    3,
    'never reads the feed again',
    'known !== undefined && ageOf(known) <= config.feedMaxAgeMs ? known',
    'known !== undefined ? known',
  ),
  verifier(
    2,
    'does not ask for the age of the feed at the end',
    'if (verdict.allow && leftMs >= 0)',
    'if (verdict.allow)',
  ),
  verifier(
    3,
    'says that all of T + R is left',
    'return { ...verdict, leftMs };',
    'return { ...verdict, leftMs: config.feedMaxAgeMs + config.readTimeoutMs };',
  ),
  verifier(4, 'sees no torn read', 'tag: tagOf(record, at.feed)', 'tag: at.feed.gen'),
  verifier(
    3,
    'does not look at the entries of the feed',
    'usable({ keyId, tag }, at.feed);',
    'usable({ keyId, tag }, { ...at.feed, entries: [] });',
  ),
  verifier(
    2,
    'does not look at what the feed has dropped',
    'usable({ keyId, tag }, at.feed);',
    'usable({ keyId, tag }, { ...at.feed, oldestGen: 0 });',
  ),
  verifier(
    15,
    'lets a slow reply take back what a later read has shown',
    '(records.get(keyId)?.tag ?? fresh.tag) > fresh.tag ||',
    '',
  ),
  verifier(
    6,
    'keeps a suspended record for as long as its cache may',
    'if (young && believable(cached, at)) return cached;',
    'if (young && (cached.record.suspended || believable(cached, at))) return cached;',
  ),
  verifier(
    21,
    'remembers that a version was not there',
    'const record = await store.get(keys.version(keyId));',
    'const gone = (records.gone ??= new Set()); const record = gone.has(keyId) ? undefined : await store.get(keys.version(keyId)); if (record === undefined) gone.add(keyId);',
  ),
  verifier(
    1,
    'leaves expiry to the sweep',
    'standingOf(record, clock.now(), mode) ?? needOf',
    'standingOf(record, 0, mode) ?? needOf',
  ),
  verifier(
    3,
    'overlooks a suspension',
    'standingOf(record, clock.now(), mode) ?? needOf',
    'standingOf({ ...record, suspended: false }, clock.now(), mode) ?? needOf',
  ),
  verifier(
    1,
    'accepts what it last saw while the store is out of reach',
    "metrics.count('VerifyUnavailable', 1, { code: codeOf(cause) });",
    'const last = records.get(parsed.value.keyId); if (last !== undefined) return { allow: true, version: last.record, leftMs: 0 };',
  ),
  verifier(
    5,
    'calls a record too old that was read for this very request',
    'if (!believable(found, at))',
    'if (clock.monotonic() - found.sentMonotonic > config.recordCacheMaxMs || !believable(found, at))',
  ),
  {
    seed: 12,
    fault: 'holds an acceptance as long as a denial while it tells of usage',
    file: 'run',
    find: 'Math.min(USAGE_PATIENCE_MS, verdict.leftMs - REPLY_RESERVE_MS)',
    put: 'USAGE_PATIENCE_MS',
    where: { runs: 'lambda', slowMac: true, feedMaxAgeMs: 1_000, recordCacheMaxMs: 60_000 },
  },
];

const AUTHORIZE = new URL('../../functions/authorize/', import.meta.url);

/**
 * The code with the fault in it and all that it imports, as one module: what it shares with the real code must not be
 * loaded a second time from the same file, or the coverage of the two is mixed.
 */
export async function withFault({ file, find, put, fault }: Planted, real: Judging): Promise<Judging> {
  const source = readFileSync(new URL(`${file}.ts`, AUTHORIZE), 'utf8');
  if (source.split(find).length !== 2) throw new Error(`"${fault}": its place is no longer in ${file}.ts`);
  const { outputFiles } = buildSync({
    stdin: {
      contents: source.replace(find, () => put),
      resolveDir: fileURLToPath(AUTHORIZE),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error(`"${fault}": nothing was built of ${file}.ts`);
  const loaded: Partial<Judging> = await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(bundle.text)}`
  );
  return { ...real, ...loaded };
}
