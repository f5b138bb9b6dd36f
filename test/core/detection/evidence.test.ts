import { describe, expect, it } from 'vitest';
import {
  CONTRACT_MS,
  type Evidence,
  mergeEvidence,
  PRESENCE_MS,
  SEQUENCE_MS,
  scoreOf,
} from '#core/detection/evidence.ts';
import { DEFAULT_LADDER } from '#core/response/ladder.ts';
import { DAY, HOUR, MINUTE, NOW } from '../builders.ts';

const piece = (part: Partial<Evidence> = {}): Evidence => ({
  signal: 'B1',
  family: 'network',
  weight: 1,
  since: NOW,
  at: NOW,
  halfLifeMs: HOUR,
  weak: false,
  says: 'a',
  about: 'x',
  eventIds: ['e1'],
  ...part,
});

it('evidence of a sequence lasts half an hour, of a presence a day, of a contract a month', () => {
  expect([SEQUENCE_MS, PRESENCE_MS, CONTRACT_MS]).toEqual([30 * MINUTE, DAY, 30 * DAY]);
});

describe('the same evidence once more', () => {
  it('is the heavier one, since the first time, at the last, with both events', () => {
    const light = piece({ at: NOW + 9, since: NOW + 5, eventIds: ['e2', 'e1'] });
    const heavy = piece({ weight: 2, at: NOW + 7, since: NOW + 3, says: 'b', weak: true, eventIds: ['e3'] });
    const merged = { ...heavy, since: NOW + 3, at: NOW + 9, eventIds: ['e1', 'e2', 'e3'] };
    expect(mergeEvidence(light, heavy)).toEqual(merged);
    expect(mergeEvidence(heavy, light)).toEqual(merged);
  });

  it('is said in the first words, where both weigh the same', () => {
    const [a, b] = [piece(), piece({ says: 'b' })];
    expect([mergeEvidence(a, b).says, mergeEvidence(b, a).says]).toEqual(['a', 'a']);
  });

  it('names eight events at the most, the first by name', () => {
    const many = piece({ eventIds: Array.from({ length: 8 }, (_, n) => `f${n}`) });
    expect(mergeEvidence(many, piece({ eventIds: ['e9'] })).eventIds).toEqual([
      'e9',
      ...['f0', 'f1', 'f2', 'f3', 'f4', 'f5', 'f6'],
    ]);
  });
});

describe('a score', () => {
  const { caps } = DEFAULT_LADDER;
  it('begins with the odds of the prior', () => {
    expect(scoreOf([], NOW, 0.2, caps)).toEqual({
      logOdds: expect.closeTo(Math.log(0.25), 12),
      posterior: expect.closeTo(0.2, 12),
      families: 0,
    });
  });

  it('adds up each family to its cap, and counts those with a nat at least', () => {
    const evidence = [
      piece({ weight: 6 }),
      piece({ weight: 6, about: 'y' }),
      piece({ family: 'client', weight: 1 }),
      piece({ family: 'api', weight: 0.99 }),
    ];
    const score = scoreOf(evidence, NOW, 0.5, caps);
    expect(score.logOdds).toBeCloseTo(caps.network + 1 + 0.99, 12);
    expect(score.families).toBe(2);
  });
});
