import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { jsonIn } from '#core/json.ts';
import { PortError } from '#core/ports.ts';
import type { SealStore } from '#core/seal/ports.ts';
import { HEADER } from '#core/seal/segment.ts';
import type { SealState } from '#core/seal/state.ts';
import { SEAL_KEY } from '#core/storage.ts';
import { createRevisedItems, type StoredItem } from './revised-item.ts';

const HASH = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const COUNT = z.int().check(z.nonnegative());
const STATE = z.object({
  schema: z.literal(1),
  rev: COUNT,
  segment: COUNT,
  tree: z.object({ size: COUNT, nodes: z.array(HASH) }),
  sealedAt: COUNT,
  shards: z.array(z.object({ shard: COUNT, seq: COUNT, hash: HASH })),
  intent: z.optional(z.object({ header: HEADER, sha256: HASH })),
});

/** The sealer's state, one item of the registry's table on a revision of its own. */
export function createSealStore(client: DynamoDBClient, tableName: string): SealStore {
  const items = createRevisedItems(client, tableName);
  return {
    async read() {
      const stored = await items.read(SEAL_KEY);
      return stored && parse(stored);
    },
    replace: (state) => items.replace(SEAL_KEY, 'seal', state),
  };
}

/** @throws PortError `unknown-schema`, `bad-item`: a state that is guessed would fork the log. */
function parse({ schema, body }: StoredItem): SealState {
  if (schema !== '1') throw refused('unknown-schema');
  const read = STATE.safeParse(jsonIn(body));
  if (!read.success) throw refused('bad-item');
  const { intent, ...state } = read.data;
  const { size, nodes } = state.tree;
  if (nodes.length !== [...size.toString(2)].filter((bit) => bit === '1').length) throw refused('bad-item');
  return intent === undefined ? state : { ...state, intent };
}

const refused = (code: string): PortError =>
  new PortError(code, {
    outcome: 'not-applied',
    retryable: false,
    message: `${SEAL_KEY.pk} / ${SEAL_KEY.sk} is not a sealer's state that this release knows`,
  });
