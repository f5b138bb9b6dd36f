import { randomBytes } from 'node:crypto';
import {
  IAMClient,
  ListAccessKeysCommand,
  ListAttachedUserPoliciesCommand,
  TagUserCommand,
} from '@aws-sdk/client-iam';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { formatToken, TOKEN_ENTROPY_BYTES } from '#core/token/format.ts';
import { tokenward } from './command-line.ts';
import type { Consumer } from './consumer.ts';
import { type Credentials, ENVIRONMENT, getOrders, type Story, sleep, usageJudged } from './story.ts';

const THIEF = '127.66.6.6';
const POLL_MS = 100;
/** What detection may take on top of T + R (250 ms + 300 ms). */
const DEAD_WITHIN_MS = 2_550;
const why = (story: Story, incident: string): readonly string[] => [
  '--reason',
  'demo',
  ...(incident === '' ? [] : ['--incident', incident]),
  '--api-url',
  story.outputs.ApiUrl ?? '',
  '--yes',
];

/** Puts a user into the responder's hands, as its owner would. */
export async function entrust(story: Story, UserName: string): Promise<void> {
  const iam = new IAMClient(story.emulator.clientConfig);
  await iam.send(new TagUserCommand({ UserName, Tags: [{ Key: 'tokenward:respond', Value: ENVIRONMENT }] }));
  iam.destroy();
}

/** The stolen key of an IAM user ends, and is given back by one command. */
export async function stolenKey(
  story: Story,
  UserName: string,
  began: number,
  reads: () => Promise<string | undefined>,
): Promise<void> {
  const iam = new IAMClient(story.emulator.clientConfig);
  const statusOf = async (): Promise<string> => {
    const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName }));
    return AccessKeyMetadata.map(({ Status }) => Status).join();
  };
  const within = async (status: string, limitMs: number): Promise<number | undefined> => {
    for (const since = Date.now(); Date.now() - since < limitMs; await sleep(POLL_MS)) {
      if ((await statusOf()) === status) return Date.now() - since;
    }
    return undefined;
  };
  const ended = await within('Inactive', 30_000);
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedUserPoliciesCommand({ UserName }));
  story.check(
    ended !== undefined && AttachedPolicies.some(({ PolicyName }) => /Quarantine/.test(PolicyName ?? '')),
    `the thief's own key is Inactive and its user in quarantine, ${Date.now() - began} ms after the read`,
  );
  const userArn = `arn:aws:iam::${story.emulator.account}:user/${UserName}`;
  const released = await tokenward(story, 'release', '--user', userArn, ...why(story, 'INC-4'));
  const back = await within('Active', 30_000);
  story.check(
    released.code === 0 && back !== undefined && (await reads()) === undefined,
    'tokenward release --user gives the key back; the secret stays closed to it',
  );
  if (released.code !== 0) story.say(`  ${released.out}`);
  iam.destroy();
}

/** One thief, one address, many stolen tokens: some end at once, the rest waits for one command; nothing is lost. */
export async function manyKeys(
  story: Story,
  consumer: Consumer,
  service: Credentials,
  tokenIds: readonly string[],
): Promise<void> {
  story.say(`\nA thief on ${THIEF} uses ${tokenIds.length} stolen tokens of a fleet`);
  await usageJudged(story);
  const stolen = await tokensOf(story, service, tokenIds);
  consumer.start();
  for (const token of stolen) await getOrders(story, token, THIEF);
  await usageJudged(story);
  const dead = async (): Promise<number> => {
    const tried = await Promise.all(stolen.map((token) => getOrders(story, token)));
    return tried.filter(({ status }) => status !== 200).length;
  };
  await sleep(DEAD_WITHIN_MS);
  const acted = await dead();
  const held = await heldOf(story, tokenIds);
  story.check(
    acted > 0 && acted <= 3 && acted + held.length === tokenIds.length,
    `${acted} ended at once, ${held.length} held for a person in ${new Set(held.map(({ incidentId }) => incidentId)).size} incident, none lost`,
  );
  const began = Date.now();
  for (const incidentId of new Set(held.map((one) => one.incidentId))) {
    const applied = await tokenward(story, 'incident', 'apply', incidentId, ...why(story, ''));
    if (applied.code !== 0) story.say(`  ${applied.out}`);
    story.check(applied.code === 0, `tokenward incident apply ends in ${applied.code}`);
  }
  await sleep(1_000);
  const after = await dead();
  story.check(
    after === tokenIds.length,
    `all ${after} are dead, ${Date.now() - began} ms after the command began`,
  );
  const { calls, lost } = await consumer.stop();
  story.check(lost === 0, `the service made ${calls} calls meanwhile, ${lost} lost`);
}

