/** One resource of a CloudFormation template, intrinsic functions unresolved. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/** The templates that a deployment runs, as CloudFormation has them: `<stack>/<logical id>` → resource. */
export interface Template {
  readonly resources: Readonly<Record<string, TemplateResource>>;
}

/** A statement of a policy, with its lists as lists. */
export interface TemplateStatement {
  readonly sid: string;
  readonly effect: string;
  readonly actions: readonly string[];
  /** Each as JSON, so that references compare. */
  readonly resources: readonly string[];
  readonly principal: unknown;
  readonly condition: Readonly<Record<string, unknown>>;
}

/** A resource with where it stands. */
export interface Placed {
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly deletionPolicy: string;
}

/** All resources of a type, by id. */
export const ofType = ({ resources }: Template, type: string): readonly Placed[] =>
  Object.entries(resources)
    .filter(([, { Type }]) => Type === type)
    .map(([id, { Properties = {}, DeletionPolicy = 'Delete' }]) => ({
      id,
      properties: Properties,
      deletionPolicy: DeletionPolicy,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

/** Every policy statement below a value, wherever it stands. */
export function statementsOf(value: unknown): readonly TemplateStatement[] {
  if (Array.isArray(value)) return value.flatMap(statementsOf);
  if (typeof value !== 'object' || value === null) return [];
  const own = 'Effect' in value && 'Action' in value ? [statementOf(value)] : [];
  return [...own, ...Object.values(value).flatMap(statementsOf)];
}

function statementOf(value: object): TemplateStatement {
  const { Sid, Effect, Action, Resource, Principal, Condition } = value as Readonly<Record<string, unknown>>;
  return {
    sid: textOf(Sid),
    effect: textOf(Effect),
    actions: listOf(Action).map(textOf),
    resources: listOf(Resource).map(textOf),
    principal: Principal,
    condition: (Condition ?? {}) as Readonly<Record<string, unknown>>,
  };
}

/** A text as it is, anything else as JSON. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

export const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** What stands at a path of properties; `undefined` where something on the way is missing. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[name] : undefined,
    value,
  );
}

/** The logical id that a reference names, within its stack or exported by another. */
export const refersTo = (value: unknown, logicalId: string): boolean => textOf(value).includes(logicalId);

/** The id within its stack. */
export const logicalIdOf = ({ id }: Placed): string => id.slice(id.indexOf('/') + 1);
