import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reading, Rejection } from '#core/detection/fact.ts';
import type { Result } from '#core/result.ts';
import { readEvent } from '#events/trail/record.ts';
import { createRecordStream } from '#events/trail/stream.ts';
import { FACTOR_MOST, growthOf } from '#test/fuzz/growth.ts';
import { assumed, call, secretRead } from './records.ts';

type Told = Result<Reading, Rejection>;

function stream(text: string | Buffer, chunk: number = Number.POSITIVE_INFINITY): readonly Told[] {
  const told: Told[] = [];
  const reader = createRecordStream((reading) => told.push(reading));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  reader.end();
  return told;
}

const RECORDS: readonly unknown[] = [
  secretRead(),
  secretRead({ userIdentity: assumed('i-0abc1234def567890'), userAgent: 'aws-cli/2 "quoted" \\ ü os/linux' }),
  secretRead({ userIdentity: { type: 'AWSService', invokedBy: 'ec2.amazonaws.com' } }),
  secretRead({ userAgent: 'x'.repeat(4_000), errorCode: 'AccessDenied', eventName: 'GetSecretValue' }),
  secretRead({ addendum: { reason: 'UPDATED_DATA', originalEventID: 'event-0' } }),
  secretRead({
    eventType: 'AwsServiceEvent',
    eventName: 'RotationFailed',
    additionalEventData: { ARN: 'orders' },
  }),
  call('ec2', 'DescribeInstances', { eventName: 'StopLogging', nested: [{ eventID: '}' }, ']"'] }),
  call('cloudtrail', 'StopLogging', { name: 'all' }),
  call('iam', 'AttachUserPolicy', { policyArn: 'AWSCompromisedKeyQuarantineV2', userName: 'eve' }),
  secretRead({ eventID: 7 }),
  secretRead({ eventTime: null }),
  secretRead({ userIdentity: 'ann', recipientAccountId: undefined }),
  {
    'detail-type': 'Secret Label Updated',
    id: 'label-1',
    time: '2026-11-20T10:00:00Z',
    detail: { name: 'orders', labelUpdated: 'AWSCURRENT', versionId: 'v2' },
  },
];

const EXPECTED = RECORDS.map((record) => readEvent(JSON.parse(JSON.stringify(record))));
const json = (value: unknown): string => JSON.stringify(value);
const wrapped = (name: string): string =>
  RECORDS.map((record) => json({ version: '0', [name]: record, label: 'x' })).join('\n');

describe('reads what JSON.parse would, in every form and however it is cut', () => {
  it.each<[string, string]>([
    ['a log file', json({ Records: RECORDS })],
    ['a log file with spaces', JSON.stringify({ Records: RECORDS }, null, 2)],
    [
      'two log files after another',
      `${json({ Records: RECORDS.slice(0, 5) })}\n${json({ Records: RECORDS.slice(5) })}`,
    ],
    ['a list', json(RECORDS)],
    ['lines', RECORDS.map(json).join('\n')],
    ['lines that end as on Windows, behind a byte order mark', `\ufeff${RECORDS.map(json).join('\r\n')}\r\n`],
    ['one after another', RECORDS.map(json).join('')],
    ['lines of envelopes', wrapped('event')],
  ])('%s', (_what, text) => {
    for (const chunk of [Number.POSITIVE_INFINITY, 1_000, 64, 7, 1])
      expect(stream(text, chunk)).toEqual(EXPECTED);
  });

  it('lines of EventBridge envelopes', () => {
    expect(stream(wrapped('detail')).slice(0, 12)).toEqual(EXPECTED.slice(0, 12));
  });
});

describe('what is broken', () => {
  const GOOD = json(secretRead());
  const bad: Told = { ok: false, error: { field: 'json', shape: '' } };
  it.each<[string, string, readonly Told[]]>([
    ['a line that is none', `nonsense\n${GOOD}`, [bad, EXPECTED[0] as Told]],
    ['a line that ends early', `{"eventName"}\n${GOOD}`, [bad, EXPECTED[0] as Told]],
    ['a record cut off', GOOD.slice(0, 99), [bad]],
    [
      'a list that goes wrong',
      `[${GOOD},nonsense,${GOOD}]\n${GOOD}`,
      [EXPECTED[0] as Told, bad, EXPECTED[0] as Told],
    ],
    ['a record without values', '{"eventName":,}', [bad]],
    ['a record whose text is no JSON', '{"eventName":x}', [bad]],
    ['nothing', ' \n ', []],
    ['an empty log file', '{"Records":[]}', []],
    ['half a log file', '{"Records"', [bad]],
  ])('%s', (_what, text, expected) => {
    for (const chunk of [Number.POSITIVE_INFINITY, 5, 1]) expect(stream(text, chunk)).toEqual(expected);
  });

  it('never throws and never stalls on bytes', () => {
    const tokens = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '\n',
      'Records',
      'eventName',
      GOOD,
      '1',
    );
    const text = fc.array(fc.oneof(tokens, fc.string()), { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 50 }), (all, chunk) => {
        expect(Array.isArray(stream(all, chunk))).toBe(true);
        expect(stream(`${all}\n`, chunk)).toHaveLength(stream(`${all}\n`).length);
      }),
    );
  });

  it('reads any record as JSON.parse would', () => {
    const names = fc.constantFrom(...Object.keys(secretRead()), 'other');
    const part = fc.dictionary(names, fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(part, (changed) => {
        const record = { ...secretRead(), ...changed };
        expect(stream(json(record))).toEqual([readEvent(JSON.parse(json(record)))]);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a record in many pieces', (size: number) => json({ ...secretRead(), filler: 'x'.repeat(size) }), 256],
    ['records without lines between them', (size: number) => GOOD.repeat(size / GOOD.length), 1e9],
    ['broken records on one line', (size: number) => `${'{x}'.repeat(size / 3)}\n`, 1e9],
    ['brackets that never close', (size: number) => '{\n'.repeat(size / 2), 256],
  ])('takes no more for a byte of much: %s', async (_what, textOf, chunk) => {
    const growth = await growthOf((size) => {
      const bytes = Buffer.from(textOf(size));
      return () => stream(bytes, chunk);
    });
    expect(growth.factor).toBeLessThanOrEqual(FACTOR_MOST);
  });

  it('gives up a line that never ends', () => {
    const told: Told[] = [];
    const reader = createRecordStream((reading) => told.push(reading));
    const piece = Buffer.alloc(4 * 1024 * 1024, 0x61);
    reader.push(Buffer.from('{"a":"'));
    for (let count = 0; count < 6; count++) reader.push(piece);
    reader.push(Buffer.from(`"}\n${GOOD}\n`));
    reader.end();
    expect(told).toEqual([{ ok: false, error: { field: 'too large', shape: '' } }, EXPECTED[0]]);
  });
});
