import type { Account, Document } from './account.ts';
import type { Row } from './evaluate.ts';
import { the } from './names.ts';
import { ROLES } from './rows/row.ts';

/** An account with one policy that allows more than it should, and the rows that could notice. */
export interface Widened {
  readonly what: string;
  readonly account: Account;
  readonly concerns: (row: Row) => boolean;
}

type Statement = Document['Statement'][number];

/**
 * Every way in which one statement can be let slip: a denial taken out, a condition forgotten, a resource or an action
 * made every one of its kind. A table of cases is worth what it notices of these.
 */
export function widenings(account: Account): readonly Widened[] {
  return [...ofIdentity(account), ...ofResource(account)];
}

function ofIdentity(account: Account): readonly Widened[] {
  return [...account.identity].flatMap(([role, policies]) =>
    policies.flatMap(({ name, policy }, at) =>
      policy.Statement.flatMap((statement, index) =>
        allowWider(statement).map(
          ([how, wider]): Widened => ({
            what: `${name} ${index}: ${how} of ${JSON.stringify(statement)}`,
            account: {
              ...account,
              identity: new Map(account.identity).set(
                role,
                policies.with(at, {
                  name,
                  policy: { ...policy, Statement: policy.Statement.with(index, wider) },
                }),
              ),
            },
            concerns: ({ who, action }) => the.role(ROLES[who] ?? '') === role && isOf(action, statement),
          }),
        ),
      ),
    ),
  );
}

function ofResource(account: Account): readonly Widened[] {
  return [...account.resource].flatMap(([arn, policy]) =>
    policy.Statement.flatMap((statement, index) => {
      const wider: readonly (readonly [string, readonly Statement[]])[] =
        statement.Effect === 'Deny'
          ? [['the denial', policy.Statement.toSpliced(index, 1)]]
          : conditionless(statement).map(([how, each]) => [how, policy.Statement.with(index, each)] as const);
      return wider.map(
        ([how, Statement]): Widened => ({
          what: `${arn}: ${how} of ${JSON.stringify(statement)}`,
          account: { ...account, resource: new Map(account.resource).set(arn, { ...policy, Statement }) },
          concerns: ({ resource, action }) =>
            (resource === arn || resource.startsWith(`${arn}/`)) && isOf(action, statement),
        }),
      );
    }),
  );
}

/** Whether an action is of the service that a statement is about. */
const isOf = (action: string, { Action }: Statement): boolean =>
  [Action].flat().some((own) => String(own).split(':')[0] === action.split(':')[0]);

function allowWider(statement: Statement): readonly (readonly [string, Statement])[] {
  const [first = ''] = [statement.Action].flat() as string[];
  return [
    ...conditionless(statement),
    ['the actions', { ...statement, Action: `${first.split(':')[0]}:*` }],
    ...(statement.Resource === '*' ? [] : [['the resources', { ...statement, Resource: '*' }] as const]),
  ];
}

/** Without one of its conditions, each in turn. */
function conditionless(statement: Statement): readonly (readonly [string, Statement])[] {
  const { Condition = {}, ...rest } = statement;
  return Object.entries(Condition as Record<string, Record<string, unknown>>).flatMap(([operator, keys]) =>
    Object.keys(keys).map((key) => {
      const { [key]: _, ...left } = keys;
      const kept = { ...(Condition as object), [operator]: left };
      return [`the condition ${operator} ${key}`, { ...rest, Condition: kept }] as const;
    }),
  );
}
