import { describe, expect, it } from 'vitest';
import { emptyBaseline, learnRate, learnValue, singlesAt, slotsAt } from '#core/detection/baseline.ts';
import { surprise } from '#core/detection/counts.ts';
import { SLOT_MS, slotOf, slotStart, weightAt } from '#core/detection/decay.ts';
import { CONTRACT_MS, type Hit, PRESENCE_MS, SEQUENCE_MS } from '#core/detection/evidence.ts';
import { noveltyWeight } from '#core/detection/novelty.ts';
import { kilometres, type Place } from '#core/detection/place.ts';
import { SIGNALS_IN_ORDER } from '#core/detection/signals/all.ts';
import { newApi } from '#core/detection/signals/api-new.ts';
import { order } from '#core/detection/signals/api-order.ts';
import { privilege } from '#core/detection/signals/api-privilege.ts';
import { newClient } from '#core/detection/signals/client-new.ts';
import { canary } from '#core/detection/signals/contract-canary.ts';
import { exposed } from '#core/detection/signals/contract-exposed.ts';
import { machine } from '#core/detection/signals/contract-machine.ts';
import { outside } from '#core/detection/signals/contract-network.ts';
import { unbound } from '#core/detection/signals/contract-reader.ts';
import { tamper } from '#core/detection/signals/contract-tamper.ts';
import { oldVersion } from '#core/detection/signals/contract-version.ts';
import { hosting } from '#core/detection/signals/network-hosting.ts';
import { newNetwork } from '#core/detection/signals/network-new.ts';
import { overlap } from '#core/detection/signals/network-overlap.ts';
import { newRegion } from '#core/detection/signals/network-region.ts';
import type { Seen } from '#core/detection/signals/seen.ts';
import { batch } from '#core/detection/signals/volume-batch.ts';
import { breadth } from '#core/detection/signals/volume-breadth.ts';
import { denied } from '#core/detection/signals/volume-denied.ts';
import { dormant } from '#core/detection/signals/volume-dormant.ts';
import { unusualHour } from '#core/detection/signals/volume-hour.ts';
import { DAY, HOUR, MINUTE, NOW } from '../../builders.ts';
import {
  binding,
  contract,
  habits,
  learnOne,
  obs,
  read,
  SECRET,
  SECRET_NAME,
  seen,
  standing,
  USER,
} from '../observations.ts';

const BERLIN: Place = { asn: 'AS64500', org: 'Home', country: 'DE', lat: 52.5, lon: 13.4 };
const TOKYO: Place = { asn: 'AS64510', org: 'Rack', country: 'JP', lat: 35.7, lon: 139.7 };
const APART = kilometres(
  { lat: TOKYO.lat as number, lon: TOKYO.lon as number },
  { lat: BERLIN.lat as number, lon: BERLIN.lon as number },
);

/** A month of one call an hour, from Berlin. */
const old = (): ReturnType<typeof habits> => habits(30, {}, BERLIN);
const numbered = (count: number): ReadonlySet<string> =>
  new Set(Array.from({ length: count }, (_, index) => `n${index}`));

it('every signal is asked, under its own name, tier 0 first', () => {
  expect(SIGNALS_IN_ORDER).toEqual([
    ['T0-1', canary],
    ['T0-2', oldVersion],
    ['T0-3', unbound],
    ['T0-4', outside],
    ['T0-6', tamper],
    ['T0-7', exposed],
    ['T0-8', machine],
    ['B1', newNetwork],
    ['B2', newRegion],
    ['B3', newClient],
    ['B4', overlap],
    ['B5', breadth],
    ['B6', batch],
    ['B7', denied],
    ['B8', order],
    ['B9', dormant],
    ['B10', newApi],
    ['B11', privilege],
    ['B12', hosting],
    ['B13', unusualHour],
  ]);
});

