import { describe, expect, it } from 'vitest';
import { rateAt } from '#core/detection/baseline.ts';
import { indexContracts } from '#core/detection/contract.ts';
import type { Evidence } from '#core/detection/evidence.ts';
import type { Fact } from '#core/detection/fact.ts';
import type { World } from '#core/detection/judge-group.ts';
import { emptyMemory, judgeFacts, type Memory, reachedBy, type Suspect } from '#core/detection/memory.ts';
import { packObservations } from '#core/detection/memory-text.ts';
import { NO_ATLAS } from '#core/detection/place.ts';
import { DEFAULT_LADDER, REPLAY_LADDER } from '#core/response/ladder.ts';
import { DAY, HOUR, MINUTE, NOW } from '../builders.ts';
import { binding, contract, KEY, obs, read, USER } from './observations.ts';

const WORLD: World = {
  policy: REPLAY_LADDER,
  contracts: indexContracts([binding({ networks: ['203.0.113.0/24'] })], [contract()], []),
  atlas: NO_ATLAS,
};
const LATER = NOW + 30 * DAY;
let events = 0;
const factOf = (part: Partial<Fact> = {}): Fact => {
  const { last: _, ...fact } = obs({ eventId: `e-${events++}`, ...part });
  return fact;
};
const piece = (about: string, weight: number, part: Partial<Evidence> = {}): Evidence => ({
  signal: 'B1',
  family: 'network',
  weight,
  since: NOW,
  at: NOW,
  halfLifeMs: 3_000 * DAY,
  weak: false,
  says: '',
  about,
  eventIds: [],
  ...part,
});
const suspected = (...evidence: readonly Evidence[]): Memory => {
  const suspect: Suspect = {
    credential: 'AKIAX',
    kind: 'iam-access-key',
    principal: USER,
    owner: '',
    evidence,
  };
  return { ...emptyMemory(), suspects: [suspect] };
};
/** An hour in which nothing else happened, and then enough time for it to be settled. */
const settled = (memory: Memory, ...facts: readonly Fact[]): Memory =>
  judgeFacts(memory, [...facts, factOf(), factOf({ at: NOW + 4 * HOUR })], WORLD, LATER).memory;
const aboutsOf = ({ suspects }: Memory) => suspects.flatMap(({ evidence }) => evidence.map((e) => e.about));

describe('what is remembered', () => {
  it('begins with what is not settled, and ends five minutes ahead of the clock', () => {
    const kept = (at: number): number =>
      judgeFacts({ ...emptyMemory(), settledTo: NOW }, [factOf({ at })], WORLD, NOW).memory.recent.length;
    expect([NOW - 1, NOW].map(kept)).toEqual([0, 1]);
    expect([NOW + 5 * MINUTE, NOW + 5 * MINUTE + 1].map(kept)).toEqual([1, 0]);
  });

  it('is not settled for the sake of what is settled anyway', () => {
    const burst = Array.from({ length: 200 }, (_, n) => factOf({ at: NOW + n, api: `s3:Call${n}` }));
    const hours = [3, 4, 5].map((hour) => factOf({ at: NOW + hour * HOUR }));
    const { memory } = judgeFacts(emptyMemory(), [...burst, ...hours], WORLD, LATER);
    expect(memory.settledTo).toBe(NOW + 3 * HOUR);
    expect(memory.recent).toHaveLength(3);
  });

  it('has room for 4,096 bytes of what is not settled', () => {
    const of = (bytes: number, ...hours: readonly number[]): Memory => {
      const facts = hours.map((hour) => factOf({ eventId: `h-${hour}`, at: NOW + hour * HOUR }));
      const packed = packObservations(facts.map((fact) => ({ ...fact, last: fact.at }))).length;
      const [first, ...rest] = facts as [Fact, ...Fact[]];
      const long = { ...first, eventId: first.eventId + 'x'.repeat(bytes - packed) };
      return judgeFacts(emptyMemory(), [long, ...rest], WORLD, LATER).memory;
    };
    expect([of(4_096, 0), of(4_097, 0)].map(({ recent }) => recent.length)).toEqual([1, 0]);
    expect([of(4_096, 0, 1).settledTo, of(4_097, 0, 1).settledTo]).toEqual([NOW - HOUR, NOW + HOUR]);
    expect([of(4_096, 0, 2).settledTo, of(4_097, 0, 2).settledTo]).toEqual([NOW, NOW + HOUR]);
  });

  it('is, of a role, what all its sessions did', () => {
    const hours = Array.from({ length: 6 }, (_, n) =>
      factOf({ kind: 'role-session', credential: `ASIA${n}`, at: NOW + n * HOUR }),
    );
    let memory = emptyMemory();
    for (const fact of hours) memory = judgeFacts(memory, [fact], WORLD, LATER).memory;
    expect([...memory.habits.keys()]).toEqual(['']);
    expect(memory.habits.get('')?.activity.slots).toBe(3);
  });

  it('holds how much was read in each hour', () => {
    const reads = ['a', 'b'].map((secret) => {
      const { last: _, ...fact } = read(secret, { eventId: secret });
      return fact;
    });
    const rate = settled(emptyMemory(), ...reads).habits.get(KEY)?.secrets;
    expect(rate && rateAt(rate, NOW)).toEqual({
      events: expect.closeTo(2, 5),
      hours: expect.closeTo(1, 5),
      most: expect.closeTo(2, 5),
    });
  });
});

