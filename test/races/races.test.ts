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

  it('every place that reads and then writes has a race', () => {
    const covered = RACES.flatMap(({ covers }) => covers);
    expect(SITES.map(({ id }) => id).filter((id) => !covered.includes(id))).toEqual([]);
  });
});
