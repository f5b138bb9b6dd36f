import { describe, expect, it } from 'vitest';
import {
  DEFAULT_POLICY,
  parseOwnRoles,
  parsePolicy,
  policyText,
  type ResponsePolicy,
} from '#core/response/policy.ts';

const { rungs, breaker } = DEFAULT_POLICY;

describe('a policy', () => {
  it('by default ends a canary, replaces what a stranger read, and protects nobody', () => {
    const { secrets, active, protectedPrincipals, tierOne } = DEFAULT_POLICY;
    const always = (rung: string): object => ({ low: rung, normal: rung, production: rung });
    expect(secrets).toEqual({
      'T0-1': always('revoke'),
      'T0-3': always('reissue'),
      'T0-4': { low: 'suspend', normal: 'suspend', production: 'alert' },
    });
    expect([active, protectedPrincipals, tierOne]).toEqual([0, [], 'alert']);
  });

  it.each<[string, ResponsePolicy, string]>([
    ['the default', DEFAULT_POLICY, '{}'],
    ['observing', { ...DEFAULT_POLICY, mode: 'observe' }, '{"mode":"observe"}'],
    [
      'one token that is acted upon as ever, by every rung there is',
      {
        ...DEFAULT_POLICY,
        overrides: {
          x: { mode: 'enforce', rungs: { 'T0-1': 'revoke', 'T0-3': 'reissue', 'T0-4': 'alert' } },
        },
      },
      '{"overrides":{"x":{"mode":"enforce","rungs":{"T0-1":"revoke","T0-3":"reissue","T0-4":"alert"}}}}',
    ],
    [
      'one rung',
      {
        ...DEFAULT_POLICY,
        rungs: { ...rungs, 'T0-4': { ...rungs['T0-4'], 'api-token': 'suspend' } },
      },
      '{"rungs":{"T0-4":{"api-token":"suspend"}}}',
    ],
    [
      'everything of its own',
      {
        ...DEFAULT_POLICY,
        killSwitch: true,
        tierOne: 'act',
        prior: 0.01,
        caps: { ...DEFAULT_POLICY.caps, network: 3 },
        alertAt: 0.6,
        breaker: { ...breaker, least: 9 },
        overrides: { 'token:orders': { mode: 'observe' }, x: { rungs: { B1: 'suspend' } } },
        protectedPrincipals: ['token:ledger'],
        secrets: {
          ...DEFAULT_POLICY.secrets,
          'T0-2': { low: 'alert', normal: 'alert', production: 'suspend' },
        },
        active: 40,
      },
      '{"killSwitch":true,"tierOne":"act","prior":0.01,"caps":{"network":3},"alertAt":0.6,' +
        '"overrides":{"token:orders":{"mode":"observe"},"x":{"rungs":{"B1":"suspend"}}},' +
        '"protectedPrincipals":["token:ledger"],"breaker":{"least":9},' +
        '"secrets":{"T0-2":{"low":"alert","normal":"alert","production":"suspend"}},"active":40}',
    ],
  ])('is written as what differs, and read back: %s', (_what, policy, text) => {
    expect(policyText(policy)).toBe(text);
    expect(parsePolicy(JSON.parse(text))).toEqual(policy);
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /^RESPONSE_POLICY: : /],
    ['another mode', { mode: 'audit' }, /^RESPONSE_POLICY: mode: /],
    ['a signal that there is not', { rungs: { 'T0-9': {} } }, /^RESPONSE_POLICY: rungs\.?.*: /],
    ['a rung that there is not', { rungs: { 'T0-1': { 'api-token': 'erase' } } }, /rungs\.T0-1\.api-token: /],
    ['a window of nothing', { breaker: { windowMinutes: 0 } }, /breaker\.windowMinutes/],
    ['half an action', { breaker: { least: 0.5 } }, /breaker\.least/],
    ['half a criticality', { secrets: { 'T0-3': { low: 'alert' } } }, /secrets\.T0-3\.normal/],
    ['certainty', { prior: 1 }, /prior/],
    ['a field of its own', { dryRun: true }, /^RESPONSE_POLICY: : /],
  ])('refuses %s', (_what, value, message) => {
    expect(() => parsePolicy(value)).toThrow(TypeError);
    expect(() => parsePolicy(value)).toThrow(message);
  });
});

describe('parseOwnRoles', () => {
  it('reads the list', () => {
    expect(parseOwnRoles([{ roleArn: 'arn', session: 'rotate' }])).toEqual([
      { role: 'arn', sessionName: 'rotate' },
    ]);
    expect(parseOwnRoles([])).toEqual([]);
  });

  it.each([undefined, {}, [{ roleArn: 'x' }], ['x']])('refuses %j', (value) => {
    expect(() => parseOwnRoles(value)).toThrow(
      new TypeError('OWN_ROLES: a list of {roleArn, session} is needed'),
    );
  });
});
