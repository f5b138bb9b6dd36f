import type { Exemption } from '#core/detection/contract.ts';
import type { Reading } from '#core/detection/fact.ts';
import type { KeyControl, Pager, ReaderBlock, SecretVault, Usage } from '#core/ports.ts';
import type { FindingSink } from '#core/response/asff.ts';
import type { ResponsePolicy } from '#core/response/policy.ts';
import { ok, type Result } from '#core/result.ts';
import { isEnvelope, parseEnvelope } from '#events/envelope.ts';
import { type Message, parseBatch } from '#events/sqs.ts';
import { isUsage, OWN_ACCOUNT, parseUsage } from '#events/usage.ts';
import type { DecidePorts } from '#functions/apply/decide.ts';
import { respondTo } from './event.ts';

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

/**
 * Judges CloudTrail records and our own verifiers' usage, and acts (SI-4(7), AC-2(13), IR-4(1)). One message's
 * fault never touches the others (F20).
 */
export async function run(event: unknown, ports: RespondPorts, config: RespondConfig): Promise<BatchAnswer> {
  const failed: { itemIdentifier: string }[] = [];
  for (const message of parseBatch(event)) {
    if (!(await handle(message, ports, config))) failed.push({ itemIdentifier: message.messageId });
  }
  return { batchItemFailures: failed };
}

async function handle(message: Message, ports: RespondPorts, config: RespondConfig): Promise<boolean> {
  const parsed = incomingOf(message.body);
  if (!parsed.ok) {
    ports.metrics.count('EventsUnreadable');
    ports.log.warn('a message is unreadable', { messageId: message.messageId, ...parsed.error });
    return false;
  }
  try {
    for (const incoming of parsed.value) await respondTo(incoming, ports, config);
    return true;
  } catch (fault) {
    ports.metrics.count('EventsFailed');
    ports.log.error('a message could not be judged', {
      messageId: message.messageId,
      fault: fault instanceof Error ? `${fault.name}: ${fault.message}` : 'unknown',
    });
    return false;
  }
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
