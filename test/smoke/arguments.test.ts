import { describe, expect, it } from 'vitest';
import { HELP, readArguments } from './arguments.ts';

describe('the smoke test', () => {
  it.each([
    [['--profile', 'trial'], { profile: 'trial', keep: false }],
    [
      ['--profile', 'trial', '--region', 'eu-west-1', '--keep'],
      { profile: 'trial', region: 'eu-west-1', keep: true },
    ],
    [['--help'], 'help'],
    [['-h', '--profile', 'x'], 'help'],
    [[], { problem: expect.stringContaining('--profile') }],
    [['--profile='], { problem: expect.stringContaining('--profile') }],
    [['--profile', 'trial', '--force'], { problem: expect.stringContaining('--force') }],
    [['trial'], { problem: expect.stringContaining('trial') }],
  ])('reads %j', (argv, expected) => {
    expect(readArguments(argv)).toEqual(expected);
  });

  it('explains every option it takes', () => {
    for (const option of ['--profile', '--region', '--keep']) expect(HELP).toContain(option);
  });
});
