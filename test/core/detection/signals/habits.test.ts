import { describe, expect, it } from 'vitest';
import { emptyBaseline, learnRate } from '#core/detection/baseline.ts';
import type { Place } from '#core/detection/place.ts';
import { newApi } from '#core/detection/signals/api-new.ts';
import { order } from '#core/detection/signals/api-order.ts';
import { privilege } from '#core/detection/signals/api-privilege.ts';
import { newClient } from '#core/detection/signals/client-new.ts';
import { hosting } from '#core/detection/signals/network-hosting.ts';
import { newNetwork } from '#core/detection/signals/network-new.ts';
import { overlap } from '#core/detection/signals/network-overlap.ts';
import { newRegion } from '#core/detection/signals/network-region.ts';
import type { Fire, Seen } from '#core/detection/signals/seen.ts';
import { batch } from '#core/detection/signals/volume-batch.ts';
import { breadth } from '#core/detection/signals/volume-breadth.ts';
import { denied } from '#core/detection/signals/volume-denied.ts';
import { dormant } from '#core/detection/signals/volume-dormant.ts';
import { unusualHour } from '#core/detection/signals/volume-hour.ts';
import { DAY, HOUR, MINUTE, NOW } from '../../builders.ts';
import { binding, habits, learnOne, obs, read, seen, standing } from '../observations.ts';

const BERLIN: Place = { asn: 'AS64500', org: 'Home', country: 'DE', lat: 52.5, lon: 13.4 };
const TOKYO: Place = { asn: 'AS64510', org: 'Rack', country: 'JP', lat: 35.7, lon: 139.7 };
const OLD = habits(30, {}, BERLIN);
const weight = (fire: Fire, at: Seen): number => fire(at)?.weight ?? 0;
const elsewhere = (place: Place | undefined, network = '198.51.100.9'): Seen =>
  seen(obs({ network }), { own: OLD, ...(place === undefined ? {} : { place }) });

describe('B1, a new network', () => {
  it('weighs more the coarser the level that is new', () => {
    const sameAsn = { ...BERLIN };
    const sameCountry = { ...TOKYO, country: 'DE' };
    const weights = [
      elsewhere(BERLIN, '203.0.113.99'),
      elsewhere(sameAsn),
      elsewhere(sameCountry),
      elsewhere(TOKYO),
    ].map((at) => weight(newNetwork, at));
    expect(weights).toEqual([...weights].sort((a, b) => a - b));
    expect(new Set(weights).size).toBe(4);
    expect(newNetwork(elsewhere(TOKYO))?.says).toBe('first country JP in 720 active spells');
  });

  it('says nothing of a known network, a new credential or a service’s address', () => {
    expect(newNetwork(elsewhere(BERLIN, '203.0.113.7'))).toBeUndefined();
    expect(newNetwork(seen(obs(), { place: TOKYO }))).toBeUndefined();
    expect(newNetwork(elsewhere(undefined, ''))).toBeUndefined();
  });

  it('says little of a network that peers know, and of somebody who roams', () => {
    const colleague = habits(30, { network: '198.51.100.9' }, TOKYO);
    expect(weight(newNetwork, { ...elsewhere(TOKYO), peers: colleague })).toBeLessThanOrEqual(1);
    const roaming = emptyBaseline();
    for (let day = 30; day > 0; day--) {
      const part = { at: NOW - day * DAY, network: `198.51.${day}.1` };
      learnOne(roaming, part, { ...TOKYO, country: `C${day % 7}`, asn: `AS${day}` });
    }
    const next = seen(obs({ network: '192.0.2.1' }), {
      own: roaming,
      place: { asn: 'AS99', country: 'C99' },
    });
    expect(weight(newNetwork, next)).toBeLessThan(weight(newNetwork, elsewhere(TOKYO)) / 2);
  });

  it('counts one spell in words', () => {
    const own = emptyBaseline();
    learnOne(own, {}, BERLIN);
    const hit = newRegion(seen(obs({ region: 'xx' }), { own, binding: binding({ regions: ['eu-west-1'] }) }));
    expect(hit?.says).toBe('region xx, outside its binding');
    const tool = newClient(seen(obs({ client: 'attack:pacu' }), { own }));
    expect(tool?.says).toBe('first client attack:pacu in 1 active spell');
  });
});

