import { parentPort, workerData } from 'node:worker_threads';
import { type Plant, plant } from './plants.ts';

/** What a worker may be asked: one flow of the matrix, or one history of the swarm. */
export type Task =
  | { readonly flow: string; readonly most: number | undefined; readonly deep?: boolean }
  | { readonly seed: number };

// Before anything of ours is loaded: the bug must be in it.
const { planted } = (workerData ?? {}) as { planted?: Plant };
if (planted !== undefined) plant(planted);
const { explore } = await import('./explore.ts');
const { FLOWS } = await import('./flows.ts');
const { liveThrough } = await import('./swarm.ts');

parentPort?.on('message', async (task: Task) => {
  if ('seed' in task) {
    parentPort?.postMessage(await liveThrough(task.seed));
    return;
  }
  const flow = FLOWS.find(({ name }) => name === task.flow);
  if (flow === undefined) throw new Error(`there is no flow ${task.flow}`);
  const { most, deep = false } = task;
  parentPort?.postMessage(await explore(flow, { deep, ...(most === undefined ? {} : { most }) }));
});
