import { indexContracts } from '#core/detection/contract.ts';
import type { World } from '#core/detection/judge-group.ts';
import { REPLAY_LADDER } from '#core/response/ladder.ts';
import type { Scratch } from '#functions/replay/scratch.ts';
import { assumed, call, secretRead } from '#test/events/trail/records.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders-AbCdEf';
const READER = 'arn:aws:iam::111122223333:role/service/orders';
/** The story's account. */
export const WORLD: World = {
  policy: REPLAY_LADDER,
  contracts: indexContracts(
    [],
    [{ secret: ARN, readers: [READER], canary: false, owner: 'o', currentVersion: null, versions: [] }],
    [],
  ),
  atlas: (ip) => ({ asn: `AS${ip.split('.')[0]}`, country: ip.startsWith('203.') ? 'DE' : 'JP' }),
};

/** Heaps in memory. */
export function memory(): Scratch {
  const heaps = new Map<string, Buffer>();
  return {
    append: (name, bytes) => void heaps.set(name, Buffer.concat([heaps.get(name) ?? Buffer.alloc(0), bytes])),
    read: (name) => heaps.get(name) ?? Buffer.alloc(0),
  };
}

export const at = (hour: number): string =>
  new Date(Date.UTC(2026, 9, 1) + hour * 3_600_000).toISOString().replace('.000Z', 'Z');
export const key = (accessKeyId: string, user: string): object => ({
  type: 'IAMUser',
  arn: `arn:aws:iam::111122223333:user/${user}`,
  accountId: '111122223333',
  accessKeyId,
});

/** Ann's key works for ten days; then a thief has it, reads a secret, mints a key and uses that one. */
export const STORY: readonly Record<string, unknown>[] = [
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
