import type { Exemption } from '#core/detection/contract.ts';
import type { Reading } from '#core/detection/fact.ts';
import { contractsOf } from '#core/detection/registry-contracts.ts';
import {
  type KeyControl,
  type Pager,
  PortError,
  type ReaderBlock,
  type SecretVault,
  type Usage,
} from '#core/ports.ts';
import type { FindingSink } from '#core/response/asff.ts';
import { groupsOf, namesIn } from '#core/response/groups.ts';
import type { ResponsePolicy } from '#core/response/policy.ts';
import { ok, type Result } from '#core/result.ts';
import { isEnvelope, parseEnvelope } from '#events/envelope.ts';
import { parseBatch } from '#events/sqs.ts';
import { isUsage, OWN_ACCOUNT, parseUsage } from '#events/usage.ts';
import type { DecidePorts } from '#functions/apply/decide.ts';
import { respondTo } from './event.ts';
import type { Begun } from './finish.ts';

export type RespondPorts = DecidePorts & {
  readonly vault: SecretVault;
  readonly pager: Pager;
  readonly readers: ReaderBlock;
  readonly keyControl: KeyControl;
  /** Security Hub, where the deployment tells it. */
  readonly findings?: FindingSink;
};

export interface RespondConfig {
  readonly policy: ResponsePolicy;
  /** Our functions, by exact role and session name (S10). */
  readonly own: readonly Exemption[];
}

/** What one invocation knows besides: what it has decided, so that another try of an event goes on from there. */
export type Responding = RespondConfig & { readonly begun: Begun };

/** One event, whichever way it came. */
export interface Incoming {
  readonly account: string;
  readonly reading: Reading;
  /** Of what a verifier of ours told. */
  readonly usage?: Usage;
}

/** What Lambda wants back: the messages to deliver again; after a few times they go to the dead-letter queue. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Nothing is begun when less is left of the invocation: the longest is an IAM user, looked at six times in 25 seconds. */
const RESERVE_MS = 35_000;

/** As many as Lambda takes from a queue at once: none waits for another that has nothing to do with it. */
const AT_ONCE = 10;

/** How often one event is tried in one run, and how long is waited first: beyond the retries of the SDK. */
const ATTEMPTS = 4;
const FIRST_WAIT_MS = 500;

/** One event of a message, which may tell of many. */
interface Unit {
  readonly messageId: string;
  readonly incoming: Incoming;
}

/**
 * Judges CloudTrail records and our own verifiers' usage, and acts (SI-4(7), AC-2(13), IR-4(1)). What has nothing to do
 * with each other is judged at once, so that a theft does not wait behind whatever came before it; what has, in order.
 * One message's fault never touches the others (F20); what there is no time for is delivered again, untouched.
 *
 * @param remainingMs what is left of the invocation.
 */
export async function run(
  event: unknown,
  ports: RespondPorts,
  config: RespondConfig,
  remainingMs: () => number = () => Number.POSITIVE_INFINITY,
): Promise<BatchAnswer> {
  const messages = parseBatch(event);
  const failed = new Set<string>();
  const units: Unit[] = [];
  for (const { messageId, body } of messages) {
    const parsed = incomingOf(body);
    if (parsed.ok) units.push(...parsed.value.map((incoming) => ({ messageId, incoming })));
    else {
      failed.add(messageId);
      ports.metrics.count('EventsUnreadable');
      ports.log.warn('a message is unreadable', { messageId, ...parsed.error });
    }
  }
  const responding = { ...config, begun: new Set<string>() };
  const ours = contractsOf([], config.own);
  const groups = groupsOf(units, ({ incoming }) => namesIn(incoming.reading, ours)).values();
  const work = async (): Promise<void> => {
    for (const group of groups)
      for (const unit of group)
        if (!(await isAnswered(unit, ports, responding, remainingMs))) failed.add(unit.messageId);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const ids = messages.map(({ messageId }) => messageId).filter((id) => failed.has(id));
  return { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) };
}

/**
 * Tries again what may pass, from fresh facts, rather than hand it back: a message that failed is invisible for the
 * whole visibility time-out, and each time costs it one of its receives.
 */
async function isAnswered(
  { messageId, incoming }: Unit,
  ports: RespondPorts,
  responding: Responding,
  remainingMs: () => number,
): Promise<boolean> {
  for (let attempt = 1; remainingMs() >= RESERVE_MS; attempt++) {
    try {
      await respondTo(incoming, ports, responding);
      return true;
    } catch (fault) {
      if (fault instanceof PortError && fault.retryable && attempt < ATTEMPTS) {
        ports.metrics.count('EventsRetried');
        await ports.clock.sleep(FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + ports.random.next()));
        continue;
      }
      ports.metrics.count('EventsFailed');
      ports.log.error('a message could not be judged', {
        messageId,
        fault: fault instanceof Error ? `${fault.name}: ${fault.message}` : 'unknown',
      });
      return false;
    }
  }
  ports.metrics.count('EventsLeft');
  ports.log.warn('no time was left for a message', { messageId });
  return false;
}

function incomingOf(body: unknown): Result<readonly Incoming[], { field: string; shape?: string }> {
  if (isUsage(body)) {
    const used = parseUsage(body);
    return used.ok ? ok(used.value.map((one) => ({ account: OWN_ACCOUNT, ...one }))) : used;
  }
  if (!isEnvelope(body)) return { ok: false, error: { field: 'body' } };
  const delivered = parseEnvelope(body);
  return delivered.ok ? ok([delivered.value]) : delivered;
}
