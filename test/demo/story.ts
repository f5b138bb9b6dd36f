import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Sha256 } from '@aws-crypto/sha256-js';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { deployLocal, destroyLocal } from '#test/emulator/deploy.ts';
import { type Emulator, startEmulator, type UserCredentials } from '#test/emulator/start.ts';

export const ENVIRONMENT = 'demo';

/** Temporary or long-term credentials. */
export type Credentials = UserCredentials & { readonly sessionToken?: string };

/** An answer of one of the demo's APIs. */
export interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** The deployed product, and who takes part. */
export interface Story {
  readonly emulator: Emulator;
  readonly outputs: Readonly<Record<string, string>>;
  readonly assembly: string;
  readonly say: (line: string) => void;
  /** Notes a value that no log, table or template may hold. */
  readonly secret: (value: string) => string;
  readonly secrets: ReadonlySet<string>;
  /** One check of the demo: counted, printed, with its figure. */
  readonly check: (holds: boolean, what: string) => void;
  readonly passed: () => number;
  readonly failed: () => number;
}

const run = promisify(execFile);
const user = (name: string): string => `arn:aws:iam::000000000000:user/${name}`;

/** Synthesises the product's stacks, starts the local AWS and deploys. `more`: context beside the demo's own. */
export async function begin(
  say: (line: string) => void,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Story & { end(): Promise<void> }> {
  const assembly = await mkdtemp(join(tmpdir(), 'tokenward-demo-'));
  const context = {
    stage: 'sandbox',
    env: ENVIRONMENT,
    operators: { issuer: [user('ivy')], responder: [user('rob')], auditor: [user('ada')] },
    ...more,
  };
  say('bundling the functions and synthesising the stacks');
  await run(process.execPath, ['infra/bundle.ts']);
  const env = {
    ...process.env,
    CDK_OUTDIR: assembly,
    CDK_DEFAULT_ACCOUNT: '000000000000',
    CDK_DEFAULT_REGION: 'us-east-1',
    CDK_VALIDATION: 'false',
    CDK_CONTEXT_JSON: JSON.stringify(context),
  };
  await run(process.execPath, ['test/demo/app.ts'], { env });
  say('starting the local AWS');
  const emulator = await startEmulator();
  const counts = { passed: 0, failed: 0 };
  const secrets = new Set<string>();
  const { outputs, seconds } = await deployLocal(emulator, {
    cloudAssemblyDir: assembly,
    progress: (line) => say(`  ${line}`),
  }).catch(async (fault: unknown) => {
    await emulator.stop();
    throw fault;
  });
  say(`deployed in ${seconds.toFixed(1)} s`);
  return {
    emulator,
    outputs,
    assembly,
    say,
    secrets,
    secret: (value) => {
      secrets.add(value);
      return value;
    },
    check(holds, what) {
      if (holds) counts.passed++;
      else counts.failed++;
      say(`${holds ? '  ✔' : '  ✘'} ${what}`);
    },
    passed: () => counts.passed,
    failed: () => counts.failed,
    async end() {
      say('taking everything down');
      try {
        await destroyLocal(emulator, { cloudAssemblyDir: assembly });
      } finally {
        await emulator.stop();
        await rm(assembly, { recursive: true, force: true });
      }
    },
  };
}

/** Credentials of a role, as somebody with the right to assume it gets them. */
export async function assume(story: Story, roleName: string, by: Credentials): Promise<Credentials> {
  const { endpoint, region, account } = story.emulator;
  const sts = new STSClient({ endpoint, region, credentials: by });
  const RoleArn = `arn:aws:iam::${account}:role/${roleName}`;
  const { Credentials: given } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'demo' }));
  sts.destroy();
  return {
    accessKeyId: given?.AccessKeyId ?? '',
    secretAccessKey: given?.SecretAccessKey ?? '',
    sessionToken: given?.SessionToken ?? '',
  };
}

/** A SigV4-signed POST to the control API. */
export async function signedPost(
  story: Story,
  path: string,
  body: object,
  credentials: Credentials,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const url = new URL(path.replace(/^\//, ''), story.outputs.ApiUrl);
  const text = JSON.stringify(body);
  const signer = new SignatureV4({
    service: 'execute-api',
    region: story.emulator.region,
    credentials,
    sha256: Sha256,
  });
  const signed = await signer.sign(
    new HttpRequest({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname,
      headers: { host: url.host, 'content-type': 'application/json', ...headers },
      body: text,
    }),
  );
  const answer = await fetch(url, { method: 'POST', headers: signed.headers, body: text });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** `GET /orders` of the protected API, from the service's own address or another. */
export async function getOrders(story: Story, token: string, from?: string): Promise<Reply> {
  const url = new URL('orders', story.outputs.SampleApiUrl);
  const headers = { authorization: `Bearer ${token}` };
  const answer =
    from === undefined
      ? await fetch(url, { headers })
      : await story.emulator.from(from).fetch(url, { headers });
  const text = await answer.text();
  return {
    status: answer.status,
    body: text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {},
  };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until everything that the authorizer told of is judged. */
export async function usageJudged(story: Story): Promise<void> {
  const sqs = new SQSClient(story.emulator.clientConfig);
  const waiting = new GetQueueAttributesCommand({
    QueueUrl: story.outputs.UsageQueueUrl,
    AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
  });
  for (let left = 1; left > 0; ) {
    const { Attributes = {} } = await sqs.send(waiting);
    left = Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
    if (left > 0) await sleep(100);
  }
  sqs.destroy();
}
