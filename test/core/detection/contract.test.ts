import { beforeEach, describe, expect, it, vi } from 'vitest';
import { indexContracts } from '#core/detection/contract.ts';
import { binding, contract, KEY, SECRET_NAME, USER } from './observations.ts';

const asked = vi.hoisted(() => ({ within: 0, identity: 0 }));
vi.mock('#core/token/verify.ts', async (importOriginal) => {
  const real = await importOriginal<typeof import('#core/token/verify.ts')>();
  return {
    ...real,
    withinNetworks: (...of: Parameters<typeof real.withinNetworks>) => {
      asked.within++;
      return real.withinNetworks(...of);
    },
  };
});
vi.mock('#core/token/caller.ts', async (importOriginal) => {
  const real = await importOriginal<typeof import('#core/token/caller.ts')>();
  return {
    ...real,
    identityOf: (arn: string) => {
      asked.identity++;
      return real.identityOf(arn);
    },
  };
});
beforeEach(() => Object.assign(asked, { within: 0, identity: 0 }));

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

describe('what costs much is asked once', () => {
  const networks = Array.from({ length: 1_025 }, (_, n) => `198.51.${n >> 8}.${n & 255}`);
  const bound = binding({ networks: ['203.0.113.0/24'] });

  it('whether a network is within, for 1,024 networks of a credential, then anew', () => {
    const { within } = indexContracts([bound], [], []);
    for (const network of networks.slice(0, -1)) within(bound, network);
    for (const network of networks.slice(0, -1)) within(bound, network);
    expect(asked.within).toBe(1_024);
    within(bound, networks.at(-1) as string);
    within(bound, networks.at(-1) as string);
    expect(asked.within).toBe(1_025);
    within(bound, networks[0] as string);
    expect(asked.within).toBe(1_026);
  });

  it('and of each credential by itself', () => {
    const other = binding({ credential: 'AKIAOTHER', networks: ['198.51.0.0/16'] });
    const { within } = indexContracts([bound, other], [], []);
    expect([within(bound, '198.51.0.1'), within(other, '198.51.0.1')]).toEqual([false, true]);
  });

  it('whom an ARN names', () => {
    const { bindingOf } = indexContracts([], [], []);
    for (let n = 0; n < 5; n++) bindingOf(KEY, ROLE);
    expect(asked.identity).toBe(1);
  });
});
