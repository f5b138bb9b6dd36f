import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCursorStore } from '#adapters/dynamodb/cursor-store.ts';
import type { Registry } from '#core/ports.ts';
import type { Cursor } from '#core/reconcile/cursor.ts';
import { incidentOf } from '#core/response/event.ts';
import type { ReconcileReport } from '#functions/reconcile/run.ts';
import { FLEET } from '../demo/fleet.ts';
import { begin } from '../demo/story.ts';
import { drained, outputOf, registryOf, strangersRead, tokenIn } from './responder.ts';

const Bucket = 'reconciled-trail';
const MINUTE = 60_000;
/** What one run reads at most: `FILES_MOST` of functions/reconcile/run.ts. */
const FILES_MOST = 1_000;
const AT_ONCE = 25;

let story: Awaited<ReturnType<typeof begin>>;
let registry: Registry;
let s3: S3Client;
let logs: CloudWatchLogsClient;

beforeAll(async () => {
  const arn = 'arn:aws:cloudtrail:us-east-1:000000000000:trail/all';
  story = await begin(() => undefined, { trail: { arn, bucket: Bucket } });
  registry = registryOf(story);
  s3 = new S3Client({ ...story.emulator.clientConfig, forcePathStyle: true });
  logs = new CloudWatchLogsClient(story.emulator.clientConfig);
  await s3.send(new CreateBucketCommand({ Bucket }));
}, 300_000);

afterAll(async () => {
  s3?.destroy();
  logs?.destroy();
  await story?.end();
}, 300_000);

/** Delivers one file as CloudTrail does; its name. */
async function deliver(at: number, unique: string, file: Buffer): Promise<string> {
  const { account, region } = story.emulator;
  const [day = '', clock = ''] = new Date(at).toISOString().split('T');
  const stamp = `${day.replaceAll('-', '')}T${clock.slice(0, 5).replace(':', '')}Z`;
  const folder = `AWSLogs/${account}/CloudTrail/${region}/${day.replaceAll('-', '/')}`;
  const Key = `${folder}/${account}_CloudTrail_${region}_${stamp}_${unique}.json.gz`;
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: file }));
  return Key;
}

const packed = (...records: readonly object[]): Buffer => gzipSync(JSON.stringify({ Records: records }));

async function reconcile(): Promise<ReconcileReport> {
  const FunctionName = outputOf(story, 'ReconcileFunction');
  const { FunctionError, Payload } = await story.emulator.direct.lambda.send(
    new InvokeCommand({ FunctionName }),
  );
  const answer = Buffer.from(Payload ?? []).toString();
  expect([FunctionError, answer]).toEqual([undefined, answer]);
  await drained(story, outputOf(story, 'RespondQueueUrl'));
  return JSON.parse(answer) as ReconcileReport;
}

const cursor = (): Promise<Cursor | undefined> =>
  createCursorStore(story.emulator.direct.dynamodb, outputOf(story, 'TableName')).read(story.emulator.region);

/** What the responder did because of an event. */
async function decisions(eventId: string): Promise<number> {
  const { items } = await registry.auditOf({ incidentId: incidentOf(eventId) });
  return items.filter(({ action }) => action === 'response.decided').length;
}

async function logged(): Promise<readonly string[]> {
  const logGroupName = `/aws/lambda/${outputOf(story, 'ReconcileFunction')}`;
  const lines: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await logs.send(new FilterLogEventsCommand({ logGroupName, nextToken }));
    lines.push(...(page.events ?? []).map(({ message = '' }) => message));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return lines;
}

/** What the function counted itself, run by run: the embedded metrics of its log. */
async function counted(metric: string): Promise<readonly number[]> {
  const metrics = (await logged()).filter((line) => line.startsWith('{"_aws"'));
  return metrics.map((line) => Number((JSON.parse(line) as Record<string, unknown>)[metric]));
}

/** A record that no rule ever handed on, about a token of the fleet. */
async function lostRead(vehicle: number): Promise<{ readonly id: string; readonly record: object }> {
  const { secretArn = '' } = await tokenIn(registry, FLEET[vehicle] ?? '');
  const id = randomUUID();
  return { id, record: strangersRead(story, id, secretArn, `198.51.${vehicle}.7`) };
}

describe('what the bus lost', () => {
  it('waits, counted as backlog, where there is more than one run reads, and is judged in the next', async () => {
    const { id, record } = await lostRead(2);
    const at = Date.now() - 6 * MINUTE;
    expect(await cursor()).toBeUndefined();
    const empty = packed();
    const names = Array.from({ length: FILES_MOST }, (_, n) => `a${String(n).padStart(4, '0')}`);
    for (let n = 0; n < names.length; n += AT_ONCE)
      await Promise.all(names.slice(n, n + AT_ONCE).map((name) => deliver(at, name, empty)));
    await deliver(at, 'last', packed(record));
    expect(await reconcile()).toEqual({ files: FILES_MOST, sent: 0, unreadable: 0, backlog: 1, failed: 0 });
    expect((await counted('ReconcileBacklog')).at(-1)).toBe(1);
    expect(await decisions(id)).toBe(0);
    expect(await reconcile()).toEqual({ files: 1, sent: 1, unreadable: 0, backlog: 0, failed: 0 });
    expect((await counted('ReconcileBacklog')).at(-1)).toBe(0);
    expect(await decisions(id)).toBe(1);
  });

  it('is judged from the trail’s files; another run, and another copy, bring nothing new', async () => {
    const { id, record } = await lostRead(0);
    const now = Date.now();
    const elses = strangersRead(story, randomUUID(), 'somebody/elses', '198.51.100.7');
    await deliver(now - 5 * MINUTE, 'first', packed(record, elses));
    const before = await cursor();
    expect(await reconcile()).toEqual({ files: 1, sent: 1, unreadable: 0, backlog: 0, failed: 0 });
    expect(await decisions(id)).toBe(1);
    const read = await cursor();
    const minute = (at: number): number => at - (at % MINUTE);
    expect(read).toMatchObject({ newest: minute(now - 5 * MINUTE), rev: (before?.rev ?? 0) + 1 });
    expect(read?.seen.at(-1)).toMatch(/^\d{4}first$/);

    expect(await reconcile()).toEqual({ files: 0, sent: 0, unreadable: 0, backlog: 0, failed: 0 });
    expect(await cursor()).toEqual(read);
    await deliver(now - 4 * MINUTE, 'again', packed(record));
    expect(await reconcile()).toMatchObject({ files: 1, sent: 1 });
    expect(await cursor()).toMatchObject({ newest: minute(now - 4 * MINUTE), rev: (read?.rev ?? 0) + 1 });
    expect(await decisions(id)).toBe(1);
  });

  it('is judged although a file beside it is broken: that one is counted, told, kept, and not read again', async () => {
    const { id, record } = await lostRead(1);
    const at = Date.now() - 3 * MINUTE;
    const bytes = Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]);
    const broken = await deliver(at, 'broken', bytes);
    await deliver(at, 'whole', packed(record));
    expect(await reconcile()).toEqual({ files: 2, sent: 1, unreadable: 1, backlog: 0, failed: 0 });
    expect(await decisions(id)).toBe(1);
    expect((await counted('ReconcileUnreadable')).at(-1)).toBe(1);
    expect(
      (await logged()).filter((line) => line.includes('is not whole') && line.includes(broken)),
    ).toHaveLength(1);
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: broken }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? [])).toEqual(bytes);
    expect(await reconcile()).toMatchObject({ files: 0, unreadable: 0 });
  });
});
