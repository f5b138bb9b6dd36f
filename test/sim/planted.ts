import { doAll } from './crew.ts';
import type { Explored } from './explore.ts';
import type { Violation } from './oracle.ts';
import { PLANTS, type Plant } from './plants.ts';
import type { Lived } from './swarm.ts';
import type { Task } from './worker.ts';

/** Whether a known bug was found, and by which invariant. */
export interface Caught {
  readonly name: string;
  readonly ok: boolean;
  readonly by: string;
  readonly seen: string;
}

/** Plants one bug after the other, each in threads of its own, and sees whether the simulator finds it. */
export async function catchAll(
  told: (caught: Caught) => void,
  plants: readonly Plant[] = PLANTS,
): Promise<void> {
  for (const plant of plants) told(await catchOne(plant));
}

async function catchOne(planted: Plant): Promise<Caught> {
  const { by, name, invariant, or = invariant } = planted;
  const named = (violation: Violation): boolean =>
    violation.invariant === invariant || violation.invariant === or;
  const tasks: Task[] =
    'flow' in by
      ? [{ flow: by.flow, most: by.faults }]
      : Array.from({ length: by.histories }, (_, n) => ({ seed: n + 1 }));
  let found: readonly Violation[] = [];
  await doAll<Explored | Lived>(
    tasks,
    (done) => {
      const seen = 'failures' in done ? (done.failures[0]?.violations ?? []) : done.violations;
      if (seen.length > 0) found = seen;
      return !seen.some(named);
    },
    { planted },
  );
  const [first] = found;
  const ok = found.some(named);
  const seen = first === undefined ? 'nothing broke' : `${first.invariant}: ${first.seen}`;
  return { name, ok, by: first?.invariant ?? '-', seen };
}