describe('B2, a new region', () => {
  it.each<[string, Seen, boolean]>([
    ['a new one', seen(obs({ region: 'ap-south-1' }), { own: OLD }), true],
    ['the usual one', seen(obs(), { own: OLD }), false],
    [
      'one outside the binding',
      seen(obs({ region: 'ap-south-1' }), { binding: binding({ regions: ['eu-west-1'] }) }),
      true,
    ],
    ['one inside the binding', seen(obs(), { binding: binding({ regions: ['eu-west-1'] }) }), false],
    [
      'where global services are logged',
      seen(obs({ region: 'us-east-1' }), { binding: binding({ regions: ['eu-west-1'] }) }),
      false,
    ],
    ['none', seen(obs({ region: '' }), { binding: binding({ regions: ['eu-west-1'] }) }), false],
    ['a new credential’s', seen(obs()), false],
  ])('%s', (_what, at, fires) => {
    expect(newRegion(at) !== undefined).toBe(fires);
  });
});

describe('B3, a new client family', () => {
  const promised = binding({ clientFamily: 'Boto3' });
  it.each<[string, Seen, string | undefined]>([
    ['a new one', seen(obs({ client: 'aws-cli/linux/python' }), { own: OLD }), 'first client'],
    ['the usual one', seen(obs(), { own: OLD }), undefined],
    ['none', seen(obs({ client: '' }), { own: OLD }), undefined],
    ['a new credential’s', seen(obs()), undefined],
    [
      'not what was promised',
      seen(obs({ client: 'aws-cli/linux' }), { binding: promised }),
      'where boto3 was promised',
    ],
    ['what was promised', seen(obs(), { binding: promised }), undefined],
    ['what was promised, bare', seen(obs({ client: 'boto3' }), { binding: promised }), undefined],
    [
      'a tool for attack, without habits',
      seen(obs({ client: 'attack:pacu/pacu' })),
      'first client attack:pacu',
    ],
  ])('%s', (_what, at, says) => {
    if (says === undefined) expect(newClient(at)).toBeUndefined();
    else expect(newClient(at)?.says).toContain(says);
  });
});

describe('B4, two places at once', () => {
  const was = (minutes: number, place: Place): Seen => {
    const at = elsewhere(TOKYO);
    const { asn = '', lat = 0, lon = 0 } = place;
    at.standing.sojourns.push({ at: NOW - minutes * MINUTE, asn, lat, lon });
    return at;
  };
  it.each<[string, Seen, boolean]>([
    ['faster than anybody travels', was(20, BERLIN), true],
    ['at the same moment', was(-5, BERLIN), true],
    ['long ago', was(45, BERLIN), false],
    ['in the same network', was(20, TOKYO), false],
    ['next door', was(20, { ...TOKYO, asn: 'AS64511' }), false],
    ['as far as a train goes', was(29, { ...TOKYO, asn: 'AS64511', lat: 38.6 }), false],
    ['without a place', { ...was(20, BERLIN), place: undefined }, false],
    ['without coordinates', { ...was(20, BERLIN), place: { asn: 'AS1' } }, false],
    ['without a length', { ...was(20, BERLIN), place: { asn: 'AS1', lat: 1 } }, false],
    ['two hosts that always were there', { ...was(20, BERLIN), own: both() }, false],
    ['the owner again, after a stranger', { ...was(20, BERLIN), own: strangerFirst() }, true],
  ])('%s', (_what, at, fires) => {
    expect(overlap(at) !== undefined).toBe(fires);
  });
});

