import type { OrderAction } from '#core/response/orders.ts';
import type { RevokeAnswer } from '#functions/revoke/settle.ts';
import { keyIdOf, textOf, tokenIdOf, type Values, whereOf } from './arguments.ts';
import type { Deployment } from './deployment.ts';
import { CliError, EXIT, type ExitCode } from './fault.ts';
import { json, safe } from './print.ts';
import { receiptLines } from './receipt.ts';
import type { Session } from './session.ts';

/** Verbs that make somebody's requests fail: a person says yes to them first. */
const DESTROYING: readonly OrderAction[] = ['suspend', 'revoke', 'reissue'];

type Body = Readonly<Record<string, string | number | boolean>>;

/**
 * One order: the plan first, by a dry run; then, once the number of tokens concerned has been typed, the order
 * itself; then its receipt. What the person agreed to is what is sent: a principal's count goes with the order.
 */
export async function order(action: OrderAction, values: Values, session: Session): Promise<ExitCode> {
  const target = targetOf(values);
  const asked = bodyOf(action, target, values);
  const deployment = session.connect(whereOf(values));
  const direct = values.direct === true;
  const asJson = values.json === true;
  session.err(`asking what ${action} would do`);
  // The function demands a count for a principal; a dry run does not compare it.
  const demanded = 'principal' in target ? { expectCount: 0 } : {};
  const plan = await send(deployment, { ...asked, ...demanded, dryRun: true }, direct);
  if (plan.outcome === 'refused') return settle(plan, asJson, session);
  const counted = countOf(plan);
  if (values['dry-run'] === true) return planned(plan, counted, asJson, session);
  for (const line of planLines(plan, counted)) session.err(line);
  if (DESTROYING.includes(action) && values.yes !== true)
    await confirm(action, plan.tokenIds.length, 'tokens', session);
  session.err(
    values.wait === false
      ? 'sending the order'
      : 'sending the order; it returns once no verifier accepts any more',
  );
  const agreed = 'principal' in target ? { expectCount: plan.tokenIds.length } : {};
  const answer = await send(
    deployment,
    { ...asked, ...agreed, ...(values.wait === false ? { noWait: true } : {}) },
    direct,
  );
  return settle(answer, asJson, session);
}

function targetOf(
  values: Values,
): { tokenId: string } | { keyId: string } | { principal: string } | { user: string } {
  const [id, key, principal, user] = ['id', 'key', 'principal', 'user'].map((name) => textOf(values, name));
  const given = [id, key, principal, user].filter((one) => one !== undefined).length;
  if (given !== 1) {
    throw new CliError(
      'usage',
      `${given === 0 ? 'no target' : 'more than one target'}: give a token id, or one of the options that --help names`,
    );
  }
  if (key !== undefined) return { keyId: keyIdOf(key) };
  if (principal !== undefined) return { principal };
  if (user !== undefined) return { user };
  return { tokenId: tokenIdOf(id ?? '') };
}

function bodyOf(action: OrderAction, target: ReturnType<typeof targetOf>, values: Values): Body {
  const [reason, incidentId, until] = ['reason', 'incident', 'until'].map((name) => textOf(values, name));
  if (reason === undefined || incidentId === undefined) {
    throw new CliError(
      'usage',
      `${action} demands --reason and --incident: the audit keeps why, and under which incident`,
    );
  }
  return { action, ...target, reason, incidentId, ...(until === undefined ? {} : { until }) };
}

/** Sends an order; one that the function could not read is the caller's mistake. */
export async function send(deployment: Deployment, body: Body, direct: boolean): Promise<RevokeAnswer> {
  const reply = await deployment.order(body, direct);
  if (!('error' in reply)) return reply;
  const { field, problem, fix } = reply.error;
  throw new CliError('usage', safe(`${field}: ${problem}; give ${fix}`));
}

/** A person types how many are concerned, or nothing is done. */
export async function confirm(action: string, count: number, what: string, session: Session): Promise<void> {
  if (!session.interactive) {
    throw new CliError(
      'refused',
      `${action} wants a person's yes and there is no terminal: repeat with --yes. Nothing was done`,
    );
  }
  const typed = await session.ask(`${action}: type the number of ${what} concerned to go on`);
  if (typed?.trim() === String(count)) return;
  throw new CliError(
    'refused',
    `${typed === undefined ? 'cancelled' : `that is not ${count}`}: nothing was done`,
  );
}

/** The plan as the result of a dry run. */
export function planned(plan: RevokeAnswer, counted: string, asJson: boolean, session: Session): ExitCode {
  if (asJson) session.out(json(plan));
  else for (const line of planLines(plan, counted)) session.out(line);
  return EXIT.done;
}

/** What an order would do, and to how many. */
export const planLines = (answer: RevokeAnswer, counted: string): readonly string[] => [
  ...answer.plan.map((sentence) => `  ${safe(sentence)}`),
  counted,
];

/** An order on an IAM user is on no token: what it names are access keys. */
const countOf = ({ tokenIds, keyIds }: RevokeAnswer): string =>
  tokenIds.length === 0
    ? count(keyIds, 'access key')
    : `${count(tokenIds, 'token')}, ${count(keyIds, 'live version')}`;

const count = (list: readonly string[], what: string): string =>
  `${list.length} ${what}${list.length === 1 ? '' : 's'}`;

/** What an order came to, as the command's result. */
export function settle(answer: RevokeAnswer, asJson: boolean, session: Session): ExitCode {
  if (asJson) session.out(json(answer));
  else for (const line of receiptLines(answer)) session.out(line);
  if (answer.outcome !== 'refused') return EXIT.done;
  session.err(`refused: ${safe(answer.message ?? 'no reason given')}`);
  return EXIT.refused;
}