/** The tokens in some secrets, as a reader of theirs gets them. */
export async function tokensOf(
  story: Story,
  credentials: Credentials,
  tokenIds: readonly string[],
): Promise<readonly string[]> {
  const { endpoint, region } = story.emulator;
  const vault = new SecretsManagerClient({ endpoint, region, credentials });
  const found = await Promise.all(
    tokenIds.map(async (id) => {
      const SecretId = `tokenward/${ENVIRONMENT}/${id}`;
      const { SecretString } = await vault.send(new GetSecretValueCommand({ SecretId }));
      return story.secret((JSON.parse(SecretString ?? '{}') as { token: string }).token);
    }),
  );
  vault.destroy();
  return found;
}

interface HeldToken {
  readonly incidentId: string;
  readonly tokenId: string;
}

async function heldOf(story: Story, tokenIds: readonly string[]): Promise<readonly HeldToken[]> {
  const { out } = await tokenward(story, 'incident', 'list', '--json');
  const pending = JSON.parse(out) as { incidentId: string; held: { tokenId: string }[] }[];
  return pending
    .flatMap(({ incidentId, held }) => held.map(({ tokenId }) => ({ incidentId, tokenId })))
    .filter(({ tokenId }) => tokenIds.includes(tokenId));
}

const FLOOD = 400;
const AT_ONCE = 10;

/** Forged tokens that name real ones, to have their owners revoked; and a real theft in the midst of it. */
export async function noiseFlood(
  story: Story,
  consumer: Consumer,
  bystanders: readonly string[],
): Promise<void> {
  story.say(`\n${FLOOD} forged tokens that name real ones, and one that is really stolen among them`);
  await usageJudged(story);
  const named = [consumer.token(), ...bystanders].map((token) => token.split('_')[2] ?? '');
  consumer.start();
  let accepted = 0;
  let sent = 0;
  const forge = (): string =>
    sent % 2 === 0
      ? forged(named[sent % named.length] ?? '')
      : formatToken(ENVIRONMENT, randomBytes(TOKEN_ENTROPY_BYTES)).token.reveal();
  const flood = Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (sent++ < FLOOD) if ((await getOrders(story, forge(), THIEF)).status === 200) accepted++;
    }),
  );
  await sleep(500);
  const stolen = consumer.token();
  const began = Date.now();
  await getOrders(story, stolen, THIEF);
  while ((await getOrders(story, stolen)).status === 200 && Date.now() - began < 30_000) await sleep(20);
  const took = Date.now() - began;
  await flood;
  await usageJudged(story);
  await sleep(500);
  const hurt = (await Promise.all(bystanders.map((token) => getOrders(story, token)))).filter(
    ({ status }) => status !== 200,
  ).length;
  const { calls, lost } = await consumer.stop();
  story.check(
    accepted === 0 && hurt === 0,
    `${accepted} were let in, ${hurt} of the named tokens were touched`,
  );
  story.check(took < 30_000, `the stolen one among them is dead after ${took} ms`);
  story.check(lost === 0, `the service made ${calls} calls meanwhile, ${lost} lost`);
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A token of a real one's id whose checksum is right and whose secret is not: the id's own bytes, and random ones. */
function forged(keyId: string): string {
  const id = [...keyId].reduce((sum, digit) => sum * 62n + BigInt(ALPHABET.indexOf(digit)), 0n);
  const bytes = Buffer.from(id.toString(16).padStart(22, '0'), 'hex');
  return formatToken(
    ENVIRONMENT,
    Buffer.concat([bytes, randomBytes(TOKEN_ENTROPY_BYTES - bytes.length)]),
  ).token.reveal();
}
