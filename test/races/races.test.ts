import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONTAINERS } from './containers.ts';
import { ISSUE } from './issue.ts';
import { ORDERS_AND_RESPONSES } from './orders.ts';
import { tryRace } from './race.ts';
import { ROTATE } from './rotate.ts';
import { sitesOfReadThenWrite } from './sites.ts';
import { SWEEP } from './sweep.ts';

const RACES = [...ISSUE, ...ROTATE, ...ORDERS_AND_RESPONSES, ...SWEEP, ...CONTAINERS];
const SITES = sitesOfReadThenWrite();

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

  it('every place that reads and then writes has a race', () => {
    const covered = RACES.flatMap(({ covers }) => covers);
    expect(SITES.map(({ id }) => id).filter((id) => !covered.includes(id))).toEqual([]);
  });
});
