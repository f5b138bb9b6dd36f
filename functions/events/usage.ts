import * as z from 'zod/mini';
import type { Sighting } from '#core/detection/sighting.ts';
import { ok, type Result, refuse } from '#core/result.ts';
import { lengthWithin } from '#core/text.ts';
import { isKeyId } from '#core/token/format.ts';
import { fieldOf } from './field.ts';

const ID = z.string().check(z.regex(/^[A-Za-z0-9._:-]{1,64}$/));

/** The last moment that has a date of four digits: what cannot be written as a date is no time. */
const LAST_MS: number = Date.UTC(10_000, 0) - 1;

/** More requests than one container can judge between two reports; sums of it stay whole numbers. */
const COUNT_MOST = 1_000_000_000;

/**
 * What `authorize` tells of its uses.
 *
 * @example
 * { "kind": "usage", "v": 1, "usages": [{ "usageId": "…", "at": 1795600000000, "keyId": "0123456789ABCDEF",
 *   "tokenId": "orders", "network": "203.0.113.7", "client": "curl/8.5.0", "outcome": "denied",
 *   "reason": "network", "count": 1, "firstSeen": true }] }
 */
const MESSAGE = z.object({
  kind: z.literal('usage'),
  v: z.literal(1),
  usages: z
    .array(
      z.object({
        usageId: ID,
        at: z.int().check(z.minimum(0), z.maximum(LAST_MS)),
        keyId: z.string().check(z.refine(isKeyId)),
        tokenId: ID,
        network: z.string().check(lengthWithin(0, 64)),
        client: z.string().check(lengthWithin(0, 256)),
        outcome: z.enum(['allowed', 'denied']),
        reason: z.optional(z.string().check(z.regex(/^[a-z-]{1,32}$/))),
        count: z.int().check(z.minimum(1), z.maximum(COUNT_MOST)),
        firstSeen: z.boolean(),
      }),
    )
    .check(lengthWithin(0, 200)),
});

/** Whether a message claims to be usage. */
export const isUsage = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'kind' in body && body.kind === 'usage';

/** Reads a usage message into sightings. */
export function parseUsage(body: unknown): Result<readonly Sighting[], { field: string }> {
  const read = MESSAGE.safeParse(body);
  if (!read.success) return refuse({ field: fieldOf(read.error, 'usages') });
  return ok(
    read.data.usages.map(({ usageId, outcome, reason, ...use }) => ({
      ...use,
      kind: 'use' as const,
      eventId: usageId,
      account: 'own',
      allowed: outcome === 'allowed',
      ...(reason === undefined ? {} : { reason }),
    })),
  );
}
