import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFileScratch } from '#adapters/files/scratch.ts';
import { indexContracts } from '#core/detection/contract.ts';
import { readRecord } from '#events/trail/record.ts';
import { createEventIds } from '#functions/replay/event-ids.ts';
import { createReplay, type Replayed } from '#functions/replay/replay.ts';
import { countRungs, lineOf } from '#functions/replay/summary.ts';
import { call, secretRead } from '#test/events/trail/records.ts';
import { at, key, memory, STORY, WORLD } from './story.ts';

function replayed(records: readonly unknown[], heldMost?: number, world = WORLD): Replayed {
  const replay = createReplay(world, memory(), heldMost);
  for (const record of records) replay.take(readRecord(record));
  return replay.finish();
}

describe('a replay', () => {
  const done = replayed(STORY);
  const rungs = Object.fromEntries(done.judged.verdicts.map(({ credential, rung }) => [credential, rung]));

  it('follows what a suspect minted, used or not, through another principal to a role', () => {
    expect(rungs).toEqual({
      AKIAANN: 'suspend',
      AKIAEVE: 'suspend',
      AKIAIDLE: 'suspend',
      ASIAEVE: 'suspend',
    });
    const idle = done.judged.verdicts.find(({ credential }) => credential === 'AKIAIDLE');
    expect(idle).toMatchObject({
      principal: 'arn:aws:iam::111122223333:user/idle',
      evidence: [{ signal: 'T0-5' }],
    });
    expect(done.judged.credentials).toBe(4);
  });

  it('tells a verdict as its line', () => {
    const ann = done.judged.verdicts.find(({ credential }) => credential === 'AKIAANN');
    if (ann === undefined) throw new Error('no verdict');
    expect(lineOf(ann)).toEqual({
      credential: 'AKIAANN',
      principal: 'arn:aws:iam::111122223333:user/ann',
      rung: 'suspend',
      posterior: expect.any(Number),
      firstAt: Date.parse(at(241)),
      at: Date.parse(at(241)),
      evidence: expect.arrayContaining([
        { signal: 'T0-3', family: 'contract', weight: 12, eventIds: ['thief-2'] },
      ]),
    });
    expect(lineOf({ ...ann, rung: 'reissue' }).rung).toBe('revoke');
    expect(countRungs(done.judged.verdicts)).toEqual({ alert: 0, suspend: 4, revoke: 0 });
  });

  it('comes to the same however the records are shuffled, doubled, and spilt to disk', () => {
    const doubled = [...STORY, ...STORY];
    fc.assert(
      fc.property(
        fc.shuffledSubarray(doubled, { minLength: doubled.length }),
        fc.constantFrom(undefined, 1, 7, 50),
        (records, heldMost) => {
          const other = replayed(records, heldMost);
          expect(other.judged).toEqual(done.judged);
          expect(other.breaker).toEqual(done.breaker);
          expect(other.duplicates).toBe(STORY.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('counts what it cannot read, and takes a correction for the same event', () => {
    const replay = createReplay(WORLD, memory());
    const correction = secretRead({
      addendum: { reason: 'UPDATED_DATA', originalEventID: 'event-1' },
      sourceIPAddress: '198.51.100.1',
    });
    for (const record of [secretRead(), correction, 7, secretRead({ eventTime: 'x' }), 8])
      replay.take(readRecord(record));
    expect(replay.counts()).toEqual({
      events: 5,
      parsed: 2,
      updates: 1,
      rejected: { record: 2, eventTime: 1 },
    });
    const done = replay.finish();
    expect([done.duplicates, done.judged.credentials]).toEqual([1, 1]);
  });

  it('lets AWS’s mark speak for the user’s keys, and for the user where none was seen', () => {
    const mark = {
      ...call('iam', 'AttachUserPolicy', { policyArn: 'AWSCompromisedKeyQuarantineV3', userName: 'eve' }),
      userIdentity: { type: 'AWSService', invokedBy: 'support.amazonaws.com' },
    };
    const used = { ...secretRead({ userIdentity: key('AKIAEVE', 'eve') }), eventID: 'e2' };
    const flagged = (records: readonly unknown[]): readonly string[] =>
      replayed(records, undefined, { ...WORLD, contracts: indexContracts([], [], []) }).judged.verdicts.map(
        ({ credential }) => credential,
      );
    expect(flagged([mark])).toEqual(['arn:aws:iam::111122223333:user/eve']);
    expect(flagged([mark, used])).toEqual(['AKIAEVE']);
  });

  it('holds what is over the budget and loses none of it', () => {
    const thieves = Array.from({ length: 30 }, (_, index) => ({
      ...secretRead({ userIdentity: key(`AKIA${index}`, `user${index}`) }),
      eventID: `read-${index}`,
    }));
    const { judged, breaker } = replayed(thieves);
    expect([judged.verdicts.length, breaker.acted.length, breaker.held.length]).toEqual([30, 3, 27]);
  });
});

describe('counting deliveries', () => {
  it('counts each repetition once, on disk too', () => {
    const scratch = createFileScratch();
    try {
      const ids = createEventIds(scratch);
      const count = 700_000;
      for (let index = 0; index < count; index++) ids.add(`${index}-of-many`);
      for (let index = 0; index < 1_000; index++) ids.add(`${index * 600}-of-many`);
      ids.add('alone');
      expect(ids.duplicates()).toBe(1_000);
    } finally {
      scratch.clear();
    }
  });
});
