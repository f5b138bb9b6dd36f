import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUNDLING } from '#infra/bundle.ts';
import { FUNCTION_PLUGINS } from '#infra/bundle-plugins.ts';

const ADAPTERS = resolve(import.meta.dirname, '../../../functions/adapters');

/** One call of each client that a function makes, to whatever host it would go: nothing is sent. */
const CALLS: Readonly<
  Record<string, readonly [factory: string, pkg: string, command: string, input: unknown]>
> = {
  cloudtrail: ['createCloudTrailClient()', 'cloudtrail', 'DescribeTrailsCommand', {}],
  dynamodb: ['createDynamoClient()', 'dynamodb', 'GetItemCommand', { TableName: 't', Key: {} }],
  verifier: ['createVerifierClient(300)', 'dynamodb', 'GetItemCommand', { TableName: 't', Key: {} }],
  eventbridge: ['createEventBridgeClient()', 'eventbridge', 'PutEventsCommand', { Entries: [] }],
  iam: ['createIamClient()', 'iam', 'GetRoleCommand', { RoleName: 'r' }],
  kms: ['createKmsClient()', 'kms', 'GenerateRandomCommand', { NumberOfBytes: 1 }],
  lambda: ['createLambdaClient()', 'lambda', 'InvokeCommand', { FunctionName: 'f' }],
  s3: ['createArchiveClient()', 's3', 'PutObjectCommand', { Bucket: 'b', Key: 'k', Body: 'x' }],
  'secrets-manager': ['createSecretsClient()', 'secrets-manager', 'DescribeSecretCommand', { SecretId: 's' }],
  sns: [
    'createSnsClient()',
    'sns',
    'PublishCommand',
    { TopicArn: 'arn:aws:sns:us-east-1:111122223333:t', Message: 'm' },
  ],
  sqs: [
    'createSqsClient()',
    'sqs',
    'SendMessageCommand',
    { QueueUrl: 'https://sqs.us-east-1.amazonaws.com/111122223333/q', MessageBody: 'm' },
  ],
};

let folder: string;
let bundled: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenward-fips-'));
  bundled = join(folder, 'index.mjs');
  const lines = Object.entries(CALLS).map(([name, [factory, pkg, command, input]], index) => {
    const from = name === 'verifier' ? 'dynamodb' : name;
    const make = factory.replace(/\(.*$/, '');
    return `import { ${make} as make${index} } from '${ADAPTERS}/${from}/client.ts';
import { ${command} as Command${index} } from '@aws-sdk/client-${pkg}';
hosts['${name}'] = await hostOf(${factory.replace(make, `make${index}`)}, new Command${index}(${JSON.stringify(input)}));`;
  });
  const contents = `const hosts = {};
const hostOf = async (client, command) => {
  let host;
  client.config.requestHandler = { handle: ({ request, hostname }) => { host = hostname ?? request?.hostname; throw new Error('nothing is sent'); } };
  await client.send(command).catch(() => {});
  return host;
};
${lines.join('\n')}
console.log(JSON.stringify(hosts));`;
  await build({
    ...BUNDLING,
    stdin: { contents, resolveDir: resolve(ADAPTERS, '../..'), loader: 'ts' },
    plugins: FUNCTION_PLUGINS,
    outfile: bundled,
    logLevel: 'silent',
  });
});
afterAll(() => rm(folder, { recursive: true }));

/** The hosts that a bundled function with this environment would call. */
async function hosts(
  environment: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const credentials = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const { stdout } = await promisify(execFile)(process.execPath, [bundled], {
    env: { ...credentials, HOME: folder, ...environment },
  });
  return JSON.parse(stdout);
}

describe('the clients of a bundled function', () => {
  it('are all tried here', () => {
    const folders = globSync('*/client.ts', { cwd: ADAPTERS }).map((path) => path.split('/')[0]);
    expect(folders.sort()).toEqual(
      Object.keys(CALLS)
        .filter((name) => name !== 'verifier')
        .sort(),
    );
  });

  it('speak to FIPS endpoints, every one of them, where the one switch says so', async () => {
    const found = await hosts({ AWS_USE_FIPS_ENDPOINT: 'true' });
    for (const [name, host] of Object.entries(found)) expect(`${name} ${host}`).toMatch(/[.-]fips[.-]/);
    expect(Object.keys(found)).toEqual(Object.keys(CALLS));
  });

  it('speak to the usual ones otherwise', async () => {
    for (const host of Object.values(await hosts({}))) {
      expect(host).toMatch(/amazonaws\.com$/);
      expect(host).not.toMatch(/fips/);
    }
  });
});