describe('B5, many secrets not its own', () => {
  const having = (count: number, own = OLD, last = read('x')): Seen => {
    const at = seen(last, { own });
    at.standing.secrets = numbered(count);
    return at;
  };
  const refreshed = habits(2);
  learnRate(refreshed.secrets, 200, NOW - DAY);
  it.each<[string, Seen, boolean]>([
    ['twenty in an hour', having(20), true],
    ['a few', having(4), false],
    ['two hundred, as yesterday', having(200, refreshed), false],
    ['four hundred, and two hundred yesterday', having(400, refreshed), true],
    ['another act', having(20, OLD, obs()), false],
  ])('%s', (_what, at, fires) => {
    expect(breadth(at) !== undefined).toBe(fires);
  });
});

describe('B6, in bulk by filter', () => {
  const by = (negated: boolean, regions: readonly string[], own = OLD): Seen => {
    const at = seen(
      obs({ api: 'secretsmanager:BatchGetSecretValue', act: { kind: 'read-batch', negated } }),
      { own },
    );
    at.standing.batchRegions = new Set(regions);
    return at;
  };
  const usual = habits(9, {
    api: 'secretsmanager:BatchGetSecretValue',
    act: { kind: 'read-batch', negated: false },
  });
  it('weighs a first one, more when negated', () => {
    expect(weight(batch, by(true, ['a']))).toBeGreaterThan(weight(batch, by(false, ['a'])));
    expect(batch(by(true, ['a', 'b']))?.says).toBe('read secrets in bulk by negated filter in 2 regions');
  });
  it('weighs a usual one only in several regions', () => {
    expect(batch(by(false, ['a'], usual))).toBeUndefined();
    expect(weight(batch, by(false, ['a', 'b'], usual))).toBe(1.5);
    expect(batch(seen(obs()))).toBeUndefined();
  });
});

describe('B7, many kinds of call denied', () => {
  const having = (count: number, part = {}, own = OLD): Seen => {
    const at = seen(obs({ refused: true, ...part }), { own });
    at.standing.denied = numbered(count);
    return at;
  };
  const clumsy = habits(2);
  learnRate(clumsy.denials, 9, NOW - DAY);
  it.each<[string, Seen, boolean]>([
    ['ten', having(10), true],
    ['two', having(2), false],
    ['ten, then one allowed', having(10, { refused: false }), false],
    ['as many as before', having(9, {}, clumsy), false],
  ])('%s', (_what, at, fires) => {
    expect(denied(at) !== undefined).toBe(fires);
  });
});

describe('B8, the order of a search', () => {
  const first = (part = {}): Seen => seen(obs({ api: 'sts:GetCallerIdentity', ...part }), { own: OLD });
  const listed = (minutes: number, part = read('x')): Seen => {
    const state = standing();
    state.listed = { at: NOW - minutes * MINUTE, weight: 2 };
    return seen(part, { own: OLD, standing: state });
  };
  it.each<[string, Seen, boolean]>([
    ['asks first whose key it is', first(), true],
    ['asks later', { ...first(), standing: standing(obs({ at: NOW - HOUR })) }, false],
    ['asks first, as always', { ...first(), own: habits(2, { api: 'sts:GetCallerIdentity' }) }, false],
    ['lists, then reads', listed(5), true],
    ['lists, then reads in bulk', listed(5, obs({ act: { kind: 'read-batch', negated: false } })), true],
    ['lists, and reads much later', listed(31), false],
    ['lists, then does something else', listed(5, obs()), false],
    ['reads', seen(read('x')), false],
  ])('%s', (_what, at, fires) => {
    expect(order(at) !== undefined).toBe(fires);
  });
});

describe('B9, awake after long rest', () => {
  const busy = habits(30);
  const rare = emptyBaseline();
  for (let week = 11; week > 0; week--) learnOne(rare, { at: NOW - week * 14 * DAY }, BERLIN);
  it.each<[string, Seen, boolean]>([
    ['ten days after working every hour', seen(obs({ at: NOW + 10 * DAY }), { own: busy }), true],
    ['three days after', seen(obs({ at: NOW + 3 * DAY }), { own: busy }), false],
    ['every other week, as ever', seen(obs(), { own: rare }), false],
    ['without a rhythm', seen(obs({ at: NOW + 10 * DAY })), false],
  ])('%s', (_what, at, fires) => {
    expect(dormant(at) !== undefined).toBe(fires);
  });
});

