import { expect } from 'vitest';
import { keys } from '#core/keys.ts';
import type { IntentRecord } from '#core/records.ts';
import type { RotationStep } from '#events/rotation.ts';
import { repairIntent } from '#functions/sweep/repair.ts';
import type { System } from '../loop/system.ts';
import { expectListed, expectWhole, HOUR, inState, registered, said, tokenOf } from './facts.ts';
import { type Race, type Together, times } from './race.ts';

const NEXT = '00000000-0000-4000-8000-00000000feed';

const intentOf = async ({ ports }: System): Promise<IntentRecord | undefined> =>
  ports.registry.get(keys.intent('orders', NEXT));

/** One step, delivered several times at once. A late copy may be told off; one at least gets through. */
async function deliver(
  step: RotationStep,
  { system, secretArn }: { readonly system: System; readonly secretArn: string },
  together: Together,
  copies: number,
): Promise<void> {
  const results = await together(
    system.world,
    times(copies, () => system.step(step, secretArn, NEXT)),
  );
  expect(results.map(({ status }) => status)).toContain('fulfilled');
}

/** Races of `rotate`: each step delivered more than once, two attempts at once, and what meets a rotation. */
export const ROTATE: readonly Race[] = [
  {
    name: 'each step of a rotation, delivered again and again, makes one new version',
    covers: [
      'rotate/steps/create.ts beginIntent decideAndCommit',
      'rotate/steps/create.ts recordMinted decideAndCommit',
      'rotate/steps/create.ts createSecret vault.put',
      'rotate/steps/set.ts setSecret decideAndCommit',
      'rotate/steps/finish.ts finishSecret decideAndCommit',
      'rotate/steps/finish.ts moveLabel vault.moveCurrent',
    ],
    async run(together, copies, seed) {
      const there = await registered(seed);
      const { system, secretArn, text } = there;
      await system.ports.vault.rotate(secretArn, NEXT);
      await deliver('createSecret', there, together, copies);
      expect(await intentOf(system)).toMatchObject({ state: 'minted' });
      await deliver('setSecret', there, together, copies);
      expect(inState(system, 'pending').map(({ keyId }) => keyId)).toEqual([(await intentOf(system))?.keyId]);
      await deliver('testSecret', there, together, copies);
      await deliver('finishSecret', there, together, copies);
      for (const action of ['rotation.begun', 'version.set', 'version.promoted', 'version.retiring']) {
        expect(said(system.ports, action), action).toBe(1);
      }
      expect(await intentOf(system)).toMatchObject({ state: 'finished' });
      expect(await system.use(text, system.verifier())).toMatchObject({ allow: true });
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'two attempts of one rotation, step against step, promote one version',
    covers: [],
    async run(together, copies, seed) {
      const { system, secretArn } = await registered(seed);
      const { vault } = system.ports;
      await together(
        system.world,
        times(copies, () => vault.trigger(secretArn)),
      );
      expect(await vault.trigger(secretArn)).toMatchObject({ outcome: 'succeeded' });
      expect(inState(system, 'pending')).toEqual([]);
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'a label on a version whose rotation is over is taken off, and AWSCURRENT stays',
    covers: ['rotate/steps/create.ts endStuck vault.clearPending'],
    async run(together, copies, seed) {
      const { system, secretArn } = await registered(seed);
      const { vault } = system.ports;
      const over = (await vault.trigger(secretArn)).versionId;
      await vault.trigger(secretArn);
      const current = vault.current(secretArn)?.versionId;
      vault.label(secretArn, 'AWSPENDING', over);
      const results = await together(
        system.world,
        times(copies, () => system.step('createSecret', secretArn, over)),
      );
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
      expect(vault.secretOf(secretArn).versions[over]?.stages ?? []).not.toContain('AWSPENDING');
      expect(vault.current(secretArn)?.versionId).toBe(current);
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'a version that cannot be proven is given up once, and its label cleared',
    covers: ['rotate/steps/test.ts giveUp decideAndCommit', 'rotate/steps/test.ts giveUp vault.clearPending'],
    async run(together, copies, seed) {
      const { system, secretArn, text } = await registered(seed);
      await system.ports.vault.rotate(secretArn, NEXT);
      await system.step('createSecret', secretArn, NEXT);
      await system.step('setSecret', secretArn, NEXT);
      const [pending] = inState(system, 'pending');
      const order = { action: 'revoke', keyId: pending?.keyId, reason: 'seen', incidentId: 'INC-1' };
      await system.order(order);
      const results = await together(
        system.world,
        times(copies, () => system.step('testSecret', secretArn, NEXT)),
      );
      expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['rejected']));
      expect(said(system.ports, 'rotation.aborted')).toBe(1);
      expect(JSON.stringify(await system.ports.vault.describe(secretArn))).not.toContain('AWSPENDING');
      expect(await system.use(text, system.verifier())).toMatchObject({ allow: true });
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'a rotation that comes back while the sweep undoes it: what AWSCURRENT is, is accepted (S1)',
    covers: [
      'sweep/repair.ts repairIntent vault.clearPending',
      'sweep/repair.ts repairIntent decideAndCommit',
      'rotate/steps/finish.ts takeBack vault.moveCurrent',
    ],
    async run(together, copies, seed) {
      const { system, secretArn } = await registered(seed);
      const { vault } = system.ports;
      await vault.rotate(secretArn, NEXT);
      await system.step('createSecret', secretArn, NEXT);
      await system.step('setSecret', secretArn, NEXT);
      system.world.clock.advance(HOUR);
      const intent = await intentOf(system);
      if (intent === undefined) throw new Error('no intent');
      await together<unknown>(system.world, [
        () => system.step('finishSecret', secretArn, NEXT),
        ...times(copies - 1, () => repairIntent(intent, system.ports)),
      ]);
      const promoted = said(system.ports, 'version.promoted');
      expect(promoted + said(system.ports, 'version.revoked')).toBe(1);
      await system.sweep();
      expect(await intentOf(system)).not.toHaveProperty('dueAt');
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'an order that meets a rotation ends what it names, and leaves nothing pending',
    covers: [],
    async run(together, copies, seed) {
      const { system, secretArn, text } = await registered(seed);
      const { vault } = system.ports;
      const action = ['revoke', 'reissue', 'suspend'][copies % 3] ?? 'revoke';
      const order = { action, tokenId: 'orders', reason: 'seen', incidentId: 'INC-1', noWait: true };
      await together<unknown>(system.world, [() => vault.trigger(secretArn), () => system.order(order)]);
      await vault.settle();
      system.world.clock.advance(HOUR);
      await system.sweep();
      await vault.settle();
      expect(inState(system, 'pending')).toEqual([]);
      const { standing } = await tokenOf(system);
      expect(standing).toBe({ revoke: 'revoked', reissue: 'active', suspend: 'suspended' }[action]);
      if (action === 'revoke') expect(inState(system, 'current', 'retiring')).toEqual([]);
      if (action === 'reissue') {
        expect(await system.use(text, system.verifier())).toMatchObject({ allow: false, reason: 'revoked' });
        await expectWhole(system, secretArn);
      }
      await expectListed(system);
    },
  },
];
