/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** One resource of a CloudFormation template. */
export interface Resource extends JsonObject {
  readonly Type: string;
  readonly Properties?: JsonObject;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
}

/** The part of a CloudFormation template that the local variant reads and rewrites. */
export interface Template extends JsonObject {
  readonly Resources: { readonly [logicalId: string]: Resource };
  readonly Outputs?: { readonly [name: string]: JsonObject };
}

/** Whether `value` is an object and not a list. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Name of the intrinsic function that `value` calls (`Ref`, `Fn::Join`, …), if it is such a call. */
export function intrinsicOf(value: Json | undefined): string | undefined {
  if (!isObject(value)) return undefined;
  const [name, ...others] = Object.keys(value);
  if (name === undefined || others.length > 0) return undefined;
  return name === 'Ref' || name.startsWith('Fn::') ? name : undefined;
}

/**
 * Rebuilds `value` from its leaves up to its root; `visit` sees every object after its members were visited.
 * Returning the same object keeps it.
 */
export function transform(value: Json, visit: (node: JsonObject) => Json): Json {
  if (Array.isArray(value)) return value.map((item) => transform(item, visit));
  if (!isObject(value)) return value;
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push([key, transform(member, visit)]);
  }
  return visit(Object.fromEntries(members));
}

/** Logical id that `Ref`, `Fn::GetAtt` or one `${…}` of `Fn::Sub` names; the latter two may carry an attribute. */
export function referenceOf(
  node: JsonObject,
): { readonly id: string; readonly attribute?: string } | undefined {
  const { Ref: ref, 'Fn::GetAtt': got } = node;
  if (typeof ref === 'string') return { id: ref };
  if (typeof got === 'string') return split(got);
  if (Array.isArray(got) && typeof got[0] === 'string') {
    return { id: got[0], ...(typeof got[1] === 'string' ? { attribute: got[1] } : {}) };
  }
  return undefined;
}

/** Rewrites each `${…}` of an `Fn::Sub` call by `replace`, which returns the text to put in its place. */
export function mapSubstitutions(node: JsonObject, replace: (name: string) => string): JsonObject {
  const sub = node['Fn::Sub'];
  const edit = (text: string): string =>
    text.replaceAll(/\$\{([^}!]+)\}/g, (_, name: string) => replace(name.trim()));
  if (typeof sub === 'string') return { 'Fn::Sub': edit(sub) };
  if (Array.isArray(sub) && typeof sub[0] === 'string') return { 'Fn::Sub': [edit(sub[0]), ...sub.slice(1)] };
  return node;
}

function split(path: string): { readonly id: string; readonly attribute?: string } {
  const dot = path.indexOf('.');
  return dot < 0 ? { id: path } : { id: path.slice(0, dot), attribute: path.slice(dot + 1) };
}
