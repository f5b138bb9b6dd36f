import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexContracts } from '#core/detection/contract.ts';
import type { Fact } from '#core/detection/fact.ts';
import type { World } from '#core/detection/judge-group.ts';
import {
  emptyMemory,
  type Judgement,
  judgeFacts,
  LATE_MS,
  type Memory,
  reachedBy,
} from '#core/detection/memory.ts';
import { habitsRecord, memoryOf } from '#core/detection/memory-text.ts';
import { NO_ATLAS } from '#core/detection/place.ts';
import { REPLAY_LADDER } from '#core/response/ladder.ts';
import { DAY, HOUR, MINUTE, NOW } from '../builders.ts';
import { binding, contract, KEY, obs, read, SECRET_NAME, USER } from './observations.ts';

const STRANGER = 'arn:aws:iam::111122223333:user/mallory';
const WORLD: World = {
  policy: REPLAY_LADDER,
  contracts: indexContracts([binding({ networks: ['203.0.113.0/24'] })], [contract()], []),
  atlas: NO_ATLAS,
};
const factOf = (part: Partial<Fact> = {}): Fact => {
  const { last: _, ...fact } = obs(part);
  return fact;
};
const readBy = (part: Partial<Fact> = {}): Fact => {
  const { last: _, ...fact } = read(SECRET_NAME, part);
  return fact;
};
/** As it comes back from the store. */
const stored = (memory: Memory): Memory => {
  const back = memoryOf(habitsRecord('subject', memory, 0));
  if (back === undefined) throw new Error('unreadable');
  return back;
};
/** One event after another, each on what the one before left. */
function lived(
  events: readonly (readonly Fact[])[],
  world = WORLD,
): { memory: Memory; judgements: readonly Judgement[] } {
  let memory = emptyMemory();
  let judgements: readonly Judgement[] = [];
  for (const facts of events) {
    const next = judgeFacts(stored(memory), facts, world, NOW + 30 * DAY);
    memory = next.memory;
    judgements = next.judgements;
  }
  return { memory, judgements };
}
const hourly = (hours: number, part: Partial<Fact> = {}): readonly (readonly Fact[])[] =>
  Array.from({ length: hours }, (_, n) => [factOf({ ...part, eventId: `hour-${n}`, at: NOW + n * HOUR })]);
const text = (memory: Memory): string => JSON.stringify(habitsRecord('subject', memory, 0));

