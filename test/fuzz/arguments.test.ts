import { describe, expect, it } from 'vitest';
import { HELP, readArguments } from './arguments.ts';

const DEFAULT = { seed: 42, inputs: 1_000_000, giants: false };

describe('npm run fuzz', () => {
  it.each([
    [[], DEFAULT],
    [['--seed', '7'], { ...DEFAULT, seed: 7 }],
    [['--seed=-7', '--inputs', '10'], { ...DEFAULT, seed: -7, inputs: 10 }],
    [['--target', 'revoke', '--giants'], { ...DEFAULT, target: 'revoke', giants: true }],
    [
      ['--target', 'usage', '--seed', '9', '--path', '1:0:22'],
      { ...DEFAULT, target: 'usage', seed: 9, path: '1:0:22' },
    ],
    [['--help'], 'help'],
    [['-h', '--seed', 'x'], 'help'],
    [['--seed', 'x'], { problem: expect.stringContaining('--seed') }],
    [['--seed', '2147483648'], { problem: expect.stringContaining('--seed') }],
    [['--inputs', '0'], { problem: expect.stringContaining('--inputs') }],
    [['--inputs', '1e6'], { problem: expect.stringContaining('--inputs') }],
    [['--target', 'sweep'], { problem: expect.stringContaining('credential, authorize') }],
    [['--target', 'usage', '--seed', '9', '--path', '1/0'], { problem: expect.stringContaining('--path') }],
    [['--target', 'usage', '--path', '1:0'], { problem: expect.stringContaining('--seed') }],
    [['--seed', '9', '--path', '1:0'], { problem: expect.stringContaining('--target') }],
    [['--quick'], { problem: expect.stringContaining('--quick') }],
    [['usage'], { problem: expect.stringContaining('usage') }],
  ])('reads %j', (argv, expected) => {
    expect(readArguments(argv, () => 42)).toEqual(expected);
  });

  it('takes another seed each time, one that it takes back', () => {
    const seeds = Array.from({ length: 8 }, () => readArguments([]) as { seed: number });
    expect(new Set(seeds.map(({ seed }) => seed)).size).toBeGreaterThan(1);
    for (const { seed } of seeds) expect(readArguments([`--seed=${seed}`])).toMatchObject({ seed });
  });

  it('explains every option it takes', () => {
    for (const option of ['--seed', '--inputs', '--target', '--path', '--giants'])
      expect(HELP).toContain(option);
  });
});
