import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { type HttpFrom, httpFrom } from './http-from.ts';
import { type Ministack, startMinistack } from './ministack.ts';
import type { Faults } from './proxy/faults.ts';
import { type CloudTrailSettings, createProxy, type ProxyOptions, type TrailView } from './proxy/proxy.ts';
import type { Rotation } from './proxy/secrets/rotation.ts';
import { closeServer, listen } from './proxy/server.ts';
import { ACCOUNT, createDirect, type Direct, REGION, ROOT_CREDENTIALS } from './proxy/upstream.ts';

/** Long-term credentials of an IAM user. */
export interface UserCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What an SDK client needs to take the local AWS for AWS. */
export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: UserCredentials;
}

/** The local AWS. */
export interface Emulator {
  /** Address of the proxy: the endpoint of every client. */
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  /** For SDK clients that call through the proxy as root. */
  readonly clientConfig: ClientConfig;
  /** Root credentials; they are no secret. */
  readonly rootCredentials: UserCredentials;
  /** Environment for child processes: endpoint, root credentials, region and a home of its own. */
  readonly env: Readonly<Record<string, string>>;
  readonly faults: Pick<Faults, 'add' | 'clear'>;
  /** The CloudTrail records made so far. */
  readonly events: TrailView;
  readonly cloudtrail: CloudTrailSettings;
  readonly rotation: Pick<Rotation, 'register' | 'trigger' | 'settled' | 'list'>;
  /** Root clients that pass the proxy by: no fault, no record. For preparing and for looking. */
  readonly direct: Direct;
  /** Makes an IAM user with an inline policy, as the account's administrator, without a record. */
  readonly createUser: (name: string, policy: object) => Promise<UserCredentials>;
  /** The network as seen from another loopback address, such as 127.66.6.6: a stranger's. */
  readonly from: (address: string) => HttpFrom;
  /** Process of the emulator; absent when it is not ours. */
  readonly pid?: number;
  /** End of the emulator's own log. */
  readonly log: () => Promise<string>;
  /** Stops the proxy and the emulator and removes their files. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts the local AWS: the emulator, and the proxy in front of it in this process.
 *
 * With EMU_ENDPOINT set, the emulator there is used and left running; it must have been started with
 * AWS_ENDPOINT_URL at the proxy, whose port EMU_PROXY_PORT then fixes.
 *
 * @throws InstallError when the emulator cannot be installed here.
 */
export async function startEmulator(options: ProxyOptions = {}): Promise<Emulator> {
  const { server, port } = await listen(Number(process.env.EMU_PROXY_PORT ?? 0));
  const endpoint = `http://127.0.0.1:${port}`;
  const ministack = await ownOrGiven(endpoint).catch(async (error: unknown) => {
    await closeServer(server);
    throw error;
  });
  const upstream = { host: ministack.host, port: ministack.port };
  const direct = createDirect(`http://${ministack.host}:${ministack.port}`);
  const proxy = createProxy(server, upstream, direct, options);
  const home = await mkdtemp(join(tmpdir(), 'tokenward-home-'));
  const sources = new Map<string, HttpFrom>();

  return {
    endpoint,
    region: REGION,
    account: ACCOUNT,
    clientConfig: { endpoint, region: REGION, credentials: ROOT_CREDENTIALS },
    rootCredentials: ROOT_CREDENTIALS,
    env: clientEnvironment(endpoint, home),
    faults: proxy.faults,
    events: proxy.trail,
    cloudtrail: proxy.cloudtrail,
    rotation: proxy.rotation,
    direct,
    createUser: (name, policy) => createUser(direct, name, policy),
    from: (address) => {
      const http = sources.get(address) ?? httpFrom(address);
      sources.set(address, http);
      return http;
    },
    ...(ministack.pid === undefined ? {} : { pid: ministack.pid }),
    log: ministack.log,
    stop: async () => {
      for (const source of sources.values()) source.close();
      // Together: a rotation under way ends only when the function it waits for is gone.
      await Promise.all([proxy.stop(), ministack.stop()]);
      direct.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

type Backend = Omit<Ministack, 'pid' | 'home'> & { readonly pid?: number };

async function ownOrGiven(endpoint: string): Promise<Backend> {
  const given = process.env.EMU_ENDPOINT;
  if (given === undefined || given === '') return startMinistack(endpoint);
  const { hostname, port } = new URL(given);
  const notOurs = async (): Promise<void> => undefined;
  return { host: hostname, port: Number(port || 80), log: async () => 'not ours', stop: notOurs };
}

/** What a child process needs to take the emulator for AWS, and nothing of this machine's own AWS set-up. */
function clientEnvironment(endpoint: string, home: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: ROOT_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: ROOT_CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DEFAULT_ACCOUNT: ACCOUNT,
    CDK_DEFAULT_REGION: REGION,
    HOME: home,
  };
}

async function createUser(direct: Direct, name: string, policy: object): Promise<UserCredentials> {
  await direct.iam.send(new CreateUserCommand({ UserName: name }));
  const PolicyDocument = JSON.stringify(policy);
  await direct.iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'test', PolicyDocument }));
  const { AccessKey } = await direct.iam.send(new CreateAccessKeyCommand({ UserName: name }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
}
