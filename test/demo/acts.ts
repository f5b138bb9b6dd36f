import { randomInt, randomUUID } from 'node:crypto';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import {
  DeleteResourcePolicyCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { entrust, stolenKey } from './attacks.ts';
import type { Consumer } from './consumer.ts';
import {
  type Credentials,
  ENVIRONMENT,
  getOrders,
  type Reply,
  type Story,
  signedPost,
  sleep,
  usageJudged,
} from './story.ts';

/** What detection may take on top of T + R, by our own verifiers' usage: queue, function and commit. */
const RESPONSE_MS = 2_000;

/** Ten real rotations while a service works. */
export async function rotations(story: Story, consumer: Consumer, secretId: string): Promise<void> {
  story.say('\nTen rotations by the deployed hook, while the service calls its API');
  consumer.start();
  const keyIds = new Set<string>();
  let succeeded = 0;
  for (let round = 1; round <= 10; round++) {
    await story.emulator.rotation.trigger(secretId);
    const ended = await story.emulator.rotation.settled(secretId);
    if (ended?.outcome === 'succeeded') succeeded++;
    else story.say(`  rotation ${round}: ${ended?.outcome} ${ended?.error ?? ''}`);
    keyIds.add((await consumer.fetchToken()).split('_')[2] ?? '');
  }
  const { calls, lost, refetches } = await consumer.stop();
  story.check(
    succeeded === 10 && keyIds.size === 10,
    `${succeeded} rotations, ${keyIds.size} different tokens`,
  );
  story.check(
    calls > 0 && lost === 0 && refetches === 0,
    `${calls} calls meanwhile, ${lost + refetches} refused`,
  );
}

/** An IAM identity becomes a short token. */
export async function exchange(
  story: Story,
  service: Credentials,
): Promise<{ token: string; expiresAt: number }> {
  story.say('\nAn IAM identity is exchanged for a token of a minute');
  const made = await signedPost(story, '/tokens', { offer: 'session' }, service);
  const token = story.secret(String(made.body.token));
  const used = await getOrders(story, token);
  story.check(
    made.status === 201 && used.status === 200,
    `bound to ${used.body.principal}, expires ${made.body.expiresAt}`,
  );
  return { token, expiresAt: Date.parse(String(made.body.expiresAt)) };
}

/** Its end comes by itself. */
export async function expiry(story: Story, made: { token: string; expiresAt: number }): Promise<void> {
  story.say('\nThe exchanged token expires');
  await sleep(Math.max(0, made.expiresAt - Date.now()) + 50);
  const { status } = await getOrders(story, made.token);
  story.check(status === 403, `refused ${Date.now() - made.expiresAt} ms after its end (${status})`);
}

/** Many tokens, each revoked at a random moment while it is in use. */
export async function revocations(
  story: Story,
  bound: { feedMaxAgeMs: number; readTimeoutMs: number },
  issuer: Credentials,
  responder: Credentials,
): Promise<void> {
  const limit = bound.feedMaxAgeMs + bound.readTimeoutMs;
  story.say(`\nFifty tokens of a partner revoked at random moments, T = ${bound.feedMaxAgeMs} ms`);
  await retime(story, bound.feedMaxAgeMs);
  const times: number[] = [];
  for (let batch = 0; batch < 10; batch++) {
    times.push(
      ...(await Promise.all(Array.from({ length: 5 }, () => revokeOne(story, issuer, responder, limit)))),
    );
  }
  times.sort((a, b) => a - b);
  const worst = times.at(-1) ?? Number.POSITIVE_INFINITY;
  story.check(
    times.length === 50 && worst <= limit,
    `commit to last acceptance: p50 ${times[25]} ms, max ${worst} ms, bound ${limit} ms`,
  );
}

async function revokeOne(
  story: Story,
  issuer: Credentials,
  responder: Credentials,
  limit: number,
): Promise<number> {
  const asked = {
    offer: 'partner',
    client: 'acme',
    owner: 'partner-desk',
    approver: 'platform-security',
    changeReference: 'CHG-2',
    purpose: 'demo',
    scopes: ['orders:read'],
  };
  const made = await signedPost(story, '/tokens', asked, issuer, { 'Idempotency-Key': randomUUID() });
  if (made.status !== 201) throw new Error(`POST /tokens answered ${made.status}: ${made.body.message}`);
  const token = story.secret(String(made.body.token));
  let lastAccepted = 0;
  let watching = true;
  const watch = (async () => {
    while (watching) {
      const { status } = await getOrders(story, token);
      if (status === 200) lastAccepted = Date.now();
      await sleep(10);
    }
  })();
  await sleep(200 + randomInt(1_000));
  const order = {
    action: 'revoke',
    tokenId: made.body.tokenId,
    reason: 'demo',
    incidentId: 'INC-1',
    noWait: true,
  };
  const done = await signedPost(story, '/revocations', order, responder);
  if (done.status !== 200)
    throw new Error(`POST /revocations answered ${done.status}: ${JSON.stringify(done.body)}`);
  await sleep(limit + 200);
  watching = false;
  await watch;
  const [receipt] = done.body.receipts as { committedAt: string }[];
  return lastAccepted - Date.parse(receipt?.committedAt ?? '');
}

async function retime(story: Story, feedMaxAgeMs: number): Promise<void> {
  const lambda = new LambdaClient(story.emulator.clientConfig);
  for (const FunctionName of [story.outputs.AuthorizeFunction ?? '', story.outputs.RevokeFunction ?? '']) {
    const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const Variables = { ...Environment?.Variables, FEED_MAX_AGE_MS: String(feedMaxAgeMs) };
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
  }
  lambda.destroy();
}

/** A responder ends everything that a token has out there, and its service hardly notices. */
export async function reissue(story: Story, consumer: Consumer, responder: Credentials): Promise<void> {
  story.say('\nRevoke and reissue while the service works');
  const before = await consumer.fetchToken();
  consumer.start();
  await sleep(500);
  const order = {
    action: 'reissue',
    tokenId: 'orders-service',
    reason: 'token in a paste',
    incidentId: 'INC-2',
  };
  const done = await signedPost(story, '/revocations', order, responder);
  await sleep(1_500);
  const { calls, lost, refetches } = await consumer.stop();
  const [receipt] = (done.body.receipts ?? []) as { effectiveBy: string; verifier: { reason?: string } }[];
  story.check(
    done.status === 200 && receipt?.verifier.reason === 'revoked',
    `effective by ${receipt?.effectiveBy}; a verifier says: ${receipt?.verifier.reason}`,
  );
  story.check((await getOrders(story, before)).status === 403, 'the old token is refused');
  story.check(
    lost === 0 && consumer.token() !== before,
    `${calls} calls, ${refetches} times asked the vault again, ${lost} lost`,
  );
}

/** A thief on another address uses a token it has stolen. */
export async function theft(story: Story, consumer: Consumer, bound: number): Promise<void> {
  story.say('\nA stranger on 127.66.6.6 uses a stolen token');
  // The bound is one theft's: what the fifty revocations left to be judged comes first, and takes its own time here.
  await usageJudged(story);
  const stolen = await consumer.fetchToken();
  consumer.start();
  const began = Date.now();
  const tried = await getOrders(story, stolen, '127.66.6.6');
  story.check(tried.status === 403, 'refused at once: outside the declared network');
  const took = await untilRefused(story, stolen, began, 15_000);
  story.check(
    took <= bound + RESPONSE_MS,
    `the stolen token is dead everywhere after ${took} ms (bound ${bound + RESPONSE_MS} ms)`,
  );
  await sleep(500);
  const { calls, lost } = await consumer.stop();
  story.check(
    lost === 0 && (await getOrders(story, consumer.token())).status === 200,
    `the service made ${calls} calls meanwhile, ${lost} lost`,
  );
}

/** A principal that no declaration names reads the secret. */
export async function unboundReader(story: Story, consumer: Consumer, secretId: string): Promise<void> {
  story.say('\nA principal that is no declared reader reads the secret');
  const mallory = await story.emulator.createUser('mallory', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['secretsmanager:GetSecretValue'], Resource: '*' }],
  });
  await entrust(story, 'mallory');
  const { endpoint, region, clientConfig } = story.emulator;
  const vault = new SecretsManagerClient({ endpoint, region, credentials: mallory });
  const read = (): Promise<string | undefined> =>
    vault.send(new GetSecretValueCommand({ SecretId: secretId })).then(
      ({ SecretString }) => (JSON.parse(SecretString ?? '{}') as { token: string }).token,
      () => undefined,
    );
  story.check((await read()) === undefined, "the secret's own policy refuses it");
  story.say('  somebody deletes that policy by mistake, and it reads again');
  const admin = new SecretsManagerClient(clientConfig);
  await admin.send(new DeleteResourcePolicyCommand({ SecretId: secretId }));
  await consumer.fetchToken();
  consumer.start();
  const began = Date.now();
  const stolen = await read();
  story.check(stolen !== undefined, 'it holds the value now');
  const took = await untilRefused(story, story.secret(stolen ?? ''), began, 30_000);
  story.check(
    took < 30_000,
    `seen by the rule, judged, ended: ${took} ms (CloudTrail itself takes minutes on AWS)`,
  );
  await sleep(1_000);
  story.check((await read()) === undefined, 'the reader is blocked: it does not get the next value');
  await stolenKey(story, 'mallory', began, read);
  const { calls, lost } = await consumer.stop();
  story.check(
    lost === 0 && (await getOrders(story, consumer.token())).status === 200,
    `the service made ${calls} calls meanwhile, ${lost} lost`,
  );
  admin.destroy();
  vault.destroy();
}

async function untilRefused(story: Story, token: string, began: number, limit: number): Promise<number> {
  let reply: Reply = { status: 200, body: {} };
  while (reply.status === 200 && Date.now() - began < limit) {
    await sleep(20);
    reply = await getOrders(story, token);
  }
  return Date.now() - began;
}

/** Where the sample secret is. */
export const SECRET_ID: string = `tokenward/${ENVIRONMENT}/orders-service`;
