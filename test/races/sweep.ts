import { expect } from 'vitest';
import { create } from '#core/change.ts';
import { SCHEMA } from '#core/records.ts';
import { expectListed, expectWhole, HOUR, inState, registered, said, tokenOf } from './facts.ts';
import { all, type Race, times } from './race.ts';

/** Races of sweeps that overlap (F27). */
export const SWEEP: readonly Race[] = [
  {
    name: 'a suspension that ends is released once',
    covers: ['sweep/run.ts sweepToken decideAndCommit'],
    async run(together, copies, seed) {
      const { system, secretArn } = await registered(seed);
      const until = new Date(system.world.clock.now() + HOUR).toISOString();
      const who = { tokenId: 'orders', reason: 'seen', incidentId: 'INC-1', noWait: true };
      await system.order({ action: 'suspend', until, ...who });
      system.world.clock.advance(HOUR);
      all(
        await together(
          system.world,
          times(copies, () => system.sweep()),
        ),
      );
      expect(said(system.ports, 'token.released')).toBe(1);
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'a version past its end is marked once',
    covers: ['sweep/run.ts sweepVersion decideAndCommit'],
    async run(together, copies, seed) {
      const { system, secretArn } = await registered(seed);
      await system.ports.vault.trigger(secretArn);
      system.world.clock.advance(HOUR);
      const reports = all(
        await together(
          system.world,
          times(copies, () => system.sweep()),
        ),
      );
      for (const report of reports) expect(report.failed).toBe(0);
      expect(said(system.ports, 'version.expired')).toBe(1);
      expect(inState(system, 'expired')).toHaveLength(1);
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'the rotation of a revoked token is cancelled, and that is said once',
    covers: ['sweep/run.ts finishRevocation decideAndCommit'],
    async run(together, copies, seed) {
      const { system, secretArn } = await registered(seed);
      system.world.beforeCall = ({ method }) => {
        if (method === 'cancelRotation') throw new Error('the vault is away');
      };
      await system.order({
        action: 'revoke',
        tokenId: 'orders',
        reason: 'x',
        incidentId: 'INC-1',
        noWait: true,
      });
      system.world.beforeCall = undefined;
      system.world.clock.advance(HOUR);
      all(
        await together(
          system.world,
          times(copies, () => system.sweep()),
        ),
      );
      expect(said(system.ports, 'token.rotation-cancelled')).toBe(1);
      expect(system.ports.vault.secretOf(secretArn).rotationEnabled).toBe(false);
      expect(await tokenOf(system)).not.toHaveProperty('dueAt');
      await expectListed(system);
    },
  },
  {
    name: 'a held incident pages again once, however many sweeps find it due',
    covers: ['sweep/run.ts pageAgain decideAndCommit'],
    async run(together, copies, seed) {
      const { system } = await registered(seed);
      const at = system.world.clock.now();
      await system.ports.registry.commit({
        writes: [
          create({
            schema: SCHEMA,
            kind: 'incident',
            rev: 0,
            incidentId: 'held:1',
            state: 'pending',
            openedAt: at,
            reason: 'over budget',
            held: [{ tokenId: 'orders', signal: 'outside-network', eventId: 'e', rung: 'reissue' }],
            dueAt: at + HOUR,
          }),
        ],
        audit: [{ action: 'response.held', at, actor: { kind: 'system', id: 'respond' } }],
        feed: [],
      });
      system.world.clock.advance(HOUR);
      all(
        await together(
          system.world,
          times(copies, () => system.sweep()),
        ),
      );
      expect(system.ports.pager.pages.map(({ key }) => key)).toEqual(['held:held:1']);
      expect(said(system.ports, 'response.held')).toBe(2);
    },
  },
];
