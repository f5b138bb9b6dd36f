import { parseArgs } from 'node:util';
import { search } from './search.ts';
import { SEEN } from './seen.ts';

/** `npm run histories`: many histories, counted; a failing one is made smaller and told in steps. */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    path: { type: 'string' },
  },
});
const seed = Number(values.seed);
const began = performance.now();
console.log(`seed ${seed}`);
const { histories, seen, failure } = await search({
  runs: Number(values.runs),
  seed,
  ...(values.path === undefined ? {} : { path: values.path }),
});
const rows = [['histories', histories] as const, ...SEEN.map((what) => [what, seen[what]] as const)];
for (const [what, times] of rows) console.log(`${String(times).padStart(9)}  ${what}`);
console.log(
  `${failure === undefined ? 0 : 1} violations, ${((performance.now() - began) / 1000).toFixed(1)} s`,
);
const unseen = histories < 1_000 ? [] : SEEN.filter((what) => seen[what] === 0);
if (failure !== undefined || unseen.length > 0) {
  console.error(`\n${failure ?? `never met: ${unseen.join('; ')}`}`);
  process.exitCode = 1;
}
