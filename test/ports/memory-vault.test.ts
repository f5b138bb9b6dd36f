import { describe, expect, it } from 'vitest';
import { PortError } from '#core/ports.ts';
import { Secret } from '#core/secret.ts';
import {
  createMemoryVault,
  type MemoryVault,
  type RotationHook,
  type RotationHookEvent,
} from './memory-vault.ts';
import { createWorld, type World } from './world.ts';

const FIRST = '11111111-0000-4000-8000-000000000000';
const ASKED = '22222222-0000-4000-8000-000000000000';

interface Rig {
  readonly world: World;
  readonly vault: MemoryVault;
  readonly arn: string;
  readonly steps: RotationHookEvent[];
  /** Called before each step does its work; a throw fails the step. */
  onStep: (event: RotationHookEvent) => void | Promise<void>;
}

async function rig(): Promise<Rig> {
  const world = createWorld();
  const vault = createMemoryVault(world);
  const steps: RotationHookEvent[] = [];
  const hook: RotationHook = async (event) => {
    steps.push(event);
    await made.onStep(event);
    const { Step, SecretId: secretId, ClientRequestToken: versionId } = event;
    if (Step === 'createSecret')
      await vault.put({ secretId, versionId, stage: 'AWSPENDING', value: Secret.of('new') });
    if (Step === 'finishSecret') {
      await vault.moveCurrent(secretId, { to: versionId, from: vault.current(secretId)?.versionId ?? '' });
    }
  };
  const arn = vault.createSecret('tokenward/dev/orders', hook);
  const made: Rig = { world, vault, arn, steps, onStep: () => {} };
  await vault.put({ secretId: arn, versionId: FIRST, stage: 'AWSCURRENT', value: Secret.of('old') });
  return made;
}

const stages = (vault: MemoryVault, arn: string): Record<string, readonly string[]> =>
  Object.fromEntries(
    Object.entries(vault.secretOf(arn).versions).map(([id, version]) => [id, version.stages]),
  );

