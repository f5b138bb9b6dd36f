import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, parsePolicy } from '#core/response/policy.ts';

const { budget, rungs } = DEFAULT_POLICY;
const { 'canary-use': _, ...incomplete } = rungs;

describe('parsePolicy', () => {
  it('reads what infra writes', () => {
    expect(parsePolicy(JSON.parse(JSON.stringify(DEFAULT_POLICY)))).toEqual(DEFAULT_POLICY);
  });

  it.each(['enforce', 'observe'] as const)('reads the mode %s', (mode) => {
    expect(parsePolicy({ ...DEFAULT_POLICY, mode })).toEqual({ ...DEFAULT_POLICY, mode });
  });

  it('protects nobody unless it is told whom', () => {
    expect(DEFAULT_POLICY.protectedTokens).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /^RESPONSE_POLICY: : /],
    ['another mode', { ...DEFAULT_POLICY, mode: 'audit' }, /^RESPONSE_POLICY: mode: /],
    [
      'a signal without a rung',
      { ...DEFAULT_POLICY, rungs: incomplete },
      /^RESPONSE_POLICY: rungs\.canary-use: /,
    ],
    [
      'a rung that there is not',
      {
        ...DEFAULT_POLICY,
        rungs: { ...rungs, 'canary-use': { low: 'erase', normal: 'alert', production: 'alert' } },
      },
      /^RESPONSE_POLICY: rungs\.canary-use\.low: /,
    ],
    [
      'a window of nothing',
      { ...DEFAULT_POLICY, budget: { ...budget, windowMinutes: 0 } },
      /budget\.windowMinutes/,
    ],
    ['half an action', { ...DEFAULT_POLICY, budget: { ...budget, perOwner: 0.5 } }, /budget\.perOwner/],
    ['a field of its own', { ...DEFAULT_POLICY, dryRun: true }, /^RESPONSE_POLICY: : /],
  ])('refuses %s', (_what, value, message) => {
    expect(() => parsePolicy(value)).toThrow(TypeError);
    expect(() => parsePolicy(value)).toThrow(message);
  });
});
