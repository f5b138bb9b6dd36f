import { expect } from 'vitest';
import { PEPPER_RECHECK_MS } from '#core/crypto/pepper.ts';
import { ANN, ASKED, batch, createBench, passes, SERVICE } from '../issue/harness.ts';
import { createSystem, ORDERS } from '../loop/system.ts';
import { expectWhole, inState, registered, said, tokenOf } from './facts.ts';
import { all, fulfilled, type Race, times } from './race.ts';

/** Races of `issue`: registration and its repeats, removal, clients' tokens. */
export const ISSUE: readonly Race[] = [
  {
    name: 'one registration, delivered again and again, mints one version',
    covers: [
      'apply/pepper.ts ensurePepper commitAndPublish',
      'issue/register.ts registerToken decideAndCommit',
      'issue/first-version.ts mintFirst decideAndCommit',
      'issue/first-version.ts vaultNew decideAndCommit',
      'issue/first-version.ts vaultNew vault.put',
    ],
    async run(together, copies, seed) {
      const system = createSystem(seed);
      const [secretArn = ''] = all(
        await together(
          system.world,
          times(copies, () => system.register(ORDERS, 'request')),
        ),
      );
      for (const action of ['pepper.created', 'token.registered', 'version.issued']) {
        expect(said(system.ports, action), action).toBe(1);
      }
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'registrations at once make, retire and destroy each pepper once',
    covers: ['issue/destroy-peppers.ts destroyPeppers commitAndPublish'],
    async run(together, copies, seed) {
      const system = createSystem(seed, { wrapped: true });
      const secretArn = await system.register(ORDERS);
      const deploy = async (plan: Partial<typeof system.peppers>): Promise<void> => {
        Object.assign(system.peppers, plan);
        system.restart();
        all(
          await together(
            system.world,
            times(copies, () => system.register(ORDERS)),
          ),
        );
        system.world.clock.advance(2 * PEPPER_RECHECK_MS);
      };
      await deploy({ version: 2 });
      await system.order({ action: 'reissue', tokenId: ORDERS.id, reason: 'drill', incidentId: 'INC-9' });
      await system.ports.vault.settle();
      await deploy({ oldest: 2 });
      const actions = ['pepper.created', 'pepper.retired', 'pepper.destroyed', 'token.rebound'];
      expect(actions.map((action) => said(system.ports, action))).toEqual([2, 1, 1, 1]);
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'a registration whose first one crashed before its value gets one intent and one version',
    covers: ['issue/register.ts ensureIntent decideAndCommit'],
    async run(together, copies, seed) {
      const system = createSystem(seed);
      system.world.beforeCall = ({ port, method }) => {
        if (port === 'vault' && method === 'put') throw new Error('crash');
      };
      await expect(system.register(ORDERS, 'first')).rejects.toThrow('crash');
      const [secretArn = ''] = all(
        await together(
          system.world,
          times(copies, () => system.register(ORDERS, 'second')),
        ),
      );
      expect(said(system.ports, 'rotation.begun')).toBe(1);
      expect(said(system.ports, 'version.issued')).toBe(1);
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'declarations that change at once leave one of them, whole, and lose no suspension',
    covers: ['issue/register.ts rebindToken decideAndCommit'],
    async run(together, copies, seed) {
      const { system, secretArn, text } = await registered(seed);
      const declared = times(copies, (copy) =>
        system.register({ ...ORDERS, networks: ['10.0.0.0/8', `192.168.${copy}.0/24`] }),
      );
      const order = {
        action: 'suspend',
        tokenId: 'orders',
        reason: 'seen',
        incidentId: 'INC-1',
        noWait: true,
      };
      all<unknown>(await together<unknown>(system.world, [...declared, () => system.order(order)]));
      const token = await tokenOf(system);
      expect(token.standing).toBe('suspended');
      for (const version of inState(system, 'current')) {
        expect(version).toMatchObject({ suspended: true, fields: { networks: token.fields.networks } });
      }
      await system.order({ ...order, action: 'release' });
      expect(await system.use(text, system.verifier(), '10.9.9.9')).toMatchObject({ allow: true });
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'a removal is asked for once, and the declaration that comes back at once wins or is won over, whole',
    covers: ['issue/register.ts removeToken decideAndCommit'],
    async run(together, copies, seed) {
      const { system, secretArn } = await registered(seed);
      all(
        await together(
          system.world,
          times(copies, () => system.remove('orders')),
        ),
      );
      expect(said(system.ports, 'token.removal-requested')).toBe(1);
      expect(system.ports.pager.pages).toHaveLength(1);
      all<unknown>(
        await together<unknown>(system.world, [
          () => system.register(),
          ...times(copies - 1, () => system.remove('orders')),
        ]),
      );
      const { removal } = await tokenOf(system);
      const asked = said(system.ports, 'token.removal-requested');
      expect(asked - said(system.ports, 'token.removal-cancelled')).toBe(removal === undefined ? 0 : 1);
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'one Idempotency-Key, however often at once, leaves one live token',
    covers: ['issue/clients.ts issueReturnOnce decideAndCommit'],
    async run(together, copies) {
      const bench = createBench();
      const key = { 'idempotency-key': 'request-1' };
      const answers = fulfilled(
        await together(
          bench.world,
          times(copies, () => bench.post(ASKED, ANN, key)),
        ),
      );
      expect(answers).toHaveLength(copies);
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
      expect(bench.live()).toHaveLength(1);
      const good = await Promise.all(answers.map(({ body }) => passes(bench, body.token)));
      expect(good.filter((verdict) => verdict === 'allowed')).toHaveLength(1);
      expect(answers.filter(({ body }) => body.replaced !== undefined)).toHaveLength(copies - 1);
      expect(said(bench.memory, 'token.revoked')).toBe(copies - 1);
    },
  },
  {
    name: 'exchanges at once are one token each',
    covers: ['issue/clients.ts exchange decideAndCommit'],
    async run(together, copies) {
      const bench = createBench();
      const caller = batch(bench.memory.directory.create(SERVICE));
      const answers = all(
        await together(
          bench.world,
          times(copies, () => bench.post({ offer: 'session' }, caller)),
        ),
      );
      for (const { body } of answers) expect(await passes(bench, body.token)).toBe('allowed');
      expect(new Set(answers.map(({ body }) => body.keyId)).size).toBe(copies);
      expect(said(bench.memory, 'version.issued')).toBe(copies);
      expect(said(bench.memory, 'pepper.created')).toBe(1);
    },
  },
];
