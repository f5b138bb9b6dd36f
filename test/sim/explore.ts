import { setImmediate as settled } from 'node:timers/promises';
import { DEFAULT_POLICY } from '#core/response/policy.ts';
import type { PortCall } from '#test/ports/world.ts';
import { digestOf } from './digest.ts';
import { advance, type Flow, type Position, settle, start } from './driver.ts';
import { after, before, type Fault, faultsAt } from './faults.ts';
import { type Answer, createFunctions, type Delivery, type Functions } from './functions.ts';
import { createOracle, type Oracle, type Violation } from './oracle.ts';
import { nameOf } from './points.ts';

/** One fault in one invocation: at its n-th port call. */
export interface Planned {
  readonly call: number;
  readonly fault: Fault;
}

/** What happened on the way to a violation, for a person to read. */
export interface Trace {
  readonly flow: string;
  /** For `--replay`: one entry an invocation, `-` where nothing befell it. */
  readonly path: string;
  readonly violations: readonly Violation[];
}

export interface Explored {
  readonly flow: string;
  /** How many different ways of 0, 1, 2, … faults were covered. */
  readonly covered: readonly number[];
  /** How many invocations were run for it, and how many states they met. */
  readonly invocations: number;
  readonly states: number;
  /** Which (call, fault) were reached, by function. */
  readonly reached: ReadonlySet<string>;
  readonly failures: readonly Trace[];
}

interface Ran {
  readonly answer: Answer | undefined;
  readonly calls: readonly { readonly name: string; readonly faults: readonly Fault[] }[];
}

/** Runs one invocation with its faults, watched by the oracle. */
async function run(
  functions: Functions,
  oracle: Oracle,
  delivery: Delivery,
  plan: readonly Planned[],
): Promise<Ran> {
  const { world, ports } = functions;
  const calls: { name: string; faults: readonly Fault[] }[] = [];
  const own = new Map<PortCall, Fault | undefined>();
  let dead = false;
  let die: () => void = () => {};
  const death = new Promise<'crashed'>((resolve) => {
    die = () => {
      dead = true;
      resolve('crashed');
    };
  });
  const struck = <T>(outcome: T | Promise<never>): T | Promise<never> => {
    if (outcome instanceof Promise) die();
    return outcome;
  };
  world.beforeCall = (call) => {
    if (dead) return new Promise<never>(() => {});
    if (functions.elsewhere()) return undefined;
    const fault = plan.find((planned) => planned.call === calls.length)?.fault;
    calls.push({ name: nameOf(call), faults: faultsAt(call, ports) });
    own.set(call, fault);
    return fault === undefined ? undefined : struck(before(fault, call, ports));
  };
  world.afterCall = (call) => {
    oracle.observe(call);
    const fault = own.get(call);
    return fault === undefined ? undefined : struck(after(fault, call, ports));
  };
  oracle.begin(delivery);
  let answer: Answer | undefined;
  let thrown: unknown;
  try {
    const ended = await Promise.race([functions.invoke(delivery), death]);
    if (ended !== 'crashed') answer = ended;
  } catch (fault) {
    thrown = fault;
  }
  if (dead) await settled();
  dead = true;
  world.beforeCall = undefined;
  world.afterCall = undefined;
  oracle.end(
    delivery,
    { ...(answer === undefined ? {} : { answer }), ...(thrown === undefined ? {} : { fault: thrown }) },
    calls.length,
  );
  return { answer, calls };
}

/**
 * Runs a flow under every combination of up to its number of faults: each invocation under each set of faults at
 * each of its calls, the retries that follow included. Invocations are cold, so a state met before need not be
 * followed again: its ways are counted as often as they are reached, and run once.
 */
