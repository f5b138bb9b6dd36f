import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Identity, identityOf, isSameIdentity } from '#core/token/caller.ts';

const IAM = 'arn:aws:iam::111122223333';
const STS = 'arn:aws:sts::111122223333';

describe('identityOf', () => {
  it.each<[string, Identity | undefined]>([
    [`${IAM}:role/orders`, { account: '111122223333', kind: 'role', name: 'orders' }],
    [`${IAM}:role/a/b/orders`, { account: '111122223333', kind: 'role', name: 'orders' }],
    [`${IAM}:user/ann`, { account: '111122223333', kind: 'user', name: 'ann' }],
    [
      'arn:aws-us-gov:iam::111122223333:user/x/ann@example.com',
      { account: '111122223333', kind: 'user', name: 'ann@example.com' },
    ],
    [
      `${STS}:assumed-role/orders/i-0abc`,
      { account: '111122223333', kind: 'role', name: 'orders', session: 'i-0abc' },
    ],
    [`${STS}:assumed-role/a/orders/i-0abc`, undefined],
    [`${STS}:assumed-role/orders`, undefined],
    [`${STS}:federated-user/ann`, undefined],
    [`${IAM}:root`, undefined],
    [`${IAM}:group/admins`, undefined],
    [`${IAM}:role/`, undefined],
    ['arn:aws:iam::1111:role/orders', undefined],
    ['arn:other:iam::111122223333:role/orders', undefined],
    [
      'arn:aws-us-gov:sts::111122223333:assumed-role/orders/s',
      { account: '111122223333', kind: 'role', name: 'orders', session: 's' },
    ],
    [`x${IAM}:role/orders`, undefined],
    [`x${STS}:assumed-role/orders/s`, undefined],
    [`${STS}:assumed-role/orders/s\n`, undefined],
    [`${IAM}:role/orders\n`, undefined],
    ['', undefined],
  ])('%s', (arn, expected) => {
    expect(identityOf(arn)).toStrictEqual(expected);
  });
});

describe('isSameIdentity', () => {
  it.each([
    ['the role itself', `${IAM}:role/service/orders`, `${IAM}:role/service/orders`, true],
    ['a session of it, its path lost', `${STS}:assumed-role/orders/s`, `${IAM}:role/service/orders`, true],
    ['another name', `${STS}:assumed-role/order/s`, `${IAM}:role/service/orders`, false],
    ['another case', `${STS}:assumed-role/Orders/s`, `${IAM}:role/orders`, false],
    ['a session named like it', `${STS}:assumed-role/x/orders`, `${IAM}:role/orders`, false],
    ['a path named like it', `${IAM}:role/orders/x`, `${IAM}:role/orders`, false],
    ['another account', 'arn:aws:sts::999922223333:assumed-role/orders/s', `${IAM}:role/orders`, false],
    ['a user of that name', `${IAM}:user/orders`, `${IAM}:role/orders`, false],
    ['a caller that is no identity', 'external:partner', `${IAM}:role/orders`, false],
    ['a declaration that is none', `${IAM}:role/orders`, 'external:partner', false],
    ['nothing is itself nobody', '', '', false],
  ])('%s', (_what, caller, declared, expected) => {
    expect(isSameIdentity(caller, declared)).toBe(expected);
  });

  it('holds for every session of every role, and of no other role', () => {
    const name = fc.stringMatching(/^[\w+=,.@-]{1,64}$/);
    fc.assert(
      fc.property(name, name, name, (role, other, session) => {
        const declared = `${IAM}:role/path/${role}`;
        expect(isSameIdentity(`${STS}:assumed-role/${role}/${session}`, declared)).toBe(true);
        expect(isSameIdentity(`${STS}:assumed-role/${other}/${session}`, declared)).toBe(other === role);
      }),
    );
  });
});
