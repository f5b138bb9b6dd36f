import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { NoteKey } from '../seal/note.ts';
import { type Assessment, type Summary, summaryOf } from './assess.ts';
import { type Control, oscalId } from './controls/control.ts';
import { type EnvelopeRefusal, openEnvelope, type Statement, statementOf } from './dsse.ts';
import { FACTS, type FactName, type Facts } from './facts.ts';
import type { File } from './oscal/common.ts';
import { componentDefinition } from './oscal/component.ts';
import { checkReferences } from './oscal/references.ts';
import { assessmentResults, type Raw } from './oscal/results.ts';

/** Files of a bundle that have a name of their own; raw evidence lies in `evidence/`. */
export const BUNDLE = {
  component: 'component-definition.json',
  results: 'assessment-results.json',
  summary: 'summary.json',
  page: 'index.html',
  manifest: 'manifest.json',
  envelope: 'manifest.dsse.json',
} as const;

export const sha256 = (bytes: string | Uint8Array): string => hash('sha256', bytes, 'hex');

/** JSON as every file of a bundle has it: RFC 8785 and a line's end. */
export const canonical = (value: unknown): string => `${canonicalize(value)}\n`;

/** What each file of a bundle is, but for the manifest and its envelope. */
export type Files = ReadonlyMap<string, string>;

/** A manifest: every file with its digest, and the run before. */
export interface Manifest {
  readonly files: readonly File[];
  readonly previous?: string;
}

/**
 * The files of a run, the page left out: raw evidence as it was read, both OSCAL documents, the summary.
 *
 * @throws Error where a reference of the documents leads nowhere: it is a bug, and no such bundle is signed.
 */
export function documents(facts: Facts, assessment: Assessment, controls: readonly Control[]): Files {
  const files = new Map(FACTS.map((name) => [`evidence/${name}.json`, canonical(facts[name])]));
  const raw = Object.fromEntries(
    FACTS.map((name): [FactName, File] => {
      const path = `evidence/${name}.json`;
      return [name, { path, sha256: sha256(files.get(path) as string) }];
    }),
  ) as Raw;
  const component = componentDefinition(controls, assessment.settings, assessment.at, assessment.tool);
  const results = assessmentResults(assessment, raw);
  const problems = checkReferences(component, results, {
    controls: new Set(controls.map(({ id }) => oscalId(id))),
    files: digestsOf(files),
    now: assessment.at,
  });
  if (problems.length > 0) throw new Error(`dangling references: ${JSON.stringify(problems.slice(0, 3))}`);
  files.set(BUNDLE.component, canonical(component));
  files.set(BUNDLE.results, canonical(results));
  files.set(BUNDLE.summary, canonical(summaryOf(assessment)));
  return files;
}

export const digestsOf = (files: Files): ReadonlyMap<string, string> =>
  new Map([...files].map(([path, text]) => [path, sha256(text)]));

/** The manifest of files, by path, and the statement about it that is signed. */
export function sealBundle(
  files: Files,
  { at, environment }: Pick<Assessment, 'at' | 'environment'>,
  previous?: string,
): { readonly manifest: string; readonly statement: Statement } {
  const before = previous === undefined ? {} : { previous };
  const listed = [...digestsOf(files)].map(([path, digest]): File => ({ path, sha256: digest }));
  const manifest = canonical({ files: listed.sort((a, b) => (a.path < b.path ? -1 : 1)), ...before });
  const statement = statementOf(
    { name: BUNDLE.manifest, sha256: sha256(manifest) },
    {
      collectedAt: new Date(at).toISOString(),
      environment: environment.emulated ? 'emulated' : 'aws',
      ...before,
    },
  );
  return { manifest, statement };
}

/** What is wrong with a bundle, by file. */
export interface BundleProblem {
  readonly file: string;
  readonly problem: 'changed' | 'missing' | 'not in the manifest' | EnvelopeRefusal['reason'] | 'reference';
  readonly detail?: string;
}

/** Digests of every file that is there, manifest and envelope included, with the texts that are read. */
export interface BundleOnDisk {
  readonly digests: ReadonlyMap<string, string>;
  readonly text: (path: string) => string;
}

/** Checks a bundle against the key that must have signed it; one byte changed anywhere is found. */
export function verifyEvidence(disk: BundleOnDisk, key: NoteKey): readonly BundleProblem[] {
  for (const file of [BUNDLE.envelope, BUNDLE.manifest]) {
    if (!disk.digests.has(file)) return [{ file, problem: 'missing' }];
  }
  const opened = openEnvelope(disk.text(BUNDLE.envelope), key);
  if (!opened.ok) return [{ file: BUNDLE.envelope, problem: opened.error.reason }];
  const [{ name, digest }] = opened.value.subject;
  if (name !== BUNDLE.manifest || digest.sha256 !== disk.digests.get(BUNDLE.manifest)) {
    return [{ file: BUNDLE.manifest, problem: 'changed' }];
  }
  const { files } = JSON.parse(disk.text(BUNDLE.manifest)) as Manifest;
  const listed = new Map(files.map((file) => [file.path, file.sha256]));
  const problems: BundleProblem[] = [...listed].flatMap(([file, digest]): BundleProblem[] => {
    const actual = disk.digests.get(file);
    if (actual === undefined) return [{ file, problem: 'missing' }];
    return actual === digest ? [] : [{ file, problem: 'changed' }];
  });
  const own: readonly string[] = [BUNDLE.envelope, BUNDLE.manifest];
  const strange = [...disk.digests.keys()].filter((file) => !listed.has(file) && !own.includes(file));
  problems.push(...strange.map((file): BundleProblem => ({ file, problem: 'not in the manifest' })));
  return problems;
}

/** Follows the references of a bundle whose digests hold; `controls` is read from its own component definition. */
export function referencesIn(disk: BundleOnDisk, now: number): readonly BundleProblem[] {
  const component: unknown = JSON.parse(disk.text(BUNDLE.component));
  const results: unknown = JSON.parse(disk.text(BUNDLE.results));
  const controls = new Set(
    [...disk.text(BUNDLE.component).matchAll(/"control-id":"([a-z0-9.-]+)"/g)].map(([, id]) => id as string),
  );
  return checkReferences(component, results, { controls, files: disk.digests, now }).map(
    ({ document, where, problem }) => ({
      file: document === 'component-definition' ? BUNDLE.component : BUNDLE.results,
      problem: 'reference',
      detail: `${where}: ${problem}`,
    }),
  );
}

/** The summary in a bundle of an earlier run. */
export const readSummary = (text: string): Summary => JSON.parse(text) as Summary;
