import { verifyChain } from '#core/audit/chain.ts';
import { PortError } from '#core/ports.ts';
import { BadEventError } from '#events/bad-event.ts';
import { IssueError } from '#functions/issue/ports.ts';
import { RotationError } from '#functions/rotate/context.ts';
import type { MemoryPorts } from '../ports/ports.ts';
import type { World } from '../ports/world.ts';
import { inheritsStrangely, isPolluted, mendPrototypes } from './prototypes.ts';

/** What must hold whatever comes in (S5, S11, S13; failures.md, P8). */
export type Property =
  | 'allow'
  | 'unclassified'
  | 'prototype'
  | 'secret'
  | 'state'
  | 'work'
  | 'size'
  | 'audit'
  | 'answer';

/** A property that did not hold. The message never holds a secret. */
export class Violation extends Error {
  readonly property: Property;

  constructor(property: Property, message: string) {
    super(message);
    this.name = 'Violation';
    this.property = property;
  }
}

/** A world in which one function runs, over ports that refuse what AWS refuses. */
export interface Bench {
  readonly world: World;
  readonly ports: MemoryPorts;
  /** Tokens that exist, whatever their standing: for edits to plant, and never to be seen outside. */
  readonly tokens: readonly string[];
  /** One delivery, as Lambda makes it. */
  readonly run: (event: unknown) => Promise<unknown>;
  /** What of an event its answer owes back word for word, as the gateway's own ARN in the policy for it. */
  readonly repeated?: (event: unknown) => readonly string[];
}

/** What one input led to. */
export interface Heard {
  readonly event: unknown;
  readonly answer: unknown;
  /** What was thrown; `undefined`: nothing. */
  readonly fault: unknown;
  readonly calls: World['calls'];
  /** Whether anything in the world is another than before, or was told to anybody but a log. */
  readonly changed: boolean;
  readonly lines: MemoryPorts['log']['lines'];
  readonly audited: MemoryPorts['registry']['log'];
}

/** How much one input may cause, whatever its size; where it has parts that are judged alone, each of them. */
export interface Most {
  readonly calls: number;
  /** @default - an input is one */
  readonly parts?: (event: unknown) => number;
  /** UTF-16 units of log lines, metrics, errors and answers. */
  readonly said: number;
}

/** Calls after which something is not as before. */
const EFFECTS: ReadonlySet<string> = new Set([
  ...['registry.commit', 'registry.remember', 'bus.publish', 'pager.page', 'readers.block'],
  ...['vault.put', 'vault.moveCurrent', 'vault.clearPending', 'vault.rotate', 'vault.cancelRotation'],
]);

/** The part of a token that nobody but its holder may see: its secret. */
export const secretOf = (token: string): string => token.slice(-49, -6);

/** Whether a text has the secret of a token, but not behind its keyId. */
const isGarbled = (token: string, text: string): boolean =>
  text.includes(secretOf(token)) && text.replaceAll(token.slice(0, -6), '').includes(secretOf(token));

const CLASSIFIED = ['BadEventError', 'IssueError', 'RotationError'];

/** Whether a fault is one of those that the product names: anything else is a mistake of its own. */
const isClassified = (fault: unknown): fault is Error & { code: string } =>
  fault instanceof IssueError || fault instanceof RotationError || fault instanceof BadEventError;

/**
 * Delivers inputs to one bench and holds what comes of each against the properties that are the same for every
 * function. In a world without faults a port has nothing to refuse: a `PortError` is a run's mistake too.
 */
