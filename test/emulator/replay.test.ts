import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { App } from 'aws-cdk-lib/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_CONTRACTS } from '#core/detection/contract.ts';
import { NO_ATLAS } from '#core/detection/place.ts';
import { REPLAY_LADDER } from '#core/response/ladder.ts';
import { readRecord } from '#events/trail/record.ts';
import { createReplay } from '#functions/replay/replay.ts';
import { countRungs, lineOf, type Summary } from '#functions/replay/summary.ts';
import { bundle } from '#infra/bundle.ts';
import { bundleOf } from '#infra/constructs/function.ts';
import { nameOf, readSettings } from '#infra/settings.ts';
import { ReplayStack } from '#infra/stacks/replay.ts';
import { StateStack } from '#infra/stacks/state.ts';
import { memory } from '../replay/story.ts';
import { createTraffic } from '../traffic/traffic.ts';
import { deployLocal, type LocalStacks } from './deploy.ts';
import { type Emulator, startEmulator } from './start.ts';

const TRAIL = 'replayed-trail';
const FILE_RECORDS = 400;
const RECORDS = [...createTraffic({ seed: 7, credentials: 40, days: 4 }).records()];

let emulator: Emulator;
let workDir: string;
let deployed: LocalStacks;
let s3: S3Client;
let steps: SFNClient;

beforeAll(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'tokenward-replay-'));
  emulator = await startEmulator();
  s3 = new S3Client({ ...emulator.clientConfig, forcePathStyle: true });
  steps = new SFNClient(emulator.clientConfig);
  await s3.send(new CreateBucketCommand({ Bucket: TRAIL }));
  await bundle(resolve(import.meta.dirname, '../..'));
  deployed = await deployLocal(emulator, { cloudAssemblyDir: synth() });
});

afterAll(async () => {
  s3?.destroy();
  steps?.destroy();
  await emulator?.stop();
  await rm(workDir, { recursive: true, force: true });
});

/** The product's own two stacks. */
function synth(): string {
  const trail = { arn: `arn:aws:cloudtrail:us-east-1:${emulator.account}:trail/all`, bucket: TRAIL };
  const app = new App({
    outdir: join(workDir, 'cdk.out'),
    analyticsReporting: false,
    context: { '@aws-cdk/core:defaultCrossStackReferences': 'weak', trail, replay: 'true' },
  });
  const settings = readSettings(app.node, {
    CDK_DEFAULT_ACCOUNT: emulator.account,
    CDK_DEFAULT_REGION: emulator.region,
  });
  const common = { settings, env: { account: settings.account, region: settings.region } };
  const state = new StateStack(app, nameOf(settings, 'state'), { ...common, readers: [] });
  new ReplayStack(app, nameOf(settings, 'replay'), { ...common, trail, state, bundleOf });
  return app.synth().directory;
}

async function fill(prefix: string): Promise<void> {
  const put = (Key: string, Body: Buffer): Promise<unknown> =>
    s3.send(new PutObjectCommand({ Bucket: TRAIL, Key, Body }));
  for (let at = 0; at < RECORDS.length; at += FILE_RECORDS) {
    const file = gzipSync(JSON.stringify({ Records: RECORDS.slice(at, at + FILE_RECORDS) }));
    await put(`${prefix}2026/11/01/${at}.json.gz`, file);
  }
  await put(`${prefix}2026/11/01/broken.json.gz`, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]));
  await put(`${prefix}CloudTrail-Digest/2026/digest.json.gz`, gzipSync('{}'));
}

async function run(prefix: string): Promise<string> {
  const { executionArn } = await steps.send(
    new StartExecutionCommand({
      stateMachineArn: deployed.outputs.ReplayMachine,
      name: 'the-whole-past',
      input: JSON.stringify({ prefix }),
    }),
  );
  for (;;) {
    const told = await steps.send(new DescribeExecutionCommand({ executionArn }));
    if (told.status === 'RUNNING') await new Promise((tick) => setTimeout(tick, 200));
    else return `${told.status} ${told.cause ?? ''}`.trim();
  }
}

const result = async (name: string): Promise<string> => {
  const Key = `runs/the-whole-past/${name}`;
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: deployed.outputs.WorkBucket, Key }));
  return (await Body?.transformToString()) ?? '';
};

describe('the replay of a whole history by a state machine', () => {
  it('comes to what one pass over the same files comes to', async () => {
    const prefix = `AWSLogs/${emulator.account}/CloudTrail/`;
    await fill(prefix);
    expect(await run(prefix)).toBe('SUCCEEDED');

    const once = createReplay({ policy: REPLAY_LADDER, contracts: NO_CONTRACTS, atlas: NO_ATLAS }, memory());
    for (const record of RECORDS) once.take(readRecord(record));
    const { judged, breaker, duplicates } = once.finish();
    const wanted = judged.verdicts.map((verdict) => `${JSON.stringify(lineOf(verdict))}\n`).join('');
    expect(wanted.length).toBeGreaterThan(0);
    expect(await result('verdicts.ndjson')).toBe(wanted);
    const { seconds, eventsPerSecond: _, ...summary } = JSON.parse(await result('summary.json')) as Summary;
    expect(summary).toEqual({
      events: RECORDS.length + 1,
      parsed: once.counts().parsed,
      rejected: 1,
      duplicates,
      credentials: judged.credentials,
      ...countRungs(judged.verdicts),
      heldByBreaker: breaker.held.length,
    });
    expect(seconds).toBeGreaterThan(0);
  }, 240_000);
});
