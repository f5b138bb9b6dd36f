import { describe, expect, it } from 'vitest';
import { type Excused, type Floor, judge, type Report } from './judge.ts';
import { PARTS } from './parts.ts';

const SOURCE = 'export const a = 1;\nexport function f(n: number) {\n  return n > 0;\n}\n';
const FILE = 'functions/core/token/a.ts';

type Mutant = Report['files'][string]['mutants'][number];
const mutant = (status: string, replacement = 'false'): Mutant => ({
  mutatorName: 'ConditionalExpression',
  replacement,
  status,
  location: { start: { line: 3, column: 10 }, end: { line: 3, column: 15 } },
});
const report = (...mutants: readonly Mutant[]): Report => ({
  files: { [FILE]: { source: SOURCE, mutants } },
});
const many = (count: number, status: string): Mutant[] => Array.from({ length: count }, () => mutant(status));
const FLOORS: readonly Floor[] = [
  { name: 'core/token', floor: 95, holds: (file) => file.startsWith('functions/core/token/') },
];
const SURVIVOR = {
  file: FILE,
  mutator: 'ConditionalExpression',
  was: 'return n > 0;',
  becomes: 'return false;',
};
const LISTED: Excused = { ...SURVIVOR, reason: 'the same to every caller' };

describe('judge', () => {
  it('is content when the floor holds and each survivor is listed', () => {
    const { rows, faults } = judge(
      [report(...many(17, 'Killed'), ...many(2, 'Timeout'), mutant('Survived'), mutant('RuntimeError'))],
      FLOORS,
      [LISTED],
    );
    expect(faults).toEqual([]);
    expect(rows).toEqual([
      {
        name: 'core/token',
        mutants: 21,
        killed: 17,
        timeouts: 2,
        survived: 1,
        unloadable: 1,
        score: 95,
        floor: 95,
      },
    ]);
  });

  it('sees a score below its floor, whatever is listed', () => {
    const { faults } = judge([report(...many(18, 'Killed'), mutant('Survived'))], FLOORS, [LISTED]);
    expect(faults).toEqual(['core/token is at 94.74 %, below 95 %']);
  });

  it.each(['Survived', 'NoCoverage'])('sees a mutant that is not listed: %s', (status) => {
    const { faults, unlisted } = judge([report(...many(30, 'Killed'), mutant(status))], FLOORS, []);
    expect(faults).toEqual([expect.stringMatching(/^survives, and is not listed: .*\/a\.ts, Conditional/)]);
    expect(unlisted).toEqual([SURVIVOR]);
  });

  it('sees one more of the same than is listed', () => {
    const twice = report(...many(60, 'Killed'), ...many(2, 'Survived'));
    expect(judge([twice], FLOORS, [LISTED]).faults).toHaveLength(1);
    expect(judge([twice], FLOORS, [LISTED, LISTED]).faults).toEqual([]);
  });

  it('sees what is listed and survives no more, or was changed', () => {
    const { faults } = judge([report(...many(30, 'Killed'))], FLOORS, [LISTED]);
    expect(faults).toEqual([expect.stringMatching(/^is listed, and survives no more: /)]);
    const other = judge([report(...many(30, 'Killed'), mutant('Survived', 'true'))], FLOORS, [LISTED]);
    expect(other.faults).toHaveLength(2);
  });

  it('leaves the list of files alone that were not mutated', () => {
    const elsewhere = { ...LISTED, file: 'functions/core/audit/b.ts' };
    expect(judge([report(...many(30, 'Killed'))], FLOORS, [elsewhere]).faults).toEqual([]);
  });

  it('sees a listed one without a reason, a mutant that was passed over, and a part without any', () => {
    const unexplained = { ...LISTED, reason: ' ' };
    const { faults } = judge(
      [report(...many(30, 'Killed'), mutant('Survived'), mutant('Ignored', 'true'))],
      [...FLOORS, { name: 'core/none', floor: 90, holds: () => false }],
      [unexplained],
    );
    expect(faults).toEqual([
      'core/none has no mutants: nothing was judged',
      expect.stringMatching(/^has no reason: /),
      expect.stringMatching(/^was not judged, but Ignored: /),
    ]);
  });

  it('reads a change over several lines as one text', () => {
    const block: Mutant = {
      mutatorName: 'BlockStatement',
      replacement: '{}',
      status: 'Survived',
      location: { start: { line: 2, column: 30 }, end: { line: 4, column: 2 } },
    };
    expect(judge([report(block)], [], []).unlisted).toEqual([
      {
        file: FILE,
        mutator: 'BlockStatement',
        was: 'export function f(n: number) { return n > 0; }',
        becomes: 'export function f(n: number) {}',
      },
    ]);
  });
});

describe('the parts', () => {
  it('are every folder of the core, those of most weight at 95 %', () => {
    const at95 = PARTS.filter(({ floor }) => floor === 95).map(({ name }) => name);
    expect(at95).toEqual([
      'core/audit',
      'core/response',
      'core/rotation',
      'core/token',
      'authorize/verifier',
    ]);
    expect(PARTS.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['core/crypto', 'core/detection', 'core/response', 'core/sweep', 'core/*.ts']),
    );
  });
});
