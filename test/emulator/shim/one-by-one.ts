import { isObject, type Json, type JsonObject, transform } from './template.ts';

/** Stands for a value of CloudFormation within a definition's text. */
const MARK = /⟦(\d+)⟧/;

/**
 * A state machine whose Distributed Maps give their items one by one: the emulator has no batches, so each item
 * comes as a batch of its own, in the form that AWS gives a batch.
 */
export function oneByOne(properties: JsonObject): JsonObject {
  const { DefinitionString: written } = properties;
  const joined = isObject(written) ? written['Fn::Join'] : undefined;
  const pieces = Array.isArray(joined) ? (joined[1] as readonly Json[]) : [written ?? ''];
  const calls: Json[] = [];
  const text = pieces
    .map((piece) => (typeof piece === 'string' ? piece : `⟦${calls.push(piece) - 1}⟧`))
    .join('');
  const definition = transform(JSON.parse(text) as Json, unbatched);
  const parts = JSON.stringify(definition)
    .split(MARK)
    .map((part, at) => (at % 2 === 0 ? part : (calls[Number(part)] as Json)));
  return { ...properties, DefinitionString: { 'Fn::Join': ['', parts] } };
}

function unbatched(node: JsonObject): Json {
  const { ItemBatcher: batcher, ...rest } = node;
  if (!isObject(batcher)) return node;
  const { BatchInput = {} } = batcher;
  return { ...rest, ItemSelector: { BatchInput, Items: [{ 'Key.$': '$$.Map.Item.Value.Key' }] } };
}