describe('what a signal says, to the letter', () => {
  it('T0-2', () => {
    const secret = contract({
      versions: [{ versionId: 'v1', currentFrom: 0, retiredAt: NOW - 2 * DAY, graceUntil: NOW - DAY }],
    });
    const act = { kind: 'read-secret', secret: SECRET_NAME, versionId: 'v1' } as const;
    expect(oldVersion(seen(read(SECRET_NAME, { act }), { secret }))).toEqual({
      weight: Number.POSITIVE_INFINITY,
      says: `read version v1 of ${SECRET}, 1 days after its grace was over`,
      about: `${SECRET} v1`,
      halfLifeMs: CONTRACT_MS,
      weak: false,
    });
  });

  it('T0-4, of many networks the first four', () => {
    const networks = ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24', '10.0.3.0/24', '10.0.4.0/24'];
    const bound = binding({ networks });
    const contracts = { ...seen(obs()).contracts, within: () => false };
    expect(outside(seen(obs(), { binding: bound, contracts }))).toEqual({
      weight: Number.POSITIVE_INFINITY,
      says: 's3:GetObject from 203.0.113.7, outside 10.0.0.0/24, 10.0.1.0/24, 10.0.2.0/24, 10.0.3.0/24',
      about: '203.0.113.7',
      halfLifeMs: CONTRACT_MS,
      weak: false,
    });
  });

  it('T0-6', () => {
    const act = { kind: 'tamper', plane: 'trail', what: 'stopped a trail', grave: true } as const;
    expect(tamper(seen(obs({ act })))).toEqual({
      weight: Number.POSITIVE_INFINITY,
      says: `${USER} stopped a trail`,
      about: 'trail stopped a trail',
      halfLifeMs: CONTRACT_MS,
      weak: false,
    });
  });

  it('T0-7', () => {
    const mark = 'AWSCompromisedKeyQuarantineV3';
    expect(exposed(seen(obs({ act: { kind: 'exposed', mark } })))).toEqual({
      weight: Number.POSITIVE_INFINITY,
      says: `AWS marked ${USER} as exposed by ${mark}`,
      about: USER,
      halfLifeMs: CONTRACT_MS,
    });
  });

  it('T0-8', () => {
    const session = obs({ kind: 'role-session', delivery: 'instance', client: 'aws-cli/macos' });
    expect(machine(seen(session))).toEqual({
      weight: Number.POSITIVE_INFINITY,
      says: "a session of a machine's role, used by aws-cli/macos",
      about: 'aws-cli/macos',
      halfLifeMs: CONTRACT_MS,
      weak: true,
    });
  });

  it.each<[string, () => Hit | undefined, Hit]>([
    [
      'B1',
      () => newNetwork(seen(obs({ network: '198.51.100.9' }), { own: old(), place: TOKYO })),
      {
        weight: expect.closeTo(noveltyWeight(0, slotsAt(old(), NOW), 0.5), 9) as unknown as number,
        says: 'first country JP in 720 active spells',
        about: 'network',
        halfLifeMs: PRESENCE_MS,
      },
    ],
    [
      'B2',
      () => newRegion(seen(obs({ region: 'ap-south-1' }), { own: old() })),
      {
        weight: 2.5,
        says: 'first region ap-south-1 in 720 active spells',
        about: 'ap-south-1',
        halfLifeMs: PRESENCE_MS,
      },
    ],
    [
      'B3',
      () => newClient(seen(obs({ client: 'aws-cli/linux' }), { own: old() })),
      {
        weight: 4,
        says: 'first client aws-cli/linux in 720 active spells',
        about: 'client',
        halfLifeMs: PRESENCE_MS,
      },
    ],
    [
      'B8, whose key',
      () => order(seen(obs({ api: 'sts:GetCallerIdentity' }), { own: old() })),
      {
        weight: 1.5,
        says: 'its first call asked whose credential it is, which its principal never did',
        about: 'first',
        halfLifeMs: SEQUENCE_MS,
      },
    ],
    [
      'B10',
      () => newApi(seen(obs({ api: 'sqs:ListQueues' }), { own: old() })),
      {
        weight: 0.4,
        says: 'first sqs:ListQueues in 720 active spells',
        about: 'sqs:ListQueues',
        halfLifeMs: SEQUENCE_MS,
      },
    ],
    [
      'B11',
      () =>
        privilege(
          seen(obs({ act: { kind: 'mint', how: 'access-key', minted: 'AKIANEW', target: '' } }), {
            own: emptyBaseline(),
          }),
        ),
      {
        weight: 3,
        says: `${USER} made an access key`,
        about: 'made an access key',
        halfLifeMs: PRESENCE_MS,
      },
    ],
    [
      'B12',
      () => hosting(seen(obs(), { place: { tor: true } })),
      { weight: 5, says: 'through Tor, 203.0.113.7', about: 'tor', halfLifeMs: PRESENCE_MS },
    ],
    [
      'B13',
      () => {
        const mornings = emptyBaseline();
        for (let day = 28; day > 0; day--) learnOne(mornings, { at: NOW - day * DAY });
        return unusualHour(seen(obs({ at: NOW + 12 * HOUR }), { own: mornings }));
      },
      {
        weight: 0.7,
        says: 'active in a part of the week in which it never was',
        about: 'hour',
        halfLifeMs: PRESENCE_MS,
      },
    ],
  ])('%s', (_what, hit, expected) => {
    expect(hit()).toEqual(expected);
  });
});

