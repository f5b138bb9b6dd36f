import { describe, expect, it } from 'vitest';
import { indexContracts } from '#core/detection/contract.ts';
import { binding, contract, KEY, SECRET_NAME, USER } from './observations.ts';

const ROLE = 'arn:aws:iam::111122223333:role/orders';

describe('what was promised', () => {
  it('of a secret without declared readers lets anybody read', () => {
    const open = contract({ readers: [] });
    const { reads } = indexContracts([], [open], []);
    expect(reads(open, KEY, USER)).toBe(true);
  });

  it('exempts no session without a name, even were it declared so', () => {
    const { isExempt } = indexContracts([], [], [{ role: ROLE, sessionName: '' }]);
    expect(isExempt(ROLE, '')).toBe(false);
  });

  it('is found by the credential before its principal', () => {
    const [own, all] = [binding({ owner: 'own' }), binding({ credential: USER, owner: 'all' })];
    const { bindingOf, secretOf } = indexContracts([all, own], [contract()], []);
    expect([bindingOf(KEY, USER)?.owner, bindingOf('AKIAX', USER)?.owner]).toEqual(['own', 'all']);
    expect(secretOf(SECRET_NAME)).toEqual(contract());
  });
});

describe('whether a network is within', () => {
  const networks = Array.from({ length: 1_025 }, (_, n) => `198.51.${n >> 8}.${n & 255}`);

  it('is asked once, for 1,024 networks of a credential, then anew', () => {
    let asked = 0;
    const declared = new Proxy(['203.0.113.0/24'], {
      get: (target, name, receiver) => {
        if (name === 'length') asked++;
        return Reflect.get(target, name, receiver);
      },
    });
    const bound = binding({ networks: declared });
    const { within } = indexContracts([bound], [], []);
    const asks = (network: string): boolean => {
      const before = asked;
      within(bound, network);
      return asked > before;
    };
    const [first = '', last = ''] = [networks[0], networks.at(-1)];
    expect(networks.slice(0, -1).filter(asks)).toHaveLength(1_024);
    expect(networks.slice(0, -1).filter(asks)).toHaveLength(0);
    expect([asks(last), asks(last), asks(first)]).toEqual([true, false, true]);
  });

  it('is asked of each credential by itself', () => {
    const bound = binding({ networks: ['203.0.113.0/24'] });
    const other = binding({ credential: 'AKIAOTHER', networks: ['198.51.0.0/16'] });
    const { within } = indexContracts([bound, other], [], []);
    expect([within(bound, '198.51.0.1'), within(other, '198.51.0.1')]).toEqual([false, true]);
  });
});
