import * as z from 'zod/mini';
import { lengthWithin } from '#core/text.ts';
import { BadEventError } from './bad-event.ts';
import { fieldOf } from './field.ts';

/** What the state machine of a replay asks of a step. Times are ISO 8601, as Step Functions writes them. */
export type ReplayEvent =
  | { readonly step: 'read'; readonly run: string; readonly keys: readonly string[] }
  | { readonly step: 'judge'; readonly run: string; readonly round: number; readonly part: number }
  | { readonly step: 'join'; readonly run: string; readonly round: number; readonly startedAt: number };

/** An execution's name, and no way out of its own folder. */
const RUN = z.string().check(z.regex(/^[\w-]{1,128}$/));
const ROUND = z.int().check(z.minimum(0), z.maximum(63));
const KEY = z.object({ Key: z.string().check(lengthWithin(1, 1024)) });

const EVENT = z.discriminatedUnion('step', [
  z.object({
    step: z.literal('read'),
    run: RUN,
    Items: z.array(KEY).check(lengthWithin(1, 1_000)),
  }),
  z.object({ step: z.literal('judge'), run: RUN, round: ROUND, part: ROUND }),
  z.object({
    step: z.literal('join'),
    run: RUN,
    round: ROUND,
    startedAt: z.string().check(z.iso.datetime()),
  }),
]);

/** Beside the log files: digests of them, and the markers of folders. */
const NO_LOG = /\/CloudTrail-Digest\/|\/CloudTrail-Insight\/|\/$/;

/** @throws BadEventError naming the first field that is wrong */
export function parseReplayEvent(event: unknown): ReplayEvent {
  const read = EVENT.safeParse(event);
  if (!read.success) throw new BadEventError(`no step of a replay: ${fieldOf(read.error, 'event')}`);
  const found = read.data;
  const run = `runs/${found.run}`;
  if (found.step === 'read') {
    return { step: 'read', run, keys: found.Items.map(({ Key }) => Key).filter((key) => !NO_LOG.test(key)) };
  }
  if (found.step === 'judge') return { ...found, run };
  return { step: 'join', run, round: found.round, startedAt: Date.parse(found.startedAt) };
}
