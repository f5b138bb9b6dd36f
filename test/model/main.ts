import { parseArgs } from 'node:util';
import { search } from './search.ts';

/** `npm run model`: many long runs of commands against the model, counted. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    path: { type: 'string' },
  },
});
const began = performance.now();
console.log(`seed ${values.seed}`);
const { runs, commands, done, failure } = await search({
  runs: Number(values.runs),
  seed: Number(values.seed),
  each: (count) => {
    if (count % 500 === 0)
      console.log(`${count} runs agree, ${((performance.now() - began) / 1000).toFixed(0)} s`);
  },
  ...(values.path === undefined ? {} : { path: values.path }),
});
for (const [what, times] of [...done].sort(([, a], [, b]) => b - a)) {
  console.log(`${String(times).padStart(9)}  ${what}`);
}
const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(`${runs} runs, ${commands} commands, ${failure === undefined ? 0 : 1} violations, ${seconds} s`);
if (failure !== undefined) {
  console.error(`\n${failure}`);
  process.exitCode = 1;
}
