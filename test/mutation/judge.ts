/** What of Stryker's JSON report is read (mutation-testing-report-schema 2). */
export interface Report {
  readonly files: Readonly<
    Record<string, { readonly source: string; readonly mutants: readonly ReportedMutant[] }>
  >;
}

interface ReportedMutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: Place; readonly end: Place };
}

/** From 1. */
interface Place {
  readonly line: number;
  readonly column: number;
}

/** A mutant that no test notices, by what it changes rather than where: lines move. */
export interface Survivor {
  readonly file: string;
  readonly mutator: string;
  /** The mutated lines, white space collapsed. */
  readonly was: string;
  readonly becomes: string;
}

/** Why a survivor may survive: what it does the same, or what keeps a test from seeing the difference. */
export interface Excused extends Survivor {
  readonly reason: string;
}

export interface Row {
  readonly name: string;
  readonly mutants: number;
  readonly killed: number;
  readonly timeouts: number;
  readonly survived: number;
  /** The tests could not even be loaded: seen, but counted neither way. */
  readonly unloadable: number;
  readonly score: number;
  readonly floor: number;
}

export interface Judgement {
  readonly rows: readonly Row[];
  /** Each what is wrong, to be printed; empty: all holds. */
  readonly faults: readonly string[];
  /** Survivors that are not excused, ready to be listed once they have a reason. */
  readonly unlisted: readonly Survivor[];
}

/** A share of the mutants that must be noticed: of a folder, or of files that belong together. */
export interface Floor {
  readonly name: string;
  readonly floor: number;
  readonly holds: (file: string) => boolean;
}

const NOTICED = ['Killed', 'Timeout'];
const MISSED = ['Survived', 'NoCoverage'];
const UNLOADABLE = 'RuntimeError';

/** Judges what became of the mutants of some files: each floor, and each survivor against the list. */
export function judge(
  reports: readonly Report[],
  floors: readonly Floor[],
  listed: readonly Excused[],
): Judgement {
  const mutants = reports.flatMap(mutantsOf);
  const files = new Set(mutants.map(({ file }) => file));
  const rows = floors.map((floor) => rowOf(floor, mutants));
  const survivors = mutants.filter(({ status }) => MISSED.includes(status));
  const expected = listed.filter(({ file }) => files.has(file));
  const unlisted = without(survivors, expected).map(({ status: _, ...survivor }) => survivor);
  const odd = mutants.filter(({ status }) => ![...NOTICED, ...MISSED, UNLOADABLE].includes(status));
  return {
    rows,
    unlisted,
    faults: [
      ...rows.flatMap(({ name, mutants: count, score, floor }) =>
        count === 0
          ? [`${name} has no mutants: nothing was judged`]
          : score < floor
            ? [`${name} is at ${score.toFixed(2)} %, below ${floor} %`]
            : [],
      ),
      ...unlisted.map((one) => `survives, and is not listed: ${told(one)}`),
      ...without(expected, survivors).map((one) => `is listed, and survives no more: ${told(one)}`),
      ...listed.filter(({ reason }) => reason.trim() === '').map((one) => `has no reason: ${told(one)}`),
      ...odd.map((one) => `was not judged, but ${one.status}: ${told(one)}`),
    ],
  };
}

interface Mutant extends Survivor {
  readonly status: string;
}

function mutantsOf(report: Report): Mutant[] {
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants.map(({ mutatorName, status, replacement = '', location: { start, end } }) => {
      const was = lines.slice(start.line - 1, end.line).join('\n');
      const before = was.slice(0, start.column - 1);
      const after = (lines[end.line - 1] ?? '').slice(end.column - 1);
      return {
        file,
        mutator: mutatorName,
        was: collapsed(was),
        becomes: collapsed(before + replacement + after),
        status,
      };
    });
  });
}

const collapsed = (text: string): string => text.replace(/\s+/g, ' ').trim();

function rowOf({ name, floor, holds }: Floor, all: readonly Mutant[]): Row {
  const mutants = all.filter(({ file }) => holds(file));
  const count = (...statuses: readonly string[]): number =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  const noticed = count(...NOTICED);
  const survived = count(...MISSED);
  return {
    name,
    mutants: mutants.length,
    killed: count('Killed'),
    timeouts: count('Timeout'),
    survived,
    unloadable: count(UNLOADABLE),
    score: noticed + survived === 0 ? 0 : (100 * noticed) / (noticed + survived),
    floor,
  };
}

/** The first list less the second, one for one: the same line may be there twice. */
function without<A extends Survivor>(all: readonly A[], known: readonly Survivor[]): readonly A[] {
  const left = new Map<string, number>();
  for (const one of known) left.set(idOf(one), (left.get(idOf(one)) ?? 0) + 1);
  return all.filter((one) => {
    const times = left.get(idOf(one)) ?? 0;
    left.set(idOf(one), times - 1);
    return times <= 0;
  });
}

const idOf = ({ file, mutator, was, becomes }: Survivor): string =>
  JSON.stringify([file, mutator, was, becomes]);

const told = ({ file, mutator, was, becomes }: Survivor): string =>
  `${file}, ${mutator}\n    was      ${was}\n    becomes  ${becomes}`;
