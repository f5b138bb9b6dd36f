import { parseArgs } from 'node:util';
import { TARGETS } from './targets.ts';

/** What a run was asked for. */
export interface FuzzArguments {
  readonly seed: number;
  readonly inputs: number;
  /** One target alone. */
  readonly target?: string;
  /** One history of that target alone, as a find names it. */
  readonly path?: string;
  /** Nothing but what is far too large. */
  readonly giants: boolean;
}

const NAMES = TARGETS.map(({ target }) => target.name);

export const HELP: string = `npm run fuzz -- [--seed <n>] [--inputs <n>] [--target <name>] [--path <path>] [--giants]

Sends hostile inputs to every function that takes what others send, over ports in memory, and holds what comes of
each against the properties in test/fuzz/watch.ts. Then the giants, and how time grows with size.

  --seed     the same seed sends the same inputs (default: another each time, printed)
  --inputs   how many, over all targets (default: 1000000)
  --target   one of ${NAMES.join(', ')}
  --path     with --seed and --target: the one history that a find names
  --giants   the giants alone

Exit code: 0 every property held, 1 one did not, 2 not started`;

const INPUTS = 1_000_000;
const SEED_MOST = 2 ** 31 - 1;

/** Reads the command line: a run, a wish for help, or what is wrong with it. */
export function readArguments(
  argv: readonly string[],
  anySeed: () => number = () => Math.floor(Math.random() * SEED_MOST),
): FuzzArguments | { readonly problem: string } | 'help' {
  try {
    const { values } = parseArgs({
      args: [...argv],
      strict: true,
      options: {
        seed: { type: 'string' },
        inputs: { type: 'string' },
        target: { type: 'string' },
        path: { type: 'string' },
        giants: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { target, path, giants, help } = values;
    if (help) return 'help';
    if (target !== undefined && !NAMES.includes(target))
      return { problem: `--target: one of ${NAMES.join(', ')}` };
    if (path !== undefined && !/^\d+(:\d+)*$/.test(path))
      return { problem: '--path: numbers with colons between' };
    if (path !== undefined && (target === undefined || values.seed === undefined)) {
      return { problem: '--path: needs --target and --seed, as they were printed with it' };
    }
    return {
      seed: values.seed === undefined ? anySeed() : numberOf('seed', values.seed, -SEED_MOST - 1, SEED_MOST),
      inputs: values.inputs === undefined ? INPUTS : numberOf('inputs', values.inputs, 1, 1e9),
      giants,
      ...(target === undefined ? {} : { target }),
      ...(path === undefined ? {} : { path }),
    };
  } catch (fault) {
    return { problem: fault instanceof Error ? fault.message : String(fault) };
  }
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^-?\d+$/.test(text) && value >= least && value <= most) return value;
  throw new RangeError(`--${name}: a whole number from ${least} to ${most}`);
}
