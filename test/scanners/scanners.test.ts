import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCANNERS } from './all.ts';
import { type Case, decoyCases, tokenCases, writeFiles, wrongChecksumCases } from './cases.ts';
import { judged } from './decoys.ts';
import { seeded } from './random.ts';
import { digestOf, type Finding, type Scanner } from './scanner.ts';

const SEED = process.env.SCANNERS_SEED ?? '1';
const random = seeded(SEED);
const tokens = tokenCases(random);
const decoys = decoyCases(random);
const wrongChecksums = wrongChecksumCases(random);
let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'tokenward-scanned-'));
  await writeFiles(
    project,
    [...tokens, ...decoys, ...wrongChecksums].map(({ path, content }) => [path, content]),
  );
});

afterAll(() => rm(project, { recursive: true, force: true }));

it('plants 200 tokens, 200 texts that are none, and 40 with a wrong checksum', () => {
  const counts = (cases: readonly Case[]) => Map.groupBy(cases, ({ planted }) => judged(planted));
  expect(new Set(tokens.map(({ content }) => content)).size).toBe(200);
  expect(counts(tokens).get('token')).toHaveLength(200);
  expect(decoys).toHaveLength(200);
  expect(counts(decoys).get('token')).toBeUndefined();
  expect(counts(wrongChecksums).get('checksum')).toHaveLength(40);
});

describe.each(SCANNERS)('%s', (name, start) => {
  let scanner: Scanner;
  let findings: Map<string, Finding[]>;
  const found = (cases: readonly Case[]): string[] =>
    cases.filter(({ path }) => findings.has(path)).map(({ path }) => path);

  beforeAll(async () => {
    scanner = await start();
    await scanner.adopt(project);
    findings = Map.groupBy(await scanner.scan(project), ({ path }) => path);
  });

  afterAll(() => {
    const [t, d, c] = [tokens, decoys, wrongChecksums].map((cases) => found(cases).length);
    console.log(`${name}: ${t} of 200 tokens, ${d} of 200 decoys, ${c} of 40 wrong checksums (seed ${SEED})`);
  });

  it('finds every token, and where it is', () => {
    const place = ({ path, line, digest }: Finding) =>
      scanner.lines ? { path, line, digest } : { path, digest };
    const expected = tokens.map(({ path, line, planted }) =>
      place({ path, line, digest: digestOf(planted) }),
    );
    expect(tokens.flatMap(({ path }) => findings.get(path) ?? []).map(place)).toEqual(expected);
  });

  it('reports nothing that is no token', () => {
    expect(found(decoys)).toEqual([]);
  });

  it('reports a wrong checksum only where it cannot compute it', () => {
    expect(found(wrongChecksums)).toHaveLength(scanner.checksum ? 0 : 40);
  });
});
