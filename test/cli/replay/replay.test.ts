import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { call, secretRead } from '#test/events/trail/records.ts';
import { createDesk } from '../harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'replay-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = (name: string): string => join(folder, name);
function file(name: string, content: string | Buffer): string {
  writeFileSync(path(name), content);
  return path(name);
}

const RECORDS = [
  secretRead({ userAgent: '<script>alert(1)</script>' }),
  {
    ...call('cloudtrail', 'StopLogging', { name: 'all' }),
    eventID: 'event-2',
    eventTime: '2026-11-20T11:00:00Z',
  },
];
const lines = (wrap: (record: unknown) => unknown): string =>
  RECORDS.map((record) => JSON.stringify(wrap(record))).join('\n');

mkdirSync(path('trail/AWSLogs/2026'), { recursive: true });
file('trail/AWSLogs/2026/one.json.gz', gzipSync(JSON.stringify({ Records: RECORDS })));
const PLAIN = file(
  'records.ndjson',
  lines((record) => record),
);
file('parts.gz', Buffer.concat(RECORDS.map((record) => gzipSync(`${JSON.stringify(record)}\n`))));
const EVENTS = file(
  'events.ndjson',
  lines((event) => ({ event, label: 'x' })),
);
const ENVELOPES = file(
  'envelopes.ndjson.gz',
  gzipSync(lines((detail) => ({ 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.x', detail }))),
);
const CANARY = file(
  'bindings.json',
  JSON.stringify({
    version: 1,
    secrets: [{ secret: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders-AbCdEf', canary: true }],
  }),
);
const GEO = file('geo.ndjson', '{"cidr":"203.0.113.0/24","asn":"AS64500","country":"DE","tor":true}\n');

describe('replay', () => {
  const run = (...args: string[]) => createDesk().run(['replay', ...args]);
  it.each([['trail'], ['records.ndjson'], ['parts.gz'], ['events.ndjson'], ['envelopes.ndjson.gz']])(
    'reads %s',
    async (name) => {
      const summary = path('summary.json');
      const ran = await run(path(name), '--format', 'ndjson', '--summary', summary);
      expect([ran.code, ran.err, ran.sent]).toEqual([0, '', []]);
      expect(ran.out.split('\n').map((line) => JSON.parse(line))).toMatchObject([
        {
          credential: 'AKIAEXAMPLE000000001',
          rung: 'suspend',
          evidence: [{ signal: 'T0-6', eventIds: ['event-2'] }],
        },
      ]);
      expect(JSON.parse(readFileSync(summary, 'utf8'))).toEqual({
        events: 2,
        parsed: 2,
        duplicates: 0,
        rejected: 0,
        credentials: 1,
        alert: 0,
        suspend: 1,
        revoke: 0,
        seconds: expect.any(Number),
        eventsPerSecond: expect.any(Number),
        heldByBreaker: 0,
      });
    },
  );

  it('reads several files as one past', async () => {
    const summary = path('several.json');
    expect((await run(PLAIN, EVENTS, ENVELOPES, path('trail'), '--summary', summary)).code).toBe(0);
    expect(JSON.parse(readFileSync(summary, 'utf8'))).toMatchObject({ events: 8, duplicates: 6, suspend: 1 });
  });

  it('prints a table with the verdict in words', async () => {
    const ran = await run(PLAIN, '--bindings', CANARY, '--geo', GEO);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('revoke');
    expect(ran.out).toContain('It would be revoked for good.');
    expect(ran.out).toContain('2 events (0 duplicates, 0 rejected) of 1 credentials');
  });

  it('writes a page that needs nothing but itself and runs nothing', async () => {
    const page = path('page.html');
    expect((await run(PLAIN, '--bindings', CANARY, '--html', page)).code).toBe(0);
    const html = readFileSync(page, 'utf8');
    expect(html).toContain('<svg');
    expect(html).toContain('The circuit breaker would have held nothing.');
    expect(html).not.toMatch(/<script|https?:\/\/|src=|href=/);
  });

  it('shows in the page what the breaker would have held', async () => {
    const many = Array.from({ length: 9 }, (_, index) => ({
      ...call('cloudtrail', 'StopLogging', null),
      eventID: `stop-${index}`,
      userIdentity: {
        type: 'IAMUser',
        arn: `arn:aws:iam::111122223333:user/<${index}>`,
        accessKeyId: `AKIA<${index}>`,
      },
    }));
    const page = path('held.html');
    const summary = path('held.json');
    await run(file('many.json', JSON.stringify(many)), '--html', page, '--summary', summary);
    expect(JSON.parse(readFileSync(summary, 'utf8'))).toMatchObject({ suspend: 9, heldByBreaker: 6 });
    expect(readFileSync(page, 'utf8')).toContain('would have held 6 and let 3 through');
    expect(readFileSync(page, 'utf8')).not.toContain('AKIA<');
  });

  it('says what it passed over, and refuses when nothing was a record', async () => {
    const some = await run(PLAIN, file('some.ndjson', 'nonsense\n{"eventName":"x"}\n'));
    expect([some.code, some.err.split('\n').sort()]).toEqual([
      0,
      ['1 records rejected: eventSource cannot be read', '1 records rejected: json cannot be read'],
    ]);
    const none = await run(file('none.txt', 'nonsense'));
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('no CloudTrail record was found')]);
    expect((await run(file('empty', ''))).code).toBe(1);
  });

  it('tells progress to somebody at a terminal', async () => {
    const desk = createDesk();
    const ran = await desk.run(['replay', PLAIN], '');
    expect(ran.code).toBe(0);
  });

  it.each<[string, string[], string]>([
    ['no files', [], 'Missing required positional argument: PATHS'],
    ['a file that is not there', [path('missing')], 'cannot be read: ENOENT'],
    [
      'broken gzip',
      [file('broken.gz', gzipSync('x'.repeat(999)).subarray(0, 20))],
      'broken.gz cannot be read',
    ],
    ['another format', [PLAIN, '--format', 'xml'], '--format takes table or ndjson'],
    ['an unknown option', [PLAIN, '--fast'], "Unknown option '--fast'"],
    ['bindings that are not there', [PLAIN, '--bindings', path('missing')], 'cannot be read: ENOENT'],
    ['bindings that are no JSON', [PLAIN, '--bindings', GEO.replace('geo.ndjson', 'none.txt')], 'no JSON'],
    [
      'bindings that are wrong',
      [PLAIN, '--bindings', file('wrong.json', '{"version":2}')],
      'version: Invalid input; write "version": 1',
    ],
    [
      'a geo file that is wrong',
      [PLAIN, '--geo', file('geo.bad', '{}')],
      'line 1 of the geo file: cidr is missing',
    ],
    ['a database that is none', [PLAIN, '--geo', file('geo.mmdb', 'x')], 'it is no MMDB database'],
    ['a summary that cannot be written', [PLAIN, '--summary', path('no/where')], 'cannot be written: ENOENT'],
  ])('ends in 2 with the fix: %s', async (_what, args, says) => {
    file('none.txt', 'nonsense');
    const ran = await run(...args);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain(says);
    expect(ran.err.split('\n')).toHaveLength(1);
  });
});
