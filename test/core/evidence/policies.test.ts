import { describe, expect, it } from 'vitest';
import { allow, judged, only, policy } from '#test/report/templates.ts';

describe('duties', () => {
  const duties = ['issuer', 'responder', 'auditor', 'deployer'];

  it.each(duties.flatMap((one, nth) => duties.slice(nth + 1).map((other) => [one, other] as const)))(
    'of %s and %s share nothing',
    (one, other) => {
      const all = Object.fromEntries(
        duties.map((name) => [
          name,
          policy(
            name,
            allow([`a:${name}`], 'r'),
            ...([one, other].includes(name) ? [allow('a:X', ['r', 's'])] : []),
          ),
        ]),
      );
      expect(judged('policies.duties', only(all))).toMatchObject({
        result: 'fails',
        says: `in common: ${one} and ${other}: a:X on r, ${one} and ${other}: a:X on s`,
      });
    },
  );

  it('may hold one action on different resources, and share a denial', () => {
    const all = Object.fromEntries(
      duties.map((name) => [
        name,
        policy(name, allow('a:X', name), { Effect: 'Deny', Action: 'a:Y', Resource: 'r' }),
      ]),
    );
    expect(judged('policies.duties', only(all)).says).toBe('4 duties, 4 allowances, none in common');
  });
});

describe('a function is kept from what is another’s', () => {
  const value = ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'kms:Sign'];
  const kept: Readonly<Record<string, readonly string[]>> = {
    authorize: [
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
      'secretsmanager:GetSecretValue',
    ],
    sweep: value,
    respond: value,
    revoke: value,
    seal: ['secretsmanager:GetSecretValue', 'dynamodb:UpdateItem', 's3:GetObject', 's3:DeleteObject'],
    report: ['secretsmanager:GetSecretValue', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 's3:DeleteObject'],
  };
  const bare = Object.fromEntries(Object.keys(kept).map((name) => [name, policy(name)]));

  it.each(
    Object.entries(kept).flatMap(([name, actions]) => actions.map((action) => [name, action] as const)),
  )('%s from %s', (name, action) => {
    const given = { ...bare, [name]: policy(name, allow(['a:b', action], '*')) };
    expect(judged('policies.apart', only(given)).says).toBe(`allowed: ${name} may ${action}`);
  });

  it.each(Object.keys(kept))('%s has a policy to be judged by', (name) => {
    const { [name]: _, ...others } = bare;
    expect(judged('policies.apart', only(others)).says).toBe(`allowed: ${name} has no policy`);
  });

  it('and by nothing else', () => {
    expect(judged('policies.apart', only(bare)).says).toBe('21 actions withheld from 6 functions');
  });
});

it('duties that are absent are all named', () => {
  expect(judged('policies.duties', only({ issuer: policy('issuer') })).says).toBe(
    'no policy for responder, auditor, deployer',
  );
});

describe('an allowance', () => {
  it.each([
    ['names its actions', allow('a:b', 'r'), 'holds'],
    ['has a wildcard among its actions', allow(['a:b', 'a:Get*'], 'r'), 'fails'],
    ['is for every resource', allow('a:b', '*', 'Other'), 'fails'],
    ['is for every resource beside one', allow('a:b', ['r', '*'], 'Other'), 'fails'],
    ['is for every resource of a kind', allow('a:b', 'r/*', 'Other'), 'holds'],
    ['is for random bytes', allow('kms:GenerateRandom', '*', 'RandomBytes'), 'holds'],
    ['lists trails', allow('cloudtrail:DescribeTrails', '*', 'ListTrails'), 'holds'],
    ['looks up events', allow('cloudtrail:LookupEvents', '*', 'LookUpEvents'), 'holds'],
    ['is a denial of everything', { Effect: 'Deny', Action: '*', Resource: '*' }, 'holds'],
  ])('that %s', (_what, statement, result) => {
    expect(judged('policies.narrow', only({ p: policy('x', statement) })).result).toBe(result);
  });
});
