import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Plant } from './plants.ts';
import type { Task } from './worker.ts';

/** A thread with its own copy of everything; one task at a time. */
interface Hand {
  do<T>(task: Task): Promise<T>;
  dismiss(): Promise<void>;
}

function hire(planted?: Plant): Hand {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { planted } });
  return {
    do: (task) =>
      new Promise((resolve, reject) => {
        const answered = (answer: Parameters<typeof resolve>[0]): void => {
          worker.off('error', failed);
          resolve(answer);
        };
        const failed = (cause: unknown): void => {
          worker.off('message', answered);
          reject(new Error(`at ${JSON.stringify(task)}`, { cause }));
        };
        worker.once('message', answered);
        worker.once('error', failed);
        worker.postMessage(task);
      }),
    dismiss: async () => {
      await worker.terminate();
    },
  };
}

/** Does all tasks on all cores, in their order; `told` hears of each as it ends and stops everything by `false`. */
export async function doAll<T>(
  tasks: readonly Task[],
  told: (done: T, task: Task) => boolean,
  options: { readonly workers?: number | undefined; readonly planted?: Plant } = {},
): Promise<void> {
  const waiting = [...tasks];
  const count = Math.min(options.workers ?? availableParallelism(), waiting.length);
  await Promise.all(
    Array.from({ length: count }, async () => {
      const hand = hire(options.planted);
      try {
        for (let task = waiting.shift(); task !== undefined; task = waiting.shift())
          if (!told(await hand.do<T>(task), task)) waiting.length = 0;
      } finally {
        await hand.dismiss();
      }
    }),
  );
}
