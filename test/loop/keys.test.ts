import { beforeEach, describe, expect, it } from 'vitest';
import { PEPPER_RECHECK_MS } from '#core/crypto/pepper.ts';
import { keys } from '#core/keys.ts';
import { PortError } from '#core/ports.ts';
import { createSystem, ORDERS, type System } from './system.ts';

/** The drills of docs/runbook.md, "A key is lost or compromised", for the peppers (SC-12, SC-12(1), CP-10). */

const REASON = { reason: 'key drill', incidentId: 'INC-9' };

let system: System;
let secretArn: string;
let first: string;

beforeEach(async () => {
  system = createSystem(1, { wrapped: true });
  secretArn = await system.register();
  first = system.read(secretArn);
});

const settle = (): void => system.world.clock.advance(2 * PEPPER_RECHECK_MS);
const stateOf = async (version: number): Promise<string | undefined> =>
  (await system.ports.registry.get(keys.pepper(version)))?.state;
const pepperOf = async (): Promise<unknown> => {
  const token = await system.ports.registry.get(keys.token(ORDERS.id));
  return token?.fieldsMac.pepper;
};
const verdict = async (text: string): Promise<string> =>
  (await system.use(text, system.verifier())).allow ? 'allowed' : 'denied';
const said = (action: string): number =>
  system.ports.registry.log.filter((record) => record.action === action).length;

/** Another environment for `issue`: its containers start anew, and CloudFormation calls for every token. */
async function deploy(plan: Partial<System['peppers']> = {}): Promise<void> {
  Object.assign(system.peppers, plan);
  system.restart();
  await system.register();
}

async function newPepper(): Promise<void> {
  await deploy({ version: 2 });
  settle();
}

async function order(action: 'reissue' | 'rotate'): Promise<void> {
  await system.order({ action, tokenId: ORDERS.id, ...REASON });
  const outcomes = await system.ports.vault.settle();
  expect(outcomes).toContainEqual(expect.objectContaining({ outcome: 'succeeded' }));
}

describe('a planned change of the pepper', () => {
  it('seals what is granted anew, disturbs nobody, and lets the next rotation do the rest', async () => {
    await newPepper();
    expect([await stateOf(1), await stateOf(2), await pepperOf()]).toEqual(['verify-only', 'active', 2]);
    expect(await verdict(first)).toBe('allowed');
    await order('rotate');
    expect(await verdict(system.read(secretArn))).toBe('allowed');
    expect(await verdict(first)).toBe('allowed');
    expect([said('pepper.created'), said('pepper.retired')]).toEqual([2, 1]);
  });

  it('makes a pepper once, whatever is deployed again', async () => {
    await newPepper();
    await deploy();
    await deploy();
    expect([said('pepper.created'), said('pepper.retired'), said('token.rebound')]).toEqual([2, 1, 1]);
  });
});

describe('a pepper that somebody else knows', () => {
  it('is replaced, every token reissued, and then destroyed: nothing it made is believed any more', async () => {
    await newPepper();
    await order('reissue');
    const second = system.read(secretArn);
    expect(await verdict(first)).toBe('denied');
    expect(await verdict(second)).toBe('allowed');
    await deploy({ oldest: 2 });
    settle();
    expect(await stateOf(1)).toBe('destroyed');
    expect((await system.ports.registry.get(keys.pepper(1)))?.wrapped).toBe('');
    expect(await verdict(second)).toBe('allowed');
    // Whoever knows the old pepper and may write the table can no longer make a version that passes.
    const version = await system.ports.registry.get(keys.version(first.split('_')[2] ?? ''));
    expect(version?.tokenMac.pepper).toBe(1);
    expect(await system.ports.mac.remake(Buffer.from('forged'), 1)).toBeUndefined();
    expect(said('pepper.destroyed')).toBe(1);
  });

  it('is not destroyed while a token still depends on it, nor before every container knows the new one', async () => {
    await expect(deploy({ version: 2, oldest: 2 })).rejects.toMatchObject({
      code: 'pepper-in-use',
      message: expect.stringContaining('too young'),
    });
    settle();
    await expect(deploy()).rejects.toMatchObject({
      code: 'pepper-in-use',
      message: expect.stringMatching(/token orders; reissue or revoke orders first/),
    });
    expect(await stateOf(1)).toBe('verify-only');
    expect(await verdict(first)).toBe('allowed');
  });
});

describe('a pepper that is lost', () => {
  it('refuses everything, and everything is back with a new one and reissued tokens', async () => {
    const { registry } = system.ports;
    // The KMS key that wrapped it is gone: nothing made before opens any more.
    const lost = (await registry.get(keys.pepper(1)))?.wrapped;
    system.world.beforeCall = ({ port, method, args }) => {
      const opened = port === 'keys' && method === 'unwrap' ? Buffer.from(args[0] as Uint8Array) : undefined;
      if (opened?.toString('base64') === lost) {
        throw new PortError('InvalidCiphertextException', { outcome: 'not-applied', retryable: false });
      }
    };
    system.restart();
    expect(await verdict(first)).toBe('denied');
    await newPepper();
    expect(await verdict(first)).toBe('denied');
    await order('reissue');
    const second = system.read(secretArn);
    expect(await verdict(second)).toBe('allowed');
    await deploy({ oldest: 2 });
    expect(await stateOf(1)).toBe('destroyed');
    expect(await verdict(second)).toBe('allowed');
    await order('rotate');
    expect(await verdict(system.read(secretArn))).toBe('allowed');
  });
});
