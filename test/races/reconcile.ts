import { expect } from 'vitest';
import { run } from '#functions/reconcile/run.ts';
import { createMemoryTrail } from '#test/ports/memory-trail.ts';
import { createMemoryPorts } from '#test/ports/ports.ts';
import { createWorld } from '#test/ports/world.ts';
import { all, type Race, times } from './race.ts';

const PLAN = {
  account: '111122223333',
  prefix: '',
  secretsPrefix: 'tokenward/dev/',
  secretsArnPrefix: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:tokenward/dev/',
  watchAllSecrets: true,
  ownSessions: [],
  regions: [{ region: 'eu-west-1', names: [] }],
};

/** Races of runs that overlap. */
export const RECONCILE: readonly Race[] = [
  {
    name: 'runs that overlap read every file, and leave one cursor behind them',
    covers: ['reconcile/run.ts readRegion cursors.replace'],
    async run(together, copies, seed) {
      const world = createWorld({ seed });
      const trail = createMemoryTrail(world);
      const ports = { ...createMemoryPorts(world), ...trail };
      const now = world.clock.now();
      const ids = ['a', 'b', 'c'];
      for (const eventID of ids) {
        trail.files.deliver(now, [
          {
            eventID,
            eventName: 'GetSecretValue',
            eventSource: 'secretsmanager.amazonaws.com',
            recipientAccountId: PLAN.account,
          },
        ]);
      }
      const limits = { reserveMs: 0, remainingMs: () => 60_000 };
      const reports = all(
        await together(
          world,
          times(copies, () => run(ports, PLAN, limits)),
        ),
      );
      for (const { failed } of reports) expect(failed).toBe(0);
      const sent = trail.queue.bodies.map((body) => JSON.parse(body).detail.eventID);
      expect(new Set(sent)).toEqual(new Set(ids));
      expect(trail.cursors.stored.get('eu-west-1')?.seen).toHaveLength(3);
      expect((await run(ports, PLAN, limits)).files).toBe(0);
    },
  },
];
