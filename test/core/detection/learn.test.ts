import { describe, expect, it } from 'vitest';
import { emptyBaseline, knows } from '#core/detection/baseline.ts';
import { weightAt } from '#core/detection/decay.ts';
import { countIn, learn, sojournIn, turnHour } from '#core/detection/learn.ts';
import { addressOf } from '#core/detection/network.ts';
import { HOUR_MS, hourOf } from '#core/detection/standing.ts';
import { HOUR, NOW } from '../builders.ts';
import { obs, read, SECRET_NAME, standing } from './observations.ts';

describe('learn', () => {
  it('takes the secret that was read, and of no other act', () => {
    const baseline = emptyBaseline();
    learn(baseline, read(), addressOf('', undefined));
    const decrypt = obs({ act: { kind: 'decrypt', secret: 'other', versionId: 'v1' } });
    learn(baseline, decrypt, addressOf('', undefined));
    expect([...baseline.habits.secret.keys()]).toEqual([SECRET_NAME]);
  });

  it('tells a batch by filter from one by names', () => {
    const baseline = emptyBaseline();
    learn(baseline, obs({ act: { kind: 'read-batch', negated: false } }), addressOf('', undefined));
    expect(knows(baseline, 'api', 's3:GetObject by filter')).toBe(true);
    expect(knows(baseline, 'api', 's3:GetObject')).toBe(false);
  });
});

describe('an hour', () => {
  const hour = hourOf(NOW);
  const busy = (): ReturnType<typeof standing> => {
    const state = standing();
    state.secrets = new Set(['a', 'b', 'c']);
    state.denied = new Set(['x']);
    state.batchRegions = new Set(['eu-west-1']);
    return state;
  };

  it('becomes part of the rates when it ends', () => {
    const [state, own] = [busy(), emptyBaseline()];
    turnHour(state, own, hour, false);
    const weight = weightAt(hour * HOUR_MS);
    expect(own.secrets).toEqual({ events: 3 * weight, hours: weight, most: 3 * weight });
    expect(own.denials).toEqual({ events: weight, hours: weight, most: weight });
    expect([state.secrets.size, state.denied.size, state.batchRegions.size]).toEqual([0, 0, 0]);
  });

  it('that was suspect is forgotten', () => {
    const [state, own] = [busy(), emptyBaseline()];
    turnHour(state, own, hour, true);
    expect([own.secrets, own.denials]).toEqual([emptyBaseline().secrets, emptyBaseline().denials]);
    expect([state.secrets.size, state.denied.size, state.batchRegions.size]).toEqual([0, 0, 0]);
  });

  it('counts foreign secrets, regions of batches and kinds of call refused', () => {
    const state = standing();
    countIn(state, read('a'), false);
    countIn(state, read('b'), true);
    countIn(state, obs(), false);
    expect([...state.secrets]).toEqual(['a']);
    expect([state.batchRegions.size, state.denied.size]).toEqual([0, 0]);
    countIn(state, obs({ act: { kind: 'read-batch', negated: false } }), false);
    countIn(state, obs({ refused: true }), false);
    expect([[...state.batchRegions], [...state.denied]]).toEqual([['eu-west-1'], ['s3:GetObject']]);
  });

  it('shares no set with another credential', () => {
    const [one, other] = [standing(), standing()];
    countIn(one, read('a'), false);
    countIn(one, read('b'), false);
    expect([one.secrets.size, other.secrets.size]).toEqual([2, 0]);
  });
});

describe('a sojourn', () => {
  it('is one for each operator, the last one last', () => {
    const state = standing();
    const place = (asn: string): { asn: string; lat: number; lon: number } => ({ asn, lat: 1, lon: 2 });
    sojournIn(state, obs(), place('AS1'));
    sojournIn(state, obs(), place('AS2'));
    sojournIn(state, obs({ at: NOW + HOUR }), place('AS1'));
    expect(state.sojourns).toEqual([
      { at: NOW, ...place('AS2') },
      { at: NOW + HOUR, ...place('AS1') },
    ]);
  });

  it.each([
    [undefined],
    [{}],
    [{ asn: 'AS1' }],
    [{ asn: 'AS1', lat: 1 }],
    [{ asn: 'AS1', lon: 1 }],
    [{ lat: 1, lon: 1 }],
  ])('needs operator and coordinates: %j', (place) => {
    const state = standing();
    sojournIn(state, obs(), place);
    expect(state.sojourns).toEqual([]);
  });
});
