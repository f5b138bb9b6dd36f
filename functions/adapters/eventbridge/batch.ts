import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { PortError } from '#core/ports.ts';

/** PutEvents takes this many entries and bytes in one call. */
export const BATCH_MAX_ENTRIES = 10;
export const BATCH_MAX_BYTES: number = 256 * 1024;

/** Cuts entries into calls, in order. @throws PortError `event-too-large`, before anything is sent. */
export function batches(entries: readonly PutEventsRequestEntry[]): PutEventsRequestEntry[][] {
  const cut: PutEventsRequestEntry[][] = [];
  let open: PutEventsRequestEntry[] = [];
  let openBytes = 0;
  for (const entry of entries) {
    const bytes = sizeOf(entry);
    if (bytes > BATCH_MAX_BYTES) throw tooLarge(entry, bytes);
    if (open.length === BATCH_MAX_ENTRIES || openBytes + bytes > BATCH_MAX_BYTES) {
      cut.push(open);
      open = [];
      openBytes = 0;
    }
    open.push(entry);
    openBytes += bytes;
  }
  return open.length === 0 ? cut : [...cut, open];
}

/** As EventBridge counts: source, detail type and detail in UTF-8. */
function sizeOf({ Source = '', DetailType = '', Detail = '' }: PutEventsRequestEntry): number {
  return Buffer.byteLength(Source) + Buffer.byteLength(DetailType) + Buffer.byteLength(Detail);
}

const tooLarge = ({ DetailType }: PutEventsRequestEntry, bytes: number): PortError =>
  new PortError('event-too-large', {
    outcome: 'not-applied',
    retryable: false,
    message: `event ${DetailType} has ${bytes} bytes; EventBridge takes at most ${BATCH_MAX_BYTES}`,
  });
