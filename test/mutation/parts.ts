import { globSync } from 'node:fs';

/** One run of Stryker: what is mutated, and the tests that are to notice by themselves. */
export interface Part {
  readonly name: string;
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
  /** Share of the mutants that must be noticed, in per cent. */
  readonly floor: number;
}

const FLOOR = 90;

/** What a mistake in would be worst: who is accepted, what follows what, and what is remembered of it. */
const HIGHER: Readonly<Record<string, number>> = {
  'core/token': 95,
  'core/rotation': 95,
  'core/audit': 95,
  'core/response': 95,
  'authorize/verifier': 95,
};

/**
 * Files of evidence that are left out: those without a decision. They hold what a control or a key is said to be,
 * prose and names, with values taken from the code they speak of; a word changed there is a claim changed, which only
 * a reader can judge. Whether what they name is there (files, checks, call sites) is for controls.test.ts and
 * crypto-inventory.test.ts to say, which need infra. What assembles, judges or prints them is mutated.
 */
const STATED: readonly string[] = [
  'controls/{access,audit,identity,operations,protection}.ts',
  'crypto-inventory.ts',
].map((path) => `functions/core/evidence/${path}`);

/** Tests of evidence that go by facts alone; the other two read infra. */
const BY_FACTS: readonly string[] = [
  'test/core/evidence/{bundle,collect,deployment,documents,policies,probes,references,resources,tallies,verify,words}.test.ts',
];

const part = (name: string, mutate: string, ...tests: readonly string[]): Part => ({
  name,
  mutate: [mutate],
  tests,
  floor: HIGHER[name] ?? FLOOR,
});

/** Tests of the core that stand elsewhere, since they need more than plain data. */
const BESIDE: Readonly<Record<string, readonly string[]>> = { 'core/seal': ['test/seal/**/*.test.ts'] };

const folders = globSync('functions/core/*/').map((path) => path.replace(/^functions\/|\/$/g, ''));

/** Every folder of the core, with the tests that mirror it, and the verifier, which keeps the feed's cache. */
export const PARTS: readonly Part[] = [
  ...folders
    .toSorted()
    .map((name) =>
      part(name, `functions/${name}/**/*.ts`, `test/${name}/**/*.test.ts`, ...(BESIDE[name] ?? [])),
    )
    .map((one) =>
      one.name === 'core/evidence'
        ? { ...one, mutate: [...one.mutate, ...STATED.map((path) => `!${path}`)], tests: BY_FACTS }
        : one,
    ),
  part('core/*.ts', 'functions/core/*.ts', 'test/core/*.test.ts'),
  part('authorize/verifier', 'functions/authorize/verifier.ts', 'test/authorize/{verifier,cache}.test.ts'),
];

/** The part that this process is about; all of them in one where the environment names none. */
export function chosenPart(): Omit<Part, 'floor'> {
  const name = process.env.MUTATION_PART;
  const found = PARTS.find((one) => one.name === name);
  if (found !== undefined) return found;
  if (name !== undefined) throw new Error(`no part ${name}: ${PARTS.map((one) => one.name).join(', ')}`);
  return {
    name: 'all',
    mutate: PARTS.flatMap((one) => one.mutate),
    tests: PARTS.flatMap((one) => one.tests),
  };
}

/** Where Stryker writes what became of each mutant of a part. */
export const reportOf = (name: string): string =>
  `reports/mutation/${name.replace('/*.ts', '').replaceAll('/', '-')}.json`;

/** Tells the tests of a mutation run where the deployment lies that they judge evidence by. */
export const DEPLOYED = 'MUTATION_DEPLOYED';