it('an hour counts unless it was suspect when it ended', () => {
  const { last: _, ...fact } = read('a', { credential: 'AKIAX', at: NOW + 30 * MINUTE });
  const memory = suspected(piece('short', 7, { halfLifeMs: 10 * MINUTE }));
  const rate = settled(memory, fact).habits.get('AKIAX')?.secrets;
  expect(rate && rateAt(rate, NOW)).toMatchObject({ hours: expect.closeTo(1, 5) });
});

describe('the keys of a user that are remembered', () => {
  const keysAfter = (...facts: readonly Partial<Fact>[]): readonly string[] =>
    [
      ...judgeFacts(
        emptyMemory(),
        [...facts.map(factOf), factOf({ at: NOW + 9 * HOUR })],
        WORLD,
        LATER,
      ).memory.habits.keys(),
    ].toSorted();

  it('are the two seen last, then the first by name', () => {
    const [one, two, three] = ['AKIA1', 'AKIA2', 'AKIA3'].map((credential, n) => ({
      credential,
      at: NOW + n * 20 * MINUTE,
    })) as [Partial<Fact>, Partial<Fact>, Partial<Fact>];
    expect(keysAfter(one, two, three)).toEqual(['', 'AKIA2', 'AKIA3']);
    expect(keysAfter({ credential: 'AKIAZ' }, { credential: 'AKIAA' }, { credential: 'AKIAM' })).toEqual([
      '',
      'AKIAA',
      'AKIAM',
    ]);
  });

  it('are the first by name, in whatever order they come', () => {
    for (const names of ['AMZ', 'AZM', 'MAZ', 'MZA', 'ZAM', 'ZMA']) {
      events = 1_000;
      const facts = [...names].map((name) => ({ credential: `AKIA${name}` }));
      expect(keysAfter(...facts), names).toEqual(['', 'AKIAA', 'AKIAM']);
    }
  });

  it('are two from one hour to the next', () => {
    const hours = [0, 1, 2].flatMap((hour) =>
      ['AKIA1', 'AKIA2'].map((credential) => ({ credential, at: NOW + hour * HOUR })),
    );
    expect(keysAfter(...hours)).toEqual(['', 'AKIA1', 'AKIA2']);
  });
});

describe('the evidence that is remembered', () => {
  it('is the eight pieces of which most is left when the hour ends, that one first', () => {
    const light = Array.from({ length: 9 }, (_, n) => piece(`w${n + 1}`, n + 1));
    const memory = suspected(piece('short', 11, { halfLifeMs: HOUR }), ...light);
    expect(aboutsOf(settled(memory))).toEqual(['w9', 'w8', 'w7', 'w6', 'short', 'w5', 'w4', 'w3']);
  });

  it('is none of which less than a fiftieth of a nat is left', () => {
    const memory = suspected(piece('lost', 0.01), piece('edge', 0.04, { halfLifeMs: HOUR }), piece('a', 3));
    expect(aboutsOf(settled(memory))).toEqual(['a', 'edge']);
  });

  it('is not that of the user’s other keys, unless AWS said so of the user', () => {
    const evidenceOf = (memory: Memory) =>
      judgeFacts(memory, [factOf({ credential: 'AKIANEW', network: '' })], WORLD, LATER).judgements[0]
        ?.evidence;
    expect(evidenceOf(suspected(piece('a', 3)))).toEqual([]);
    const mark = piece('mark', 12, { signal: 'T0-7', family: 'contract' });
    expect(evidenceOf(suspected(mark))).toEqual([mark]);
  });

  it('stands by weight, then by name, and as of the last of it', () => {
    const canary = piece('c', 12, { signal: 'T0-1', family: 'contract' });
    const pieces = [piece('b', 1, { at: NOW + MINUTE }), piece('a', 1), canary];
    for (const some of [pieces, pieces.toReversed()]) {
      const reached = reachedBy(suspected(...some), { credential: 'AKIAX', principal: USER }, WORLD);
      expect(reached).toMatchObject({ rung: 'revoke', at: NOW + MINUTE, network: '', client: '' });
      expect(reached?.evidence.map(({ about }) => about)).toEqual(['c', 'a', 'b']);
    }
  });
});

it('habits call for no more than habits, beside a contract that is broken', () => {
  const hours = Array.from({ length: 60 }, (_, n) => factOf({ at: NOW + n * HOUR }));
  const odd = factOf({ at: NOW + 60 * HOUR, network: '198.51.100.9' });
  const world = { ...WORLD, policy: DEFAULT_LADDER };
  const { memory } = judgeFacts(emptyMemory(), hours, world, LATER);
  const [judgement] = judgeFacts(memory, [odd], world, LATER).judgements;
  expect(judgement?.told.map(({ signal }) => signal)).toEqual(expect.arrayContaining(['T0-4', 'B1']));
  expect(judgement?.habitual).toBe('alert');
});