describe('a rotation in memory', () => {
  it('begins with an empty pending version and takes the four steps in order', async () => {
    const { vault, arn, steps } = await rig();
    await vault.rotate(arn, ASKED);
    expect(vault.secretOf(arn).versions[ASKED]).toMatchObject({ stages: ['AWSPENDING'] });
    expect(vault.secretOf(arn).versions[ASKED]).not.toHaveProperty('value');
    expect(await vault.settle()).toMatchObject([{ versionId: ASKED, outcome: 'succeeded', attempts: 1 }]);
    expect(steps.map(({ Step }) => Step)).toEqual([
      'createSecret',
      'setSecret',
      'testSecret',
      'finishSecret',
    ]);
    expect(steps.every((step) => step.SecretId === arn && step.ClientRequestToken === ASKED)).toBe(true);
    expect(stages(vault, arn)).toEqual({ [FIRST]: ['AWSPREVIOUS'], [ASKED]: ['AWSCURRENT'] });
  });

  it('starts again from the first step after a failed one', async () => {
    const made = await rig();
    const { vault, arn, steps } = made;
    let failures = 2;
    made.onStep = ({ Step }) => {
      if (Step === 'testSecret' && failures-- > 0) throw new Error('not yet');
    };
    await vault.rotate(arn, ASKED);
    expect(await vault.settle()).toMatchObject([{ outcome: 'succeeded', attempts: 3 }]);
    expect(steps.map(({ Step }) => Step[0]).join('')).toBe('cstcstcstf');
  });

  it('gives up after its attempts and leaves the label', async () => {
    const made = await rig();
    const { vault, arn } = made;
    made.onStep = () => {
      throw new Error('never');
    };
    await vault.rotate(arn, ASKED);
    expect(await vault.settle()).toMatchObject([
      { outcome: 'failed', attempts: 3, error: new Error('never') },
    ]);
    expect(stages(vault, arn)).toEqual({ [FIRST]: ['AWSCURRENT'], [ASKED]: ['AWSPENDING'] });
  });

  it('whose last step moves no label has failed', async () => {
    const { world, vault } = await rig();
    const idle = vault.createSecret('tokenward/dev/idle', async () => {});
    await vault.rotate(idle, ASKED);
    expect(await vault.settle()).toMatchObject([{ outcome: 'failed' }]);
    expect(world.count('vault', 'rotate')).toBe(1);
  });

  it('that is in the way is tried again when another is asked for', async () => {
    const made = await rig();
    const { vault, arn } = made;
    made.onStep = () => {
      throw new Error('down');
    };
    await vault.rotate(arn, ASKED);
    await vault.settle();
    made.onStep = () => {};
    expect(await vault.rotate(arn, FIRST.replace('1', '3'))).toEqual({
      ok: false,
      error: { reason: 'busy' },
    });
    expect(await vault.settle()).toMatchObject([{ versionId: ASKED, outcome: 'succeeded' }]);
  });

  it('is abandoned when its pending label goes elsewhere', async () => {
    const made = await rig();
    const { vault, arn } = made;
    made.onStep = async ({ Step }) => {
      if (Step === 'testSecret') await vault.clearPending(arn, ASKED);
      if (Step === 'testSecret') throw new Error('gave up');
    };
    await vault.rotate(arn, ASKED);
    expect(await vault.settle()).toMatchObject([{ outcome: 'abandoned', attempts: 2 }]);
  });

  it.each([
    ['cancelled', (vault: MemoryVault, arn: string) => vault.cancelRotation(arn)],
    ['its secret deleted', async (vault: MemoryVault, arn: string) => vault.deleteSecret(arn)],
  ])('is not retried once %s', async (_what, stop) => {
    const made = await rig();
    const { vault, arn } = made;
    made.onStep = async () => {
      await stop(vault, arn);
      throw new Error('stopped');
    };
    await vault.rotate(arn, ASKED);
    expect(await vault.settle()).toMatchObject([{ outcome: 'stopped', attempts: 1 }]);
  });

  it('asked for twice under one token runs once', async () => {
    const { vault, arn } = await rig();
    await vault.rotate(arn, ASKED);
    expect(await vault.rotate(arn, ASKED)).toEqual({ ok: true, value: undefined });
    expect(await vault.settle()).toHaveLength(1);
  });

  it('refuses a token that has a value', async () => {
    const { vault, arn } = await rig();
    await expect(vault.rotate(arn, FIRST)).rejects.toBeInstanceOf(PortError);
  });

  it('by the schedule takes up the stuck version, else makes a new one', async () => {
    const made = await rig();
    const { vault, arn } = made;
    made.onStep = () => {
      throw new Error('down');
    };
    const { versionId } = await vault.trigger(arn);
    made.onStep = () => {};
    expect(await vault.trigger(arn)).toMatchObject({ versionId, outcome: 'succeeded' });
    expect((await vault.trigger(arn)).versionId).not.toBe(versionId);
    expect(vault.outcomes.map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded', 'succeeded']);
  });

  it('that is only tested runs testSecret on an empty version and leaves nothing', async () => {
    const made = await rig();
    const { vault, arn, steps } = made;
    made.onStep = async ({ ClientRequestToken }) => {
      expect(await vault.value(arn, ClientRequestToken)).toMatchObject({ ok: false });
    };
    await vault.testRotation(arn);
    expect(steps.map(({ Step }) => Step)).toEqual(['testSecret']);
    expect(stages(vault, arn)).toEqual({ [FIRST]: ['AWSCURRENT'] });
  });
});

describe('the lag of reads', () => {
  it('hides what was written too lately, and shows it later', async () => {
    const { world, vault, arn } = await rig();
    world.clock.advance(5_000);
    vault.lagMs = 1_000;
    await vault.put({ secretId: arn, versionId: ASKED, stage: 'AWSCURRENT', value: Secret.of('new') });
    expect(await vault.value(arn, ASKED)).toMatchObject({ ok: false });
    expect(vault.current(arn)?.versionId).toBe(FIRST);
    world.clock.advance(1_000);
    expect((await vault.value(arn, ASKED)).ok).toBe(true);
    expect(vault.current(arn)?.versionId).toBe(ASKED);
  });

  it('never touches writes', async () => {
    const { vault, arn } = await rig();
    vault.lagMs = 60_000;
    expect(await vault.describe(arn)).toMatchObject({ ok: false });
    const put = vault.put({
      secretId: arn,
      versionId: FIRST,
      stage: 'AWSCURRENT',
      value: Secret.of('other'),
    });
    expect(await put).toEqual({ ok: false, error: { reason: 'exists' } });
  });
});

describe('its secrets', () => {
  it('come back when restored', async () => {
    const { vault, arn } = await rig();
    vault.deleteSecret(arn);
    vault.restoreSecret(arn);
    expect((await vault.value(arn, FIRST)).ok).toBe(true);
  });

  it('keep a version that lost its labels readable by its id', async () => {
    const { vault, arn } = await rig();
    for (const digit of ['4', '5']) {
      await vault.put({
        secretId: arn,
        versionId: ASKED.replaceAll('2', digit),
        stage: 'AWSCURRENT',
        value: Secret.of(digit),
      });
    }
    expect((await vault.value(arn, FIRST)).ok).toBe(true);
  });

  it('are named by what a test does wrong', () => {
    const vault = createMemoryVault(createWorld());
    expect(() => vault.secretOf('absent')).toThrow('absent');
  });
});

describe('the hooks of the world', () => {
  it('fault a call before its effect, or lose the reply after it', async () => {
    const { world, vault, arn } = await rig();
    const put = (): Promise<unknown> =>
      vault.put({ secretId: arn, versionId: ASKED, stage: 'AWSPENDING', value: Secret.of('new') });
    world.beforeCall = () => {
      throw new Error('before');
    };
    await expect(put()).rejects.toThrow('before');
    expect(vault.secretOf(arn).versions[ASKED]).toBeUndefined();
    world.beforeCall = undefined;
    world.afterCall = () => {
      throw new Error('after');
    };
    await expect(put()).rejects.toThrow('after');
    expect(vault.secretOf(arn).versions[ASKED]?.value).toBe('new');
  });
});
