import fc from 'fast-check';
import { type Action, actions, spelled } from './actions.ts';
import { compare } from './compare.ts';
import { emptyModel, type Model } from './model.ts';
import { means, perform } from './perform.ts';
import { createReal, type Plant, type Real } from './real.ts';

/** How often each action was done. */
export type Done = Map<Action['do'], number>;

class Command implements fc.AsyncCommand<Model, Real> {
  readonly #action: Action;
  readonly #done: Done;

  constructor(action: Action, done: Done) {
    this.#action = action;
    this.#done = done;
  }

  check(model: Readonly<Model>): boolean {
    return means(this.#action, model);
  }

  async run(model: Model, real: Real): Promise<void> {
    const { do: what } = this.#action;
    await compare(model, real, await perform(this.#action, model, real));
    this.#done.set(what, (this.#done.get(what) ?? 0) + 1);
  }

  toString(): string {
    return spelled(this.#action);
  }
}

async function runOf(seed: number, list: readonly Action[], done: Done, plant?: Plant): Promise<void> {
  const commands = list.map((action) => new Command(action, done));
  await fc.asyncModelRun(() => ({ model: emptyModel(), real: createReal(seed, plant) }), commands);
}

const plan = fc.tuple(fc.nat(1_000_000), actions);

export interface Searched {
  readonly runs: number;
  readonly commands: number;
  readonly done: Done;
  /** The smallest run found that breaks the model, as a person reads it, and how to do it again. */
  readonly failure?: string;
}

/** Runs of at least 50 commands each; the first that breaks the model is made smaller and told in steps. */
export async function search(options: {
  readonly runs: number;
  readonly seed: number;
  readonly path?: string;
  readonly plant?: Plant;
  /** Told after every run. */
  readonly each?: (runs: number) => void;
}): Promise<Searched> {
  const done: Done = new Map();
  let runs = 0;
  const { path, plant, each, ...rest } = options;
  const checked = await fc.check(
    fc.asyncProperty(plan, async ([seed, list]) => {
      await runOf(seed, list, done, plant);
      runs++;
      each?.(runs);
    }),
    { numRuns: rest.runs, seed: rest.seed, endOnFailure: true, ...(path === undefined ? {} : { path }) },
  );
  const commands = [...done.values()].reduce((sum, times) => sum + times, 0);
  if (!checked.failed) return { runs, commands, done };
  const [failed] = checked.counterexample ?? [];
  if (failed === undefined) return { runs, commands, done, failure: String(checked.errorInstance) };
  const { list, why } = await smallest(...failed, plant);
  const steps = list.map((action, index) => `${String(index + 1).padStart(3)}. ${spelled(action)}`);
  const again = `npm run model -- --seed ${checked.seed} --path ${checked.counterexamplePath}`;
  return { runs, commands, done, failure: [why, '', ...steps, '', `again: ${again}`].join('\n') };
}

/** Leaves out whatever can be left out, in ever smaller pieces. */
async function smallest(
  seed: number,
  list: readonly Action[],
  plant?: Plant,
): Promise<{ list: readonly Action[]; why: string }> {
  let why = (await faultOf(seed, list, plant)) ?? 'it does not fail again';
  let left = list;
  for (let size = Math.ceil(left.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < left.length; ) {
      const without = left.toSpliced(from, size);
      const fault = await faultOf(seed, without, plant);
      if (fault === undefined) from += size;
      else {
        left = without;
        why = fault;
      }
    }
  }
  return { list: left, why };
}

async function faultOf(seed: number, list: readonly Action[], plant?: Plant): Promise<string | undefined> {
  try {
    await runOf(seed, list, new Map(), plant);
    return undefined;
  } catch (fault) {
    return fault instanceof Error ? fault.message : String(fault);
  }
}
