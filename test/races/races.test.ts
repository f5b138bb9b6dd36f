import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONTAINERS } from './containers.ts';
import { ISSUE } from './issue.ts';
import { KEYS } from './keys.ts';
import { ORDERS_AND_RESPONSES } from './orders.ts';
import { tryRace } from './race.ts';
import { RECONCILE } from './reconcile.ts';
import { ROTATE } from './rotate.ts';
import { sitesOfReadThenWrite } from './sites.ts';
import { SWEEP } from './sweep.ts';

const RACES = [...ISSUE, ...ROTATE, ...ORDERS_AND_RESPONSES, ...KEYS, ...RECONCILE, ...SWEEP, ...CONTAINERS];
const SITES = sitesOfReadThenWrite();

/** What keeps something for one caller, who waits for each answer: nobody else can come between. */
const ALONE: readonly { readonly place: string; readonly why: string }[] = [
  { place: 'adapters/files/scratch.ts createFileScratch', why: 'one command line' },
  {
    place: 'adapters/kms/signer.ts createSigner',
    why: 'a public key that never changes: a second read is the same',
  },
  { place: 'adapters/s3/log-reader.ts createLogReader', why: 'one command line' },
  { place: 'core/seal/proof.ts createProver', why: 'one pass over one bundle' },
  { place: 'events/trail/stream.ts createValueStream', why: 'one pass over one file' },
  { place: 'replay/event-ids.ts createEventIds', why: 'one pass over one history' },
  { place: 'replay/fold.ts createFold', why: 'one pass over one history' },
  { place: 'replay/replay.ts createTally', why: 'one pass over one history' },
  { place: 'replay/rounds.ts createRounds', why: 'one pass over one history' },
  {
    place: 'replay/world.ts createWorld',
    why: 'what it remembers is one promise, of files that a replay does not change',
  },
];

describe('races', () => {
  it.each(RACES)('$name', { timeout: 60_000 }, async (race) => {
    const reached = await tryRace(race);
    for (const id of race.covers) {
      const site = SITES.find((found) => found.id === id);
      if (site === undefined) throw new Error(`no such place: ${id}`);
      const lines = [...reached].filter((line) => line.startsWith(`${site.file}:`));
      const there = lines.some((line) => {
        const at = Number(line.split(':')[1]);
        return site.from <= at && at <= site.to;
      });
      expect(site.kept || there, `${id} is reached; lines seen: ${lines}`).toBe(true);
    }
  });

  it.each([
    ['decideAndCommit(ports, decide);', 'decideAndCommit'],
    ['ports.registry.remember(profile);', 'registry.remember'],
    ['vault.moveCurrent(arn, move);', 'vault.moveCurrent'],
    ['await ports.vault.put(value);', 'vault.put'],
  ])('a new place is seen: %s', (call, what) => {
    const root = `${mkdtempSync(join(tmpdir(), 'tokenward-races-'))}/`;
    try {
      mkdirSync(join(root, 'functions/issue'), { recursive: true });
      writeFileSync(join(root, 'functions/issue/new.ts'), `async function added() {\n  ${call}\n}\n`);
      expect(sitesOfReadThenWrite(root)).toMatchObject([
        { id: `issue/new.ts added ${what}`, from: 2, to: 2 },
      ]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('what a container keeps is seen', () => {
    const kept = SITES.filter((site) => site.kept).map(({ id }) => id);
    expect(kept).toContain('authorize/verifier.ts createVerifier records');
    expect(kept).toContain('authorize/run.ts createAuthorizeRun window');
  });

  it('every place that reads and then writes has a race, or one caller', () => {
    const covered = RACES.flatMap(({ covers }) => covers);
    const alone = (id: string): boolean => ALONE.some(({ place }) => id.startsWith(`${place} `));
    expect(SITES.map(({ id }) => id).filter((id) => !covered.includes(id) && !alone(id))).toEqual([]);
    for (const { place } of ALONE)
      expect(
        SITES.some(({ id, kept }) => kept && id.startsWith(`${place} `)),
        place,
      ).toBe(true);
  });
});
