import { type Account, createAccount } from './account.ts';
import { HELP, readArguments, type SmokeArguments } from './arguments.ts';
import { deploy, destroy, destroyCommand, ENVIRONMENT } from './stacks.ts';

/** The loop on a real account: deploy, rotate, use, see the read in CloudTrail, revoke, destroy. */
const MINUTE = 60_000;
const TOKEN_ID = 'orders-service';
const SECRET_ID = `tokenward/${ENVIRONMENT}/${TOKEN_ID}`;
const started = performance.now();
const counts = { passed: 0, failed: 0 };
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function say(line: string): void {
  console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${line}`);
}

function check(holds: boolean, what: string): void {
  if (holds) counts.passed++;
  else counts.failed++;
  say(`  ${holds ? '✔' : '✘'} ${what}`);
}

/** Asks until there is an answer; `undefined` when the time is up. */
async function until<T>(
  limitMs: number,
  everyMs: number,
  ask: () => Promise<T | undefined>,
  waiting?: string,
): Promise<T | undefined> {
  const began = performance.now();
  for (;;) {
    const answer = await ask();
    const passed = performance.now() - began;
    if (answer !== undefined || passed >= limitMs) return answer;
    if (waiting !== undefined)
      say(`  ${waiting}: ${Math.round(passed / 1000)} s of at most ${limitMs / 1000}`);
    await sleep(everyMs);
  }
}

async function status(apiUrl: string | undefined, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(15_000);
  const answer = await fetch(new URL('orders', apiUrl), { headers, signal });
  await answer.arrayBuffer();
  return answer.status;
}

async function story(
  account: Account,
  outputs: Readonly<Record<string, string>>,
  roleArn: string,
): Promise<void> {
  const began = new Date();
  say('rotating orders-service by RotateSecret');
  const before = await account.secretState(SECRET_ID);
  await account.rotate(SECRET_ID);
  const rotated = await until(5 * MINUTE, 5_000, async () => {
    const now = await account.secretState(SECRET_ID);
    return now.current !== before.current && !now.pending ? now.current : undefined;
  });
  check(rotated !== undefined, 'AWSCURRENT moved to a new version');

  say('reading the token as its service, and calling the sample API');
  // A new role, its policy and a new API take up to a minute to be known everywhere.
  const token = await until(MINUTE, 5_000, () =>
    account.readToken(SECRET_ID, roleArn).catch((fault: Error) => {
      if (fault.name !== 'AccessDenied' && fault.name !== 'AccessDeniedException') throw fault;
      return undefined;
    }),
  );
  check(token !== undefined, 'its service reads it');
  if (token === undefined) return;
  const accepted = await until(MINUTE, 3_000, async () =>
    (await status(outputs.SampleApiUrl, token)) === 200 ? true : undefined,
  );
  check(accepted === true, 'the API takes it');
  check((await status(outputs.SampleApiUrl, `${token.slice(0, -1)}?`)) !== 200, 'and refuses a broken one');

  say('looking for the read in CloudTrail, which is up to 20 minutes behind');
  const seen = await until(
    20 * MINUTE,
    30_000,
    async () => ((await account.sawRead(before.arn, roleArn, began)) ? true : undefined),
    'not there yet',
  );
  check(seen === true, 'CloudTrail shows GetSecretValue by the service');
  await revocation(account, outputs, token);
}

/** `revoke` answers at effectiveBy, so what is sent after its answer must be refused, whatever clocks say. */
async function revocation(
  account: Account,
  outputs: Readonly<Record<string, string>>,
  token: string,
): Promise<void> {
  say('revoking it while it is in use');
  let accepted = 0;
  let watching = true;
  const watch = (async () => {
    while (watching) {
      // A lost connection is no acceptance, and must not end the test with everything still deployed.
      if ((await status(outputs.SampleApiUrl, token).catch(() => 0)) === 200) accepted++;
      await sleep(50);
    }
  })();
  try {
    await sleep(1_000);
    const order = { action: 'revoke', tokenId: TOKEN_ID, reason: 'smoke test', incidentId: 'SMOKE-1' };
    const { status: code, receipts } = await account.revoke(outputs.RevokeFunction ?? '', order);
    const [receipt] = receipts ?? [];
    check(code === 200 && receipt !== undefined, `revoked: effective by ${receipt?.effectiveBy}`);
    const after = await Promise.all(Array.from({ length: 10 }, () => status(outputs.SampleApiUrl, token)));
    const bound = Date.parse(receipt?.effectiveBy ?? '') - Date.parse(receipt?.committedAt ?? '');
    check(
      accepted > 0 && after.every((one) => one === 403),
      `${accepted} calls taken before; 10 of 10 refused after effectiveBy (${bound} ms after the commit): ${after.join(' ')}`,
    );
  } finally {
    watching = false;
    await watch;
  }
}

async function main(asked: SmokeArguments): Promise<number> {
  const account = createAccount(asked);
  const { account: id, arn, region } = await account.identity();
  say(`account ${id}, region ${region}, as ${arn}`);
  if (!(await account.stackExists('CDKToolkit'))) {
    console.error(
      `not started: run npx cdk bootstrap aws://${id}/${region} --profile ${asked.profile} first`,
    );
    return 2;
  }
  if (await account.stackExists(`tokenward-${ENVIRONMENT}-state`)) {
    console.error(`not started: an earlier sandbox stands; destroy it first:\n  ${destroyCommand(asked)}`);
    return 2;
  }
  process.once('SIGINT', () => {
    console.error(`\nstopped; what is deployed stays. Destroy it with\n  ${destroyCommand(asked)}`);
    process.exit(130);
  });
  const partition = arn.split(':')[1];
  try {
    say('deploying all stacks (about 8 minutes)');
    const outputs = await deploy(asked, (line) => say(`  ${line}`));
    check(outputs.SampleApiUrl !== undefined, 'all stacks are deployed');
    await story(account, outputs, `arn:${partition}:iam::${id}:role/tokenward-${ENVIRONMENT}-sample-orders`);
  } catch (fault) {
    check(false, fault instanceof Error ? `${fault.name}: ${fault.message}` : String(fault));
  }
  if (asked.keep) say(`kept; destroy with ${destroyCommand(asked)}`);
  else await takeDown(asked);
  console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed === 0 ? 0 : 1;
}

async function takeDown(asked: SmokeArguments): Promise<void> {
  say('destroying all stacks (KMS keys stay pending deletion for their waiting period)');
  try {
    await destroy(asked, (line) => say(`  ${line}`));
    check(true, 'all stacks are destroyed');
  } catch (fault) {
    check(false, `not destroyed: ${fault instanceof Error ? fault.message : String(fault)}`);
    say(`destroy by hand: ${destroyCommand(asked)}`);
  }
}

const asked = readArguments(process.argv.slice(2));
if (asked === 'help') {
  console.log(HELP);
} else if ('problem' in asked) {
  console.error(`smoke: ${asked.problem}\n\n${HELP}`);
  process.exitCode = 2;
} else {
  process.exitCode = await main(asked).catch((fault: unknown) => {
    console.error(`not started: ${fault instanceof Error ? fault.message : String(fault)}`);
    return 2;
  });
}
