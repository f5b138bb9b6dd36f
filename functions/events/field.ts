import type { z } from 'zod/mini';

/** How a field of a schema of ours is named; a key that a sender chose may be anything, a secret too. */
const NAME = /^[A-Za-z-]{1,40}$/;

/** Where an event is unreadable: the way to the first wrong field, as far as its names are ours; else `whole`. */
export function fieldOf(error: z.core.$ZodError, whole: string): string {
  const path = error.issues[0]?.path ?? [];
  const foreign = path.findIndex((part) => typeof part !== 'number' && !NAME.test(String(part)));
  return path.slice(0, foreign < 0 ? path.length : foreign).join('.') || whole;
}