describe('the bounds of a contract', () => {
  const versions = [
    { versionId: 'v0', currentFrom: 0, retiredAt: NOW - 3 * DAY, graceUntil: null },
    { versionId: 'v1', currentFrom: 0, retiredAt: NOW - 2 * DAY, graceUntil: NOW - DAY },
    { versionId: 'v2', currentFrom: NOW - 2 * DAY, retiredAt: null, graceUntil: null },
  ];
  const reading = (versionId: string, at: number): Hit | undefined => {
    const act = { kind: 'read-secret', secret: SECRET_NAME, versionId } as const;
    return oldVersion(seen(read(SECRET_NAME, { act, at }), { secret: contract({ versions }) }));
  };

  it('T0-2 counts from the end of the grace, that moment excepted', () => {
    expect(reading('v1', NOW - DAY)).toBeUndefined();
    expect(reading('v1', NOW - DAY + 1)?.says).toContain(', 0 days after');
  });

  it('T0-2 takes for the previous version the one retired last by then', () => {
    expect(reading('AWSPREVIOUS', NOW - 2.5 * DAY)?.about).toBe(`${SECRET} v0`);
    expect(reading('AWSPREVIOUS', NOW - 2 * DAY)).toBeUndefined();
    expect(reading('AWSPREVIOUS', NOW)?.about).toBe(`${SECRET} v1`);
  });

  const session = (client: string, delivery: 'instance' | '' = 'instance'): ReturnType<typeof obs> =>
    obs({ kind: 'role-session', delivery, client });

  it('T0-8 knows enough of a role from six active spells on', () => {
    const own = emptyBaseline();
    own.weight = 6 * weightAt(NOW);
    expect(machine(seen(session('aws-cli/macos/python'), { own }))?.weak).toBe(false);
    own.weight = 5.999 * weightAt(NOW);
    expect(machine(seen(session('aws-cli/macos/python'), { own }))?.weak).toBe(true);
  });

  it('T0-8 takes a role for a machine’s only where each of its clients was a function', () => {
    const own = emptyBaseline();
    learnValue(own, 'client', 'aws-sdk-js/lambda/js', NOW - DAY);
    expect(machine(seen(session('aws-cli/macos', ''), { own }))).toBeDefined();
    learnValue(own, 'client', 'boto3/linux/python', NOW - DAY);
    expect(machine(seen(session('aws-cli/macos', ''), { own }))).toBeUndefined();
  });

  it.each([
    ['aws-cli/macos', true],
    ['boto3/windows/python', true],
    ['browser/linux', true],
    ['headless-browser/linux', false],
    ['boto3/windowsill', false],
    ['', false],
  ])('T0-8 calls %j a desktop: %s', (client, desktop) => {
    expect(machine(seen(session(client))) !== undefined).toBe(desktop);
  });
});