describe('B10, a new kind of call', () => {
  it('weighs by how often incidents name it', () => {
    const weights = ['iam:CreateUser', 'ssm:SendCommand', 'sqs:ListQueues'].map((api) =>
      weight(newApi, seen(obs({ api }), { own: OLD })),
    );
    expect(weights).toEqual([...weights].sort((a, b) => b - a));
    expect(weight(newApi, seen(obs(), { own: OLD }))).toBe(0);
  });
});

describe('B11, privilege gained', () => {
  const act = {
    api: 'iam:UpdateLoginProfile',
    act: { kind: 'privilege', what: 'changed a console password' },
  } as const;
  const mint = (target: string, how: 'access-key' | 'role' = 'access-key') =>
    obs({ api: 'iam:CreateAccessKey', act: { kind: 'mint', how, minted: 'AKIANEW', target } });
  it('weighs less for somebody who always does', () => {
    const usual = habits(3, act);
    expect(weight(privilege, seen(obs(act)))).toBeGreaterThan(
      weight(privilege, seen(obs(act), { own: usual })),
    );
  });
  it.each<[string, Seen, string | undefined]>([
    ['a key for somebody', seen(mint('eve')), 'made an access key of eve'],
    ['a key for oneself', seen(mint('')), 'made an access key'],
    ['a role assumed', seen(mint('x', 'role')), undefined],
    ['refused', seen(obs({ ...act, refused: true })), undefined],
    ['a plain call', seen(obs()), undefined],
  ])('%s', (_what, at, says) => {
    if (says === undefined) expect(privilege(at)).toBeUndefined();
    else expect(privilege(at)?.says).toContain(says);
  });
});

describe('B12, Tor and rented hosts', () => {
  it.each<[string, Place | undefined, string | undefined]>([
    ['Tor', { tor: true }, 'through Tor'],
    ['rented hosts', { ...TOKYO, hosting: true }, 'rented hosts of Rack'],
    ['rented hosts of nobody named', { asn: 'AS1', hosting: true }, 'rented hosts of AS1'],
    ['rented hosts without an operator', { hosting: true }, undefined],
    ['the usual hosts', { ...BERLIN, hosting: true }, undefined],
    ['somewhere', TOKYO, undefined],
    ['nowhere', undefined, undefined],
  ])('%s', (_what, place, says) => {
    const hit = hosting(elsewhere(place));
    if (says === undefined) expect(hit).toBeUndefined();
    else expect(hit?.says).toContain(says);
  });
});

describe('B13, an unusual hour', () => {
  it('weighs a part of the week that is new, and a little', () => {
    const mornings = emptyBaseline();
    for (let day = 28; day > 0; day--) learnOne(mornings, { at: NOW - day * DAY }, BERLIN);
    expect(weight(unusualHour, seen(obs({ at: NOW + 12 * HOUR }), { own: mornings }))).toBeGreaterThan(0);
    expect(unusualHour(seen(obs(), { own: mornings }))).toBeUndefined();
  });
});

function both(): ReturnType<typeof habits> {
  const own = habits(30, {}, BERLIN);
  for (let at = NOW - 20 * DAY; at < NOW; at += HOUR) learnOne(own, { at, network: '198.51.100.9' }, TOKYO);
  return own;
}

function strangerFirst(): ReturnType<typeof habits> {
  const own = habits(30, {}, TOKYO);
  learnOne(own, { at: NOW - 20 * MINUTE, network: '192.0.2.7' }, BERLIN);
  return own;
}

function numbered(count: number): ReadonlySet<string> {
  return new Set(Array.from({ length: count }, (_, index) => `n${index}`));
}