export function watch(
  bench: Bench,
  most: Most,
): {
  /** `came`: the event as the text that it came in. */
  hear(event: unknown, came: string): Promise<Heard>;
  /** Looks at what can be seen only from the whole history. */
  end(): void;
} {
  const { world, ports } = bench;
  const { registry, log, metrics, usage, bus, pager } = ports;
  const soFar = (): Record<
    'lines' | 'counts' | 'sent' | 'events' | 'pages' | 'audited' | 'calls',
    number
  > => ({
    lines: log.lines.length,
    counts: metrics.counts.length,
    sent: usage.sent.length,
    events: bus.events.length,
    pages: pager.pages.length,
    audited: registry.log.length,
    calls: world.calls.length,
  });
  let told = soFar();
  /** Tokens whose secret came in without its prefix: what nobody can tell from other text may be kept like it. */
  const garbled = new Set<string>();
  let items = new Map(registry.items);

  /** Everything said since the last time, as text. */
  function news(
    answer: unknown,
    fault: unknown,
    repeated: readonly string[],
  ): { readonly text: string } & Pick<Heard, 'lines' | 'audited'> {
    const lines = log.lines.slice(told.lines);
    const audited = registry.log.slice(told.audited);
    const stored = [...registry.items].flatMap(([id, item]) => (items.get(id) === item ? [] : [id, item]));
    const parts = [
      ...[
        lines,
        metrics.counts.slice(told.counts),
        usage.sent.slice(told.sent),
        bus.events.slice(told.events),
      ],
      ...[pager.pages.slice(told.pages), audited, stored],
    ];
    const texts = parts.flatMap((part) => (part.length === 0 ? [] : [JSON.stringify(part)]));
    const answered = repeated.reduce(
      (left, owed) => left.replaceAll(JSON.stringify(owed), '""'),
      JSON.stringify(answer ?? null),
    );
    return { text: [...texts, faultText(fault), answered].join('\n'), lines, audited };
  }

  return {
    async hear(event, came) {
      let answer: unknown;
      let fault: unknown;
      try {
        answer = await bench.run(event);
      } catch (thrown) {
        fault = thrown ?? new Violation('unclassified', 'nothing at all was thrown');
      }
      if (isPolluted()) throw new Violation('prototype', `changed: ${mendPrototypes().join(', ')}`);
      const calls = world.calls.slice(told.calls);
      const effects = calls.filter(({ port, method }) => EFFECTS.has(`${port}.${method}`));
      const same =
        items.size === registry.items.size &&
        [...registry.items].every(([id, item]) => items.get(id) === item);
      const { text, lines, audited } = news(answer, fault, bench.repeated?.(event) ?? []);
      told = soFar();
      if (!same) items = new Map(registry.items);
      judgeFault(fault);
      for (const line of lines) judgeLine(line.message, line.fields.fault);
      const unsaid = metrics.counts.find(({ name }) => name === 'VerifyUnavailable');
      if (unsaid !== undefined) {
        throw new Violation('unclassified', `a verdict was lost to a fault: ${unsaid.dimensions.code}`);
      }
      if (inheritsStrangely([answer, effects.map(({ args }) => args)])) {
        throw new Violation('prototype', 'an object of the answer or of a call inherits from the input');
      }
      for (const token of bench.tokens) {
        if (isGarbled(token, came)) garbled.add(token);
        if (!garbled.has(token) && text.includes(secretOf(token))) {
          throw new Violation('secret', `the secret of token ${token.slice(0, 24)} was told`);
        }
      }
      const parts = most.parts?.(event) ?? 1;
      if (calls.length > most.calls * parts)
        throw new Violation('work', `${calls.length} calls; ${most.calls * parts} are enough`);
      if (text.length > most.said * parts)
        throw new Violation('size', `${text.length} characters were said of one input`);
      return { event, answer, fault, calls, lines, audited, changed: !same || effects.length > 0 };
    },
    end() {
      const changed = mendPrototypes();
      if (changed.length > 0) throw new Violation('prototype', `changed: ${changed.join(', ')}`);
      for (const shard of new Set(registry.log.map((record) => record.shard))) {
        const records = registry.log.filter((record) => record.shard === shard);
        const last = records.at(-1);
        const sound = last === undefined || verifyChain(records, last).ok;
        if (!sound) throw new Violation('audit', `the chain of shard ${shard} does not hold`);
      }
    },
  };
}

function judgeFault(fault: unknown): void {
  if (fault === undefined || isClassified(fault)) return;
  const named =
    fault instanceof Error
      ? `${fault.name}${fault instanceof PortError ? ` ${fault.code}` : ''}`
      : typeof fault;
  throw new Violation('unclassified', `${named} was thrown${placeOf(fault)}`);
}

/** A fault that was caught and logged is no less a fault. */
function judgeLine(message: string, fault: unknown): void {
  if (fault === undefined || CLASSIFIED.some((name) => String(fault).startsWith(name))) return;
  throw new Violation('unclassified', `"${message}" because of ${String(fault).slice(0, 120)}`);
}

const placeOf = (fault: unknown): string => {
  const line =
    fault instanceof Error ? fault.stack?.split('\n').find((text) => /^\s+at /.test(text)) : undefined;
  return line === undefined
    ? ''
    : ` ${line.trim().replace(/\(?file:.*\/(functions|test|node_modules)\//, '($1/')}`;
};

const faultText = (fault: unknown): string =>
  fault instanceof Error ? `${fault.name} ${fault.message} ${fault.stack ?? ''}` : '';
