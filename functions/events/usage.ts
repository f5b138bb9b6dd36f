import * as z from 'zod/mini';
import { clientFamily } from '#core/detection/client.ts';
import type { Act, Reading } from '#core/detection/fact.ts';
import { tokenSubject } from '#core/detection/registry-contracts.ts';
import type { Usage } from '#core/ports.ts';
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

/** One use as it was told, and as the engine reads it. */
export interface Used {
  readonly usage: Usage;
  readonly reading: Reading;
}

/** Reads a usage message. */
export function parseUsage(body: unknown): Result<readonly Used[], { field: string }> {
  const read = MESSAGE.safeParse(body);
  if (!read.success) return refuse({ field: fieldOf(read.error, 'usages') });
  return ok(
    read.data.usages.map(({ reason, ...use }) => {
      const usage = { ...use, ...(reason === undefined ? {} : { reason }) };
      return { usage, reading: readingOf(usage) };
    }),
  );
}

/**
 * A use of a token of ours as a fact: its version is the credential, the token its principal. What a verifier refused
 * was genuine all the same, since its MAC is checked first.
 */
function readingOf({ usageId, at, keyId, tokenId, network, client, outcome, reason }: Usage): Reading {
  const refused = outcome === 'denied';
  const act: Act = refused ? { kind: 'presented', keyId, reason: reason ?? '' } : { kind: 'plain' };
  return {
    eventId: usageId,
    notices: [],
    update: false,
    facts: [
      {
        eventId: usageId,
        at,
        account: OWN_ACCOUNT,
        region: '',
        api: USED_API,
        credential: keyId,
        kind: 'api-token',
        principal: tokenSubject(tokenId),
        session: '',
        delivery: '',
        network,
        client: clientFamily(client),
        refused,
        act,
      },
    ],
  };
}

/** Stands for the account and the call of what our own verifiers tell. */
export const OWN_ACCOUNT = 'own';
const USED_API = 'tokenward:Use';
