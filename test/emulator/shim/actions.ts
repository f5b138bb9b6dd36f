import { type Json, type JsonObject, transform } from './template.ts';

/** On AWS the right to one message is the right to ten in one call; the emulator asks for the call by its own name. */
const BATCHED: readonly string[] = ['sqs:SendMessage', 'sqs:DeleteMessage'];

/** Actions as the emulator asks for them. */
export const localActions = (value: Json): Json =>
  transform(value, (node): JsonObject => {
    const { Action: written } = node;
    if (typeof node.Effect !== 'string' || written === undefined) return node;
    const actions = Array.isArray(written) ? written : [written];
    const batched = actions
      .filter((action) => BATCHED.includes(String(action)))
      .map((action) => `${action}Batch`);
    return batched.length === 0 ? node : { ...node, Action: [...actions, ...batched] };
  });
