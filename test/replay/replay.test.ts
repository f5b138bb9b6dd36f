import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFileScratch } from '#adapters/files/scratch.ts';
import { indexContracts } from '#core/detection/contract.ts';
import type { World } from '#core/detection/judge-group.ts';
import { REPLAY_LADDER } from '#core/response/ladder.ts';
import { readRecord } from '#events/trail/record.ts';
import { createEventIds } from '#functions/replay/event-ids.ts';
import { createReplay, type Replayed } from '#functions/replay/replay.ts';
import type { Scratch } from '#functions/replay/scratch.ts';
import { countRungs, lineOf } from '#functions/replay/summary.ts';
import { assumed, call, secretRead } from '#test/events/trail/records.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders-AbCdEf';
const READER = 'arn:aws:iam::111122223333:role/service/orders';
const WORLD: World = {
  policy: REPLAY_LADDER,
  contracts: indexContracts(
    [],
    [{ secret: ARN, readers: [READER], canary: false, owner: 'o', currentVersion: null, versions: [] }],
    [],
  ),
  atlas: (ip) => ({ asn: `AS${ip.split('.')[0]}`, country: ip.startsWith('203.') ? 'DE' : 'JP' }),
};

function memory(): Scratch {
  const heaps = new Map<string, Buffer>();
  return {
    append: (name, bytes) => void heaps.set(name, Buffer.concat([heaps.get(name) ?? Buffer.alloc(0), bytes])),
    read: (name) => heaps.get(name) ?? Buffer.alloc(0),
  };
}

function replayed(records: readonly unknown[], heldMost?: number, world = WORLD): Replayed {
  const replay = createReplay(world, memory(), heldMost);
  for (const record of records) replay.take(readRecord(record));
  return replay.finish();
}

const at = (hour: number): string =>
  new Date(Date.UTC(2026, 9, 1) + hour * 3_600_000).toISOString().replace('.000Z', 'Z');
const key = (accessKeyId: string, user: string): object => ({
  type: 'IAMUser',
  arn: `arn:aws:iam::111122223333:user/${user}`,
  accountId: '111122223333',
  accessKeyId,
});

/** Ann's key works for ten days; then a thief has it, reads a secret, mints a key and uses that one. */
const STORY: readonly Record<string, unknown>[] = [
  ...Array.from({ length: 60 }, (_, index) => ({
    ...call('s3', 'GetObject', null),
    userIdentity: key('AKIAANN', 'ann'),
    eventTime: at(index * 4),
    eventID: `ann-${index}`,
  })),
  ...[
    call('sts', 'GetCallerIdentity', null),
    call('secretsmanager', 'ListSecrets', null),
    call('secretsmanager', 'GetSecretValue', { secretId: 'orders' }),
    call(
      'iam',
      'CreateAccessKey',
      { userName: 'eve' },
      { accessKey: { accessKeyId: 'AKIAEVE', userName: 'eve' } },
    ),
    call(
      'iam',
      'CreateAccessKey',
      { userName: 'idle' },
      { accessKey: { accessKeyId: 'AKIAIDLE', userName: 'idle' } },
    ),
    call('sts', 'AssumeRole', { roleArn: READER }, { credentials: { accessKeyId: 'ASIAUNUSED' } }),
  ].map((record, index) => ({
    ...record,
    userIdentity: key('AKIAANN', 'ann'),
    eventTime: at(241),
    eventID: `thief-${index}`,
    sourceIPAddress: '198.51.100.9',
  })),
  {
    ...call('s3', 'ListBuckets', null),
    userIdentity: key('AKIAEVE', 'eve'),
    eventTime: at(242),
    eventID: 'eve-1',
    sourceIPAddress: '198.51.100.9',
  },
  {
    ...call('sts', 'AssumeRole', { roleArn: READER }, { credentials: { accessKeyId: 'ASIAEVE' } }),
    userIdentity: key('AKIAEVE', 'eve'),
    eventTime: at(242),
    eventID: 'eve-2',
    sourceIPAddress: '198.51.100.9',
  },
  {
    ...secretRead({ userIdentity: assumed('x', { accessKeyId: 'ASIAEVE' }) }),
    eventTime: at(243),
    eventID: 'eve-3',
  },
  {
    ...call('s3', 'GetObject', null),
    userIdentity: key('AKIABOB', 'bob'),
    eventTime: at(244),
    eventID: 'bob-1',
  },
];

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
      rejected: new Map([
        ['record', 2],
        ['eventTime', 1],
      ]),
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
