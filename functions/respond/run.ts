import type { OwnRole } from '#core/detection/judge.ts';
import type { Sighting } from '#core/detection/sighting.ts';
import type { Pager, ReaderBlock, SecretVault } from '#core/ports.ts';
import type { ResponsePolicy } from '#core/response/policy.ts';
import type { Result } from '#core/result.ts';
import { isEnvelope, parseCloudTrail } from '#events/cloudtrail.ts';
import { type Message, parseBatch } from '#events/sqs.ts';
import { isUsage, parseUsage } from '#events/usage.ts';
import type { DecidePorts } from '#functions/apply/decide.ts';
import { respondTo } from './sighting.ts';

export type RespondPorts = DecidePorts & {
  readonly vault: SecretVault;
  readonly pager: Pager;
  readonly readers: ReaderBlock;
};

export interface RespondConfig {
  readonly policy: ResponsePolicy;
  readonly ownRoles: readonly OwnRole[];
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
  const parsed = sightingsOf(message.body);
  if (!parsed.ok) {
    ports.metrics.count('EventsUnreadable');
    ports.log.warn('a message is unreadable', { messageId: message.messageId, field: parsed.error.field });
    return false;
  }
  try {
    for (const sighting of parsed.value) await respondTo(sighting, ports, config);
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

function sightingsOf(body: unknown): Result<readonly Sighting[], { field: string }> {
  if (isUsage(body)) return parseUsage(body);
  if (isEnvelope(body)) return parseCloudTrail(body);
  return { ok: false, error: { field: 'body' } };
}
