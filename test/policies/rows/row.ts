import type { Row } from '../evaluate.ts';
import type { Who } from '../principals.ts';

export const FUNCTIONS: readonly Who[] = [
  'fn:issue',
  'fn:authorize',
  'fn:rotate',
  'fn:sweep',
  'fn:respond',
  'fn:revoke',
  'fn:seal',
  'fn:reconcile',
  'fn:report',
];
const DUTIES: readonly Who[] = ['duty:issuer', 'duty:responder', 'duty:auditor', 'duty:deployer'];
/** Every principal that this deployment makes. */
export const OURS: readonly Who[] = [
  ...FUNCTIONS,
  ...DUTIES,
  'schedule:sweep',
  'schedule:seal',
  'schedule:reconcile',
  'schedule:report',
  'role:forward',
];

/** Those that a deployment with a replay makes too. */
export const REPLAYING: readonly Who[] = ['fn:replay', 'role:replay-machine'];

/** The names of the roles of ours. */
export const ROLES: Readonly<Partial<Record<Who, string>>> = Object.fromEntries(
  [...OURS, ...REPLAYING].map((who) => {
    const [kind, name] = who.split(':');
    return [who, kind === 'schedule' ? `tokenward-prod-${name}-schedule` : `tokenward-prod-${name}`];
  }),
);

type Context = Row['context'];

export const may = (who: Who, action: string, resource: string, context: Context = {}): Row => ({
  may: true,
  who,
  action,
  resource,
  context,
});

export const mustNot = (who: Who, action: string, resource: string, context: Context = {}): Row => ({
  ...may(who, action, resource, context),
  may: false,
});

/** These may, and nobody else of ours; `outside` must not either. */
export const only = (
  allowed: readonly Who[],
  action: string,
  resource: string,
  context: Context = {},
  outside: readonly Who[] = [],
): readonly Row[] => [
  ...allowed.map((who) => may(who, action, resource, context)),
  ...[...OURS, ...outside]
    .filter((who) => !allowed.includes(who))
    .map((who) => mustNot(who, action, resource, context)),
];

/** Nobody of ours may, nor may `outside`. */
export const nobody = (
  action: string,
  resource: string,
  context: Context = {},
  outside: readonly Who[] = [],
): readonly Row[] => only([], action, resource, context, outside);
