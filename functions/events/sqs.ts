import * as z from 'zod/mini';
import { jsonIn } from '#core/json.ts';
import { lengthWithin } from '#core/text.ts';
import { BadEventError } from './bad-event.ts';

/** The largest body that is parsed; SQS's own limit at the time of writing is larger. */
const BODY_MOST_BYTES: number = 256 * 1024;

const BATCH = z.object({
  Records: z.array(z.object({ messageId: z.string(), body: z.string() })).check(lengthWithin(0, 10_000)),
});

/** One message of a batch. `body`: parsed JSON, or `undefined` when it is too large or none. */
export interface Message {
  readonly messageId: string;
  readonly body: unknown;
}

/** Reads an SQS batch. @throws BadEventError for anything else: the event source mapping sends nothing else. */
export function parseBatch(event: unknown): readonly Message[] {
  const read = BATCH.safeParse(event);
  if (!read.success) throw new BadEventError('not an SQS batch');
  return read.data.Records.map(({ messageId, body }) => ({ messageId, body: readJson(body) }));
}

function readJson(body: string): unknown {
  return body.length > BODY_MOST_BYTES ? undefined : jsonIn(body);
}