describe('the bounds of a habit', () => {
  const OFTEN = [
    'iam:CreateUser ec2:RunInstances s3:ListBuckets iam:CreateAccessKey iam:CreateLoginProfile',
    'ec2:AuthorizeSecurityGroupIngress iam:AttachUserPolicy sts:GetCallerIdentity ses:GetSendQuota',
    'iam:ListUsers ses:ListIdentities ses:GetAccount',
  ];
  const SOMETIMES = [
    'bedrock:InvokeModel iam:CreateRole lambda:CreateFunction secretsmanager:ListSecrets',
    'sts:GetFederationToken ec2:CreateKeyPair ec2:GetPasswordData iam:AttachRolePolicy iam:GetUser',
    'secretsmanager:GetSecretValue secretsmanager:BatchGetSecretValue cloudtrail:DeleteTrail',
    'cloudtrail:StopLogging ec2:CreateSnapshot ec2:ImportKeyPair iam:PutUserPolicy',
    'iam:UpdateLoginProfile iam:ListRoles iam:ListAttachedRolePolicies ssm:GetParameters',
    'ssm:SendCommand ssm:StartSession',
  ];
  it.each([
    ...OFTEN.flatMap((line) => line.split(' ')).map((api) => [api, 2.5] as const),
    ...SOMETIMES.flatMap((line) => line.split(' ')).map((api) => [api, 1.5] as const),
    ['s3:PutObject', 0.4] as const,
  ])('B10 weighs a first %s at most %f', (api, most) => {
    expect(newApi(seen(obs({ api }), { own: old() }))?.weight).toBe(most);
  });

  it('B10 is silent of what is known, and where nothing is known yet', () => {
    expect(newApi(seen(obs(), { own: old() }))).toBeUndefined();
    expect(newApi(seen(obs()))).toBeUndefined();
  });

  it('B8 lasts half an hour from the list, and weighs no more than 3', () => {
    const readAfter = (ms: number, weight: number): Hit | undefined => {
      const state = standing();
      state.listed = { at: NOW - ms, weight };
      return order(seen(read('x'), { standing: state }));
    };
    const says = 'listed secrets for the first time, then read one';
    expect(readAfter(30 * MINUTE, 2)).toEqual({
      weight: 2,
      says,
      about: 'list then read',
      halfLifeMs: SEQUENCE_MS,
    });
    expect(readAfter(0, 9)?.weight).toBe(3);
    expect(readAfter(30 * MINUTE + 1, 2)).toBeUndefined();
  });

  it('B3 says nothing of no client, nor of one that it knows, whatever was promised', () => {
    const promised = binding({ clientFamily: 'aws-cli' });
    expect(newClient(seen(obs({ client: '' }), { own: old(), binding: promised }))).toBeUndefined();
    expect(newClient(seen(obs(), { own: old(), binding: promised }))).toBeUndefined();
  });

  const twoPlaces = (minutes: number, there: Place, own = old(), here: Place = TOKYO): Hit | undefined => {
    const at = seen(obs({ network: '198.51.100.9' }), { own, place: here });
    at.standing.sojourns.push({
      at: NOW - minutes * MINUTE,
      asn: there.asn as string,
      lat: there.lat as number,
      lon: there.lon as number,
    });
    return overlap(at);
  };

  it('B4 says where, how far and how long ago', () => {
    expect(twoPlaces(20, BERLIN)).toEqual({
      weight: 5,
      says: `in AS64510 ${Math.round(APART)} km from AS64500, 20 minutes apart`,
      about: 'overlap',
      halfLifeMs: PRESENCE_MS,
    });
    const moving = emptyBaseline();
    for (let day = 6; day > 0; day--)
      learnOne(moving, { at: NOW - day * DAY }, { ...BERLIN, asn: `AS${day}` });
    const expected = 1.5 + noveltyWeight(singlesAt(moving, 'asn', NOW), slotsAt(moving, NOW), 0.7);
    expect(twoPlaces(20, BERLIN, moving)?.weight).toBeCloseTo(expected, 9);
    expect(twoPlaces(20, BERLIN, emptyBaseline())?.weight).toBe(1.5);
  });

  it.each<[string, number, Place, boolean]>([
    ['after half an hour', 30, BERLIN, true],
    ['a minute later', 31, BERLIN, false],
    ['in one network, whatever its places', 20, { ...BERLIN, asn: TOKYO.asn as string }, false],
    ['next door, at the same moment', 0, { ...TOKYO, asn: 'AS64511' }, false],
  ])('B4 %s', (_what, minutes, there, fires) => {
    expect(twoPlaces(minutes, there) !== undefined).toBe(fires);
  });

  it('B4 needs both coordinates', () => {
    expect(twoPlaces(20, BERLIN, old(), { asn: 'AS1', lon: 1 })).toBeUndefined();
    expect(twoPlaces(20, BERLIN, old(), { asn: 'AS1', lat: 1 })).toBeUndefined();
  });

  it('B4 takes a network for news for 144 slots', () => {
    const since = (slots: number): ReturnType<typeof emptyBaseline> => {
      const own = emptyBaseline();
      const at = slotStart(slotOf(NOW) - slots);
      for (const { asn } of [BERLIN, TOKYO]) learnValue(own, 'asn', asn as string, at);
      return own;
    };
    expect(twoPlaces(20, BERLIN, since(143))).toBeDefined();
    expect(twoPlaces(20, BERLIN, since(144))).toBeUndefined();
  });

  const rated = (what: 'secrets' | 'denials', most: number): ReturnType<typeof emptyBaseline> => {
    const own = emptyBaseline();
    learnRate(own[what], most, NOW);
    return own;
  };

  it('B5 begins at five, and above its own most and a quarter and two', () => {
    const having = (count: number, own = emptyBaseline()): Hit | undefined => {
      const at = seen(read('x'), { own });
      at.standing.secrets = numbered(count);
      return breadth(at);
    };
    expect([having(4), having(5)].map((hit) => hit !== undefined)).toEqual([false, true]);
    expect(having(12, rated('secrets', 8))).toBeUndefined();
    expect(having(13, rated('secrets', 8))).toEqual({
      weight: Math.min(6, surprise(13, 8, 1)),
      says: '13 secrets not its own within an hour, at most 8 before',
      about: 'secrets',
      halfLifeMs: SEQUENCE_MS,
    });
    expect(having(200)?.weight).toBe(6);
  });

  it('B7 begins at three, and above its own most and a quarter', () => {
    const having = (count: number, own = emptyBaseline()): Hit | undefined => {
      const at = seen(obs({ refused: true }), { own });
      at.standing.denied = numbered(count);
      return denied(at);
    };
    expect([having(2), having(3)].map((hit) => hit !== undefined)).toEqual([false, true]);
    expect(having(10, rated('denials', 8))).toBeUndefined();
    expect(having(11, rated('denials', 8))).toEqual({
      weight: Math.min(4, surprise(11, 8, 1)),
      says: '11 kinds of call refused within an hour, at most 8 before',
      about: 'denied',
      halfLifeMs: SEQUENCE_MS,
    });
    expect(having(200)?.weight).toBe(4);
  });

  it.each<[boolean, readonly string[], boolean, number | undefined, string]>([
    [false, ['a'], false, 3, 'read secrets in bulk by filter in 1 region'],
    [true, ['a'], false, 4, 'read secrets in bulk by negated filter in 1 region'],
    [false, [], false, 3, 'read secrets in bulk by filter in 0 region'],
    [false, ['a'], true, undefined, ''],
    [true, ['a'], true, undefined, ''],
    [false, ['a', 'b', 'c'], true, 3, 'read secrets in bulk by filter in 3 regions'],
    [false, ['a', 'b', 'c', 'd'], true, 4, 'read secrets in bulk by filter in 4 regions'],
  ])('B6 negated %s in %j, usual %s: %f', (negated, regions, usual, weight, says) => {
    const api = 'secretsmanager:BatchGetSecretValue';
    const act = { kind: 'read-batch', negated } as const;
    const at = seen(obs({ api, act }), { own: usual ? habits(9, { api, act }) : old() });
    at.standing.batchRegions = new Set(regions);
    expect(batch(at)).toEqual(
      weight === undefined ? undefined : { weight, says, about: 'batch', halfLifeMs: SEQUENCE_MS },
    );
  });

  /** Ten-minute slots without a pause. */
  const spell = (slots: number): ReturnType<typeof emptyBaseline> => {
    const own = emptyBaseline();
    for (let slot = slots; slot > 0; slot--) learnOne(own, { at: NOW - slot * SLOT_MS });
    return own;
  };

  it('B9 begins after ten active spells and seven days, by how rare so long a pause is', () => {
    const last = slotStart(slotOf(NOW));
    const daily = (days: number): ReturnType<typeof emptyBaseline> => {
      const own = emptyBaseline();
      for (let day = days - 1; day >= 0; day--) learnOne(own, { at: last - day * DAY });
      return own;
    };
    const waking = (own: ReturnType<typeof emptyBaseline>, pause: number): Hit | undefined =>
      dormant(seen(obs({ at: last + pause }), { own }));
    expect(waking(daily(9), 8 * DAY)).toBeUndefined();
    expect(waking(daily(10), 7 * DAY - 1)).toBeUndefined();
    expect(waking(daily(10), 7 * DAY)).toMatchObject({
      says: 'awake after 7 days, against 10 active spells',
      about: 'dormant',
      halfLifeMs: PRESENCE_MS,
    });
    expect(waking(daily(10), 7 * DAY)?.weight).toBeGreaterThan(1);
    expect(waking(daily(60), 8 * DAY)?.weight).toBe(2.5);
    // Nothing is known of its pauses: half of them may be as long.
    expect(waking(spell(10), 30 * DAY)).toBeUndefined();
  });

  it('a value that peers know weighs one at most', () => {
    const peers = habits(3, { client: 'aws-cli/linux' });
    const at = (part: Partial<Seen>): Hit | undefined =>
      newClient(seen(obs({ client: 'aws-cli/linux' }), { own: old(), ...part }));
    expect([at({})?.weight, at({ peers })?.weight]).toEqual([4, 1]);
  });
});
