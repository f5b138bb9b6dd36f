import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { PortError } from '#core/ports.ts';
import type { SealStore } from '#core/seal/ports.ts';
import { HEADER } from '#core/seal/segment.ts';
import type { SealState } from '#core/seal/state.ts';
import { SEAL_KEY } from '#core/storage.ts';
import { guarded } from './read.ts';

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
  const { pk, sk } = SEAL_KEY;
  return {
    read: () =>
      guarded(async () => {
        const { Item } = await client.send(
          new GetItemCommand({
            TableName: tableName,
            Key: { pk: { S: pk }, sk: { S: sk } },
            ConsistentRead: true,
          }),
        );
        return Item === undefined ? undefined : parse(Item.schema?.N, Item.body?.S);
      }),
    replace: (state) =>
      guarded(async () => {
        const first = state.rev === 0;
        const command = new PutItemCommand({
          TableName: tableName,
          Item: {
            pk: { S: pk },
            sk: { S: sk },
            kind: { S: 'seal' },
            schema: { N: String(state.schema) },
            rev: { N: String(state.rev + 1) },
            body: { S: JSON.stringify({ ...state, rev: state.rev + 1 }) },
          },
          ConditionExpression: first ? 'attribute_not_exists(pk)' : 'rev = :rev',
          ...(first ? {} : { ExpressionAttributeValues: { ':rev': { N: String(state.rev) } } }),
        });
        try {
          await client.send(command);
          return true;
        } catch (fault) {
          if (fault instanceof ConditionalCheckFailedException) return false;
          throw fault;
        }
      }),
  };
}

/** @throws PortError `unknown-schema`, `bad-item`: a state that is guessed would fork the log. */
function parse(schema: string | undefined, body: string | undefined): SealState {
  if (schema !== '1') throw refused('unknown-schema');
  const read = STATE.safeParse(json(body ?? ''));
  if (!read.success) throw refused('bad-item');
  const { intent, ...state } = read.data;
  const { size, nodes } = state.tree;
  if (nodes.length !== [...size.toString(2)].filter((bit) => bit === '1').length) throw refused('bad-item');
  return intent === undefined ? state : { ...state, intent };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const refused = (code: string): PortError =>
  new PortError(code, {
    outcome: 'not-applied',
    retryable: false,
    message: `${SEAL_KEY.pk} / ${SEAL_KEY.sk} is not a sealer's state that this release knows`,
  });