export async function explore(
  flow: Flow,
  options: {
    readonly most?: number;
    readonly deep?: boolean;
    readonly failures?: number;
    readonly merge?: boolean;
  } = {},
): Promise<Explored> {
  const functions = functionsOf(flow);
  const oracle = createOracle(functions);
  const asked = (options.deep === true ? flow.deep : undefined) ?? flow.faults;
  const faults = Math.min(asked, options.most ?? asked);
  const known = new Map<string, readonly number[]>();
  const reached = new Set<string>();
  const failures: Trace[] = [];
  let invocations = 0;
  const notes = await flow.setup(functions);
  functions.world.beforeCall = undefined;
  settleOracle(functions, oracle);

  async function visit(
    position: Position,
    left: number,
    path: readonly string[],
  ): Promise<readonly number[]> {
    const next = advance(flow, position, functions);
    watchLabels(functions, oracle);
    const { delivery } = next;
    if (delivery === undefined || oracle.violations.length > 0) {
      finish(next.position, path);
      return [1];
    }
    const key = `${left}|${digestOf(functions, oracle, described(next.position))}`;
    const before = options.merge === false ? undefined : known.get(key);
    if (before !== undefined) return before;
    const restore = [functions.save(), oracle.save()];
    const counts = Array.from({ length: left + 1 }, () => 0);

    async function branch(plan: readonly Planned[]): Promise<void> {
      if (failures.length >= (options.failures ?? 1)) return;
      for (const back of restore) back();
      const ran = await run(functions, oracle, delivery as Delivery, plan);
      invocations++;
      for (const { call, fault } of plan) reached.add(`${delivery?.fn} ${ran.calls[call]?.name} ${fault}`);
      const here = [...path, pathOf(plan)];
      const then = settle(next.position, delivery as Delivery, ran.answer, functions);
      const below =
        oracle.violations.length > 0 ? finish(then, here) : await visit(then, left - plan.length, here);
      for (const [more, count] of below.entries()) {
        const total = plan.length + more;
        counts[total] = (counts[total] ?? 0) + count;
      }
      if (plan.length >= left || next.calm) return;
      const from = (plan.at(-1)?.call ?? -1) + 1;
      for (const [offset, { faults }] of ran.calls.slice(from).entries())
        for (const fault of faults) await branch([...plan, { call: from + offset, fault }]);
    }

    await branch([]);
    known.set(key, counts);
    return counts;
  }

  function finish(position: Position, path: readonly string[]): readonly number[] {
    if (oracle.violations.length === 0)
      for (const { invariant, seen } of flow.end(functions, position.notes)) oracle.report(invariant, seen);
    if (oracle.violations.length > 0)
      failures.push({ flow: flow.name, path: path.join(','), violations: [...oracle.violations] });
    return [1];
  }

  const covered = await visit(start(flow, notes), faults, []);
  return { flow: flow.name, covered, invocations, states: known.size, reached, failures };
}

const functionsOf = ({ strictFips = false, protectedPrincipals = [] }: Flow): Functions =>
  createFunctions({ strictFips, policy: { ...DEFAULT_POLICY, protectedPrincipals } });

/** The oracle learns what the set-up has made, as if it had watched. */
function settleOracle(functions: Functions, oracle: Oracle): void {
  oracle.observe({ index: 0, port: 'registry', method: 'commit', args: [] });
  watchLabels(functions, oracle);
}

/** Labels that were moved by hand, too. */
function watchLabels({ ports }: Functions, oracle: Oracle): void {
  for (const arn of ports.vault.arns())
    oracle.observe({ index: 0, port: 'vault', method: 'moveCurrent', args: [arn] });
}

const pathOf = (plan: readonly Planned[]): string =>
  plan.length === 0 ? '-' : plan.map(({ call, fault }) => `${call}:${fault}`).join('+');

/** The position without what is the same for every way: its items are told apart by how many are left. */
const described = ({ todo, ...rest }: Position): unknown => ({ ...rest, left: todo.length });

/** Follows one path again and tells each call; the replay of a failure. */
export async function replay(
  flow: Flow,
  path: string,
): Promise<{ lines: string[]; violations: Violation[] }> {
  const functions = functionsOf(flow);
  const oracle = createOracle(functions);
  const notes = await flow.setup(functions);
  settleOracle(functions, oracle);
  const lines: string[] = [];
  let position = start(flow, notes);
  for (const entry of path.split(',')) {
    const next = advance(flow, position, functions);
    watchLabels(functions, oracle);
    if (next.delivery === undefined) break;
    const plan: Planned[] =
      entry === '-'
        ? []
        : entry.split('+').map((part) => {
            const [call, fault] = part.split(':');
            return { call: Number(call), fault: fault as Fault };
          });
    const began = functions.ports.clock.now();
    const ran = await run(functions, oracle, next.delivery, plan);
    const { fn, ...what } = next.delivery;
    lines.push(`${new Date(began).toISOString()} ${fn} ${JSON.stringify(what).slice(0, 160)}`);
    for (const [at, { name }] of ran.calls.entries()) {
      const struck = plan.find(({ call }) => call === at)?.fault;
      lines.push(`    ${at} ${name}${struck === undefined ? '' : `  <-- ${struck}`}`);
    }
    lines.push(`  ${ran.answer === undefined ? 'no answer' : 'answered'}`);
    position = settle(next.position, next.delivery, ran.answer, functions);
    if (oracle.violations.length > 0) break;
  }
  if (oracle.violations.length === 0) {
    const next = advance(flow, position, functions);
    if (next.delivery === undefined)
      for (const { invariant, seen } of flow.end(functions, next.position.notes))
        oracle.report(invariant, seen);
  }
  return { lines, violations: [...oracle.violations] };
}
