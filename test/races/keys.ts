import { expect } from 'vitest';
import { keys } from '#core/keys.ts';
import type { KeyOrder } from '#core/response/key-orders.ts';
import { endKey } from '#functions/respond/keys.ts';
import { releaseUser } from '#functions/revoke/user.ts';
import { run as sweep } from '#functions/sweep/run.ts';
import { createMemoryPorts, type MemoryPorts } from '#test/ports/ports.ts';
import { createWorld, type World } from '#test/ports/world.ts';
import { said } from './facts.ts';
import { all, fulfilled, type Race, times } from './race.ts';

const USER = 'arn:aws:iam::111122223333:user/ci';
const MINUTE = 60_000;

interface Town {
  readonly world: World;
  readonly ports: MemoryPorts;
  readonly end: (eventId: string) => ReturnType<typeof endKey>;
  readonly sweep: () => Promise<{ readonly failed: number }>;
  readonly release: () => ReturnType<typeof releaseUser>;
}

function town(seed: number): Town {
  const world = createWorld({ seed });
  const ports = createMemoryPorts(world);
  ports.keyControl.create(USER, { 'tokenward:respond': 'dev' }, 2);
  const order = (eventId: string): KeyOrder => ({
    userArn: USER,
    accessKeyId: 'AKIA0000000000000001',
    account: '111122223333',
    eventId,
    seenAt: world.clock.now(),
    at: world.clock.now(),
    actor: { kind: 'system', id: 'respond' },
    reason: 'seen',
    incidentId: 'auto:e',
    rung: 'suspend',
    sessions: [],
  });
  const released = { actor: { kind: 'iam', id: 'ann' }, reason: 'false', incidentId: 'INC-1' } as const;
  return {
    world,
    ports,
    end: (eventId) => endKey(order(eventId), ports),
    sweep: () => sweep(ports, { reserveMs: 0, remainingMs: () => 60_000 }),
    release: () => releaseUser(USER, { ...released, at: world.clock.now() }, ports),
  };
}

/** What IAM shows and what the registry says are the same thing. */
async function expectAgreed({ ports }: Town, state: 'quiet' | 'released'): Promise<void> {
  const user = ports.keyControl.userOf(USER);
  expect((await ports.registry.get(keys.quarantine(USER)))?.state).toBe(state);
  expect(user?.policies).toEqual(state === 'quiet' ? [ports.keyControl.policyArn] : []);
  for (const { status } of user?.keys ?? []) expect(status).toBe(state === 'quiet' ? 'Inactive' : 'Active');
}

/** Races around an IAM user's quarantine. */
export const KEYS: readonly Race[] = [
  {
    name: 'an event delivered several times at once ends a key once',
    covers: [
      'respond/keys.ts endKey decideAndCommit',
      'respond/keys.ts change decideAndCommit',
      'respond/keys.ts act keyControl.quarantine',
      'respond/keys.ts act keyControl.setStatus',
    ],
    async run(together, copies, seed) {
      const at = town(seed);
      all(
        await together(
          at.world,
          times(copies, () => at.end('e-1')),
        ),
      );
      expect(said(at.ports, 'quarantine.begun')).toBe(1);
      expect(said(at.ports, 'quarantine.quiet')).toBe(1);
      await expectAgreed(at, 'quiet');
    },
  },
  {
    name: 'a release that comes while the user is still being blocked stands',
    covers: [
      'respond/keys.ts takeBack keyControl.setStatus',
      'respond/keys.ts takeBack keyControl.unquarantine',
      'revoke/user.ts releaseUser decideAndCommit',
    ],
    async run(together, copies, seed) {
      const at = town(seed);
      await at.end('e-1');
      at.world.clock.advance(MINUTE);
      const { keys: ended = [] } = at.ports.keyControl.userOf(USER) ?? {};
      at.ports.keyControl.change(USER, {
        policies: [],
        keys: ended.map((key) => ({ ...key, status: 'Active' as const })),
      });
      const releaseOnce = async (): Promise<void> => {
        while (said(at.ports, 'quarantine.reopened') === 0) await at.ports.keyControl.user(USER);
        await at.release();
      };
      all(
        await together(at.world, [
          async () => void (await at.end('e-2')),
          releaseOnce,
          ...times(copies - 2, async () => void (await at.end('e-2'))),
        ]),
      );
      await expectAgreed(at, 'released');
    },
  },
  {
    name: 'a release given several times at once, and swept meanwhile, gives back once',
    covers: [
      'revoke/user.ts giveBack decideAndCommit',
      'revoke/user.ts giveBack keyControl.setStatus',
      'revoke/user.ts giveBack keyControl.unquarantine',
    ],
    async run(together, copies, seed) {
      const at = town(seed);
      await at.end('e-1');
      const results = await together(
        at.world,
        times(copies, () => at.release()),
      );
      expect(fulfilled(results).length).toBe(copies);
      expect(said(at.ports, 'quarantine.released')).toBe(1);
      await expectAgreed(at, 'released');
    },
  },
  {
    name: 'sweeps that overlap take the second look once',
    covers: ['sweep/quarantine.ts settled decideAndCommit'],
    async run(together, copies, seed) {
      const at = town(seed);
      await at.end('e-1');
      at.world.clock.advance(6 * MINUTE);
      const reports = all(
        await together(
          at.world,
          times(copies, () => at.sweep()),
        ),
      );
      for (const { failed } of reports) expect(failed).toBe(0);
      expect(said(at.ports, 'quarantine.confirmed')).toBe(1);
      await expectAgreed(at, 'quiet');
    },
  },
];
