import type { Json, JsonObject } from '../call.ts';
import type { Target } from './rules.ts';

/** What a target receives for an event: the whole of it, a constant, a part, or a template filled in. */
export function targetInput(event: JsonObject, target: Target): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(at(event, target.InputPath) ?? {});
  const transformer = target.InputTransformer;
  if (transformer?.InputTemplate === undefined) return JSON.stringify(event);
  const paths = transformer.InputPathsMap ?? {};
  return transformer.InputTemplate.replace(/"?<([\w.-]+)>"?/g, (placeholder, name: string) => {
    const path = paths[name];
    if (path === undefined) return placeholder;
    const value = at(event, path);
    if (value === undefined) return '""';
    const quoted = placeholder.startsWith('"') && placeholder.endsWith('"');
    return quoted && typeof value === 'string' ? JSON.stringify(value) : plain(value);
  });
}

function plain(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Reads a JSONPath of plain members, `$.detail.eventName`, which is what rules use. */
function at(event: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = event;
  for (const key of path.split('.').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as { readonly [key: string]: Json })[key];
  }
  return value;
}