describe('judgeFacts', () => {
  it('judges contracts with nothing remembered', () => {
    const { judgements } = lived([[readBy({ principal: STRANGER, credential: 'AKIAX' })]]);
    expect(judgements).toHaveLength(1);
    expect(judgements[0]).toMatchObject({
      told: [{ signal: 'T0-3', weak: false, eventIds: ['event-1'] }],
      habitual: undefined,
      profileHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(judgements[0]?.posterior).toBeGreaterThan(0.99);
  });

  it('learns what is usual, settles it, and tells what is not', () => {
    const quiet = lived(hourly(60));
    expect(quiet.judgements[0]?.told).toEqual([]);
    expect(quiet.memory.settledTo).toBe(NOW + 59 * HOUR - LATE_MS);
    expect(quiet.memory.recent).toHaveLength(3);
    const odd = factOf({
      eventId: 'odd',
      at: NOW + 60 * HOUR,
      network: '203.0.113.200',
      region: 'ap-south-1',
      client: 'curl',
      api: 'iam:ListUsers',
    });
    const { judgements } = judgeFacts(stored(quiet.memory), [odd], WORLD, NOW + 30 * DAY);
    const signals = judgements[0]?.told.map(({ signal }) => signal);
    expect(signals).toEqual(expect.arrayContaining(['B1', 'B2', 'B3']));
    expect(judgements[0]?.evidence[0]?.weight).toBeGreaterThan(2);
  });

  it('says what habits alone call for', () => {
    const { memory } = lived(hourly(120));
    const at = NOW + 120 * HOUR;
    const open: World = { ...WORLD, contracts: indexContracts([], [], []) };
    const odd = (n: number): Fact =>
      factOf({
        eventId: `odd-${n}`,
        at: at + n * MINUTE,
        network: '198.51.100.9',
        region: `ap-south-${n}`,
        client: 'curl',
        api: `iam:Create${n}`,
        refused: true,
      });
    const { judgements } = judgeFacts(stored(memory), [0, 1, 2, 3, 4, 5].map(odd), open, at + DAY);
    expect(judgements.at(-1)?.habitual).toBe('suspend');
    expect(judgements[0]?.posterior).toBeLessThan(judgements.at(-1)?.posterior as number);
  });

  it('keeps evidence that outlasts its hour, and what AWS has marked', () => {
    const mark = factOf({
      eventId: 'mark',
      credential: USER,
      act: { kind: 'exposed', mark: 'AWSCompromisedKeyQuarantineV3' },
    });
    const strange = readBy({ principal: USER, credential: 'AKIAOTHER', eventId: 'x', network: '127.6.6.6' });
    const { memory } = lived([[mark], [strange], ...hourly(9, { credential: 'AKIALATER' }).slice(1)]);
    expect(memory.suspects.map(({ credential }) => credential)).toContain(USER);
    const later = factOf({ eventId: 'later', at: NOW + 9 * HOUR, credential: 'AKIANEW' });
    const { judgements } = judgeFacts(stored(memory), [later], WORLD, NOW + DAY);
    expect(judgements[0]?.evidence.map(({ signal }) => signal)).toContain('T0-7');
  });

  it('keeps eight pieces of evidence and the habits of two keys of a user', () => {
    const keys = ['AKIAONE', 'AKIATWO', 'AKIATHREE'];
    const events = Array.from({ length: 12 }, (_, n) => [
      factOf({
        eventId: `k-${n}`,
        credential: keys[n % 3] as string,
        network: `127.6.${n}.6`,
        at: NOW + n * MINUTE,
      }),
    ]);
    const { memory } = lived([...events, [factOf({ eventId: 'end', at: NOW + 9 * HOUR, credential: KEY })]], {
      ...WORLD,
      contracts: indexContracts([binding({ credential: USER, networks: ['10.0.0.0/8'] })], [], []),
    });
    expect(memory.suspects.flatMap(({ evidence }) => evidence)).toHaveLength(8);
    expect([...memory.habits.keys()]).toHaveLength(3);
  });

  it('settles earlier what does not fit, and forgets the rest of a burst', () => {
    const burst = (hour: number, length: number): readonly Fact[] =>
      Array.from({ length }, (_, n) =>
        factOf({ eventId: `b-${hour}-${n}`, at: NOW + hour * HOUR + n * 1_000, api: `s3:Call${n}` }),
      );
    const { memory } = lived([burst(0, 60), burst(1, 150)]);
    expect(memory.settledTo).toBe(NOW + HOUR);
    const { recent } = habitsRecord('subject', memory, 0);
    expect(recent.length).toBeLessThanOrEqual(4_096);
    expect(memory.recent.length).toBeGreaterThan(30);
    expect(memory.recent.length).toBeLessThan(150);
    expect(memory.recent.every(({ at }) => at >= NOW + HOUR)).toBe(true);
  });

  it('judges what comes too late, or from a clock that is ahead, and remembers neither', () => {
    const { memory } = lived(hourly(6));
    const before = text(memory);
    const stray = [
      readBy({ eventId: 'late', principal: STRANGER, credential: 'AKIAX', at: NOW }),
      readBy({ eventId: 'ahead', principal: STRANGER, credential: 'AKIAX', at: NOW + 40 * DAY }),
    ];
    const { memory: after, judgements } = judgeFacts(stored(memory), stray, WORLD, NOW + 30 * DAY);
    expect(judgements.flatMap(({ told }) => told.map(({ signal }) => signal))).toContain('T0-3');
    expect(text(after)).toBe(before);
  });

  it('judges a first event from a clock that is ahead, and a token’s version by its token’s habits', () => {
    const version = factOf({
      credential: 'key0000000000001',
      kind: 'api-token',
      principal: 'token:orders',
      at: NOW + DAY,
      act: { kind: 'presented', keyId: 'key0000000000001', reason: 'revoked' },
    });
    const { memory, judgements } = judgeFacts(emptyMemory(), [version], WORLD, NOW);
    expect(judgements[0]?.told).toMatchObject([
      { signal: 'T0-2', weak: true, about: 'key0000000000001 revoked' },
    ]);
    expect(memory).toEqual({ ...emptyMemory(), settledTo: 0 });
  });

  it('tells two versions, and two reasons, apart within one slot', () => {
    const presented = (keyId: string, reason: string): Fact =>
      factOf({ principal: 'token:orders', credential: keyId, act: { kind: 'presented', keyId, reason } });
    const { judgements } = judgeFacts(
      emptyMemory(),
      [presented('k1', 'network'), presented('k1', 'revoked'), presented('k2', 'network')],
      WORLD,
      NOW,
    );
    expect(judgements).toHaveLength(3);
  });

  it('takes an inheritance', () => {
    const hit = { weight: 12, says: 'minted by a suspect', about: 'AKIAPARENT', halfLifeMs: DAY };
    const heir = { at: NOW, hit, eventId: 'mint' };
    const { judgements } = judgeFacts(emptyMemory(), [factOf()], WORLD, NOW, () => heir);
    expect(judgements[0]?.told).toMatchObject([{ signal: 'T0-5' }]);
  });

  it('gives what KMS unwrapped to whoever read it', () => {
    const unwrapped: Fact = readBy({
      eventId: 'unwrapped',
      api: 'kms:Decrypt',
      credential: STRANGER,
      principal: STRANGER,
      kind: 'secret-reader',
      act: { kind: 'decrypt', secret: SECRET_NAME, versionId: 'v1' },
    });
    const reading = readBy({ eventId: 'read', principal: STRANGER, credential: 'AKIAX' });
    const { judgements } = lived([[reading], [unwrapped]]);
    expect(judgements[0]?.fact.eventId).toBe('unwrapped');
    expect(judgements[0]?.evidence.map(({ signal }) => signal)).toEqual(['T0-3']);
  });
});

describe('reachedBy', () => {
  const who = { credential: 'AKIAX', principal: STRANGER };

  it('knows what was seen lately', () => {
    const { memory } = lived([[readBy({ ...who, network: '198.51.100.9' })]]);
    expect(reachedBy(memory, who, WORLD)).toMatchObject({ rung: 'suspend', network: '198.51.100.0/24' });
    expect(reachedBy(memory, { ...who, credential: 'AKIAY' }, WORLD)).toBeUndefined();
  });

  it('knows evidence that outlasted what was seen', () => {
    const theft = [readBy({ ...who })];
    const { memory } = lived([theft, [factOf({ ...who, credential: 'AKIAY', at: NOW + 9 * HOUR })]]);
    expect(memory.recent).toHaveLength(1);
    expect(reachedBy(memory, who, WORLD)).toMatchObject({ rung: 'suspend', at: NOW, network: '' });
  });

  it('does not call a suspect what a trace is left of', () => {
    const [trace] = lived([[readBy({ ...who })], [factOf({ ...who, at: NOW + 9 * HOUR })]]).memory.suspects;
    if (trace === undefined) throw new Error('no suspect');
    const faint = trace.evidence.map((each) => ({ ...each, signal: 'B13' as const, weight: 0.1 }));
    const memory = { ...emptyMemory(), suspects: [{ ...trace, evidence: faint }] };
    expect(reachedBy(memory, who, WORLD)).toBeUndefined();
  });
});

describe('the order of arrival', () => {
  const facts = fc.array(
    fc.record({
      at: fc.integer({ min: 0, max: 110 }).map((minutes) => NOW + 5 * HOUR + minutes * MINUTE),
      network: fc.constantFrom('203.0.113.7', '203.0.113.8', '127.6.6.6'),
      api: fc.constantFrom('s3:GetObject', 'sts:GetCallerIdentity'),
      refused: fc.boolean(),
      stranger: fc.boolean(),
    }),
    { minLength: 1, maxLength: 8 },
  );

  it('changes nothing of what is remembered, nor does a second delivery', () => {
    const usual = hourly(5);
    fc.assert(
      fc.property(
        facts.chain((list) =>
          fc.tuple(
            fc.constant(list),
            fc.shuffledSubarray([...list.keys(), ...list.keys()], { minLength: 2 * list.length }),
          ),
        ),
        ([list, order]) => {
          const events = list.map(({ stranger, ...part }, n) => [
            stranger
              ? readBy({ ...part, eventId: `e-${n}`, principal: STRANGER, credential: 'AKIAX' })
              : factOf({ ...part, eventId: `e-${n}` }),
          ]);
          const inTime = lived([...usual, ...events]).memory;
          const shuffled = lived([...usual, ...order.map((n) => events[n] as readonly Fact[])]).memory;
          expect(text(shuffled)).toBe(text(inTime));
        },
      ),
    );
  });
});
