import { describe, expect, it } from 'vitest';
import { keys } from '#core/keys.ts';
import type { QuarantineRecord } from '#core/records.ts';
import type { KeyOrder } from '#core/response/key-orders.ts';
import { endKey } from '#functions/respond/keys.ts';
import { releaseUser } from '#functions/revoke/user.ts';
import { run as sweep } from '#functions/sweep/run.ts';
import { createMemoryPorts, type MemoryPorts } from '#test/ports/ports.ts';
import { createWorld, type World } from '#test/ports/world.ts';

const USER = 'arn:aws:iam::111122223333:user/ci';
const MINUTE = 60_000;

interface Town {
  readonly world: World;
  readonly ports: MemoryPorts;
  readonly end: (part?: Partial<KeyOrder>) => ReturnType<typeof endKey>;
  readonly sweep: () => Promise<{ readonly failed: number }>;
  readonly release: () => ReturnType<typeof releaseUser>;
  readonly said: () => readonly string[];
  readonly record: () => Promise<QuarantineRecord | undefined>;
}

function town(options: { tags?: Record<string, string>; keys?: number } = {}): Town {
  const world = createWorld();
  const ports = createMemoryPorts(world);
  ports.keyControl.create(USER, options.tags ?? { 'tokenward:respond': 'dev' }, options.keys ?? 1);
  return {
    world,
    ports,
    end: (part = {}) =>
      endKey(
        {
          userArn: USER,
          accessKeyId: 'AKIA0000000000000001',
          account: '111122223333',
          eventId: 'e-1',
          seenAt: world.clock.now(),
          at: world.clock.now(),
          actor: { kind: 'system', id: 'respond' },
          reason: 'a stranger read a secret',
          incidentId: 'auto:e-1',
          rung: 'suspend',
          sessions: [],
          ...part,
        },
        ports,
      ),
    sweep: () => sweep(ports, { reserveMs: 0, remainingMs: () => 60_000 }),
    release: () =>
      releaseUser(
        USER,
        {
          at: world.clock.now(),
          actor: { kind: 'iam', id: 'ann' },
          reason: 'a false alarm',
          incidentId: 'INC-1',
        },
        ports,
      ),
    said: () => ports.registry.log.map(({ action }) => action),
    record: () => ports.registry.get(keys.quarantine(USER)),
  };
}

const blocked = ({ ports }: Town): boolean => {
  const user = ports.keyControl.userOf(USER);
  if (user === undefined) return false;
  return (
    user.policies.includes(ports.keyControl.policyArn) &&
    user.keys.every(({ status }) => status === 'Inactive')
  );
};

describe('a key is ended', () => {
  it('intent first, then the policy, then the keys, then two quiet looks', async () => {
    const at = town({ keys: 2 });
    expect(await at.end()).toEqual({ outcome: 'quiet' });
    expect(blocked(at)).toBe(true);
    expect(at.said()).toEqual(['quarantine.begun', 'quarantine.quiet']);
    const order = at.world.calls.map(({ port, method }) => `${port}.${method}`);
    const first = (name: string): number => order.indexOf(name);
    expect(first('registry.commit')).toBeLessThan(first('keyControl.quarantine'));
    expect(first('keyControl.quarantine')).toBeLessThan(first('keyControl.setStatus'));
    expect(
      order.slice(order.lastIndexOf('keyControl.setStatus')).filter((name) => name === 'keyControl.keys'),
    ).toHaveLength(2);
    expect(at.ports.pager.pages[0]?.body).toMatch(
      /AKIA0+1, AKIA0+2 are Inactive\. Undo: tokenward release --user arn:aws:iam::111122223333:user\/ci\. Incident auto:e-1/,
    );
  });

  it('once for one event, however often it is delivered', async () => {
    const at = town();
    await at.end();
    const before = at.ports.registry.log.length;
    for (let n = 0; n < 4; n++) expect(await at.end()).toEqual({ outcome: 'seen' });
    expect(await at.end({ eventId: 'late', seenAt: at.world.clock.now() - MINUTE })).toEqual({
      outcome: 'seen',
    });
    expect(at.ports.registry.log).toHaveLength(before);
  });

  it('and again where somebody made it work again, and used it', async () => {
    const at = town();
    await at.end();
    at.world.clock.advance(MINUTE);
    at.ports.keyControl.change(USER, { policies: [] });
    expect(await at.end({ eventId: 'e-2' })).toEqual({ outcome: 'quiet' });
    expect(blocked(at)).toBe(true);
    expect(at.said()).toEqual([
      'quarantine.begun',
      'quarantine.quiet',
      'quarantine.reopened',
      'quarantine.quiet',
    ]);
  });

  it('with what a thief mints meanwhile', async () => {
    const at = town();
    let minted = false;
    at.world.afterCall = ({ method }) => {
      if (method !== 'setStatus' || minted) return;
      minted = true;
      at.ports.keyControl.mint(USER);
    };
    expect(await at.end()).toEqual({ outcome: 'quiet' });
    expect(blocked(at)).toBe(true);
    expect(at.said()).toEqual(['quarantine.begun', 'quarantine.extended', 'quarantine.quiet']);
    expect((await at.record())?.keyIds).toHaveLength(2);
  });

  it('is not believed quiet by a read from before', async () => {
    const at = town();
    at.ports.keyControl.lagMs = 4_000;
    let minted = false;
    at.world.beforeCall = ({ method }) => {
      // Just before the first look after the block, so that it does not show there yet.
      if (method !== 'attached' || minted || at.world.count('keyControl', 'setStatus') === 0) return;
      minted = true;
      at.ports.keyControl.mint(USER);
    };
    expect(await at.end()).toEqual({ outcome: 'quiet' });
    expect(blocked(at)).toBe(true);
  });

  it.each([
    [
      'is never quiet while a thief undoes it',
      (at: Town) => {
        at.world.beforeCall = ({ method }) => {
          if (method === 'attached') at.ports.keyControl.change(USER, { policies: [] });
        };
      },
      /again and again/,
    ],
    [
      'is never quiet without its policy',
      (at: Town) => {
        at.ports.keyControl.policyExists = false;
      },
      /policy-gone/,
    ],
    [
      'is never quiet where no policy fits any more',
      (at: Town) => {
        at.ports.keyControl.change(USER, { policies: Array.from({ length: 10 }, (_, n) => `p${n}`) });
      },
      /full/,
    ],
  ])('%s: a human is called, and the sweep goes on', async (_what, prepare, why) => {
    const at = town();
    prepare(at);
    expect(await at.end()).toEqual({ outcome: 'unquiet' });
    expect(at.ports.keyControl.userOf(USER)?.keys[0]?.status).toBe('Inactive');
    expect(at.ports.pager.pages[0]).toMatchObject({
      key: `unquiet:${USER}`,
      body: expect.stringMatching(why),
    });
    at.world.beforeCall = undefined;
    at.ports.keyControl.policyExists = true;
    at.ports.keyControl.change(USER, { policies: [] });
    at.world.clock.advance(2 * MINUTE);
    await at.sweep();
    expect(blocked(at)).toBe(true);
    expect(at.said()).toEqual(['quarantine.begun', 'quarantine.unquiet', 'quarantine.quiet']);
  });

  it.each([
    ['of a user without our tag', { tags: { team: 'x' } }, {}],
    ['of a user of another environment', { tags: { 'tokenward:respond': 'prod' } }, {}],
    ['of a third party', {}, { userArn: 'stripe' }],
    ['of nobody here', {}, { userArn: 'arn:aws:iam::111122223333:user/other' }],
  ])('but %s only alerts: nothing is written, nothing is done', async (_what, options, part) => {
    const at = town(options);
    expect(await at.end(part)).toEqual({ outcome: 'alert', why: expect.any(String) });
    expect(at.ports.registry.log).toEqual([]);
    expect(at.world.calls.some(({ method }) => ['quarantine', 'setStatus'].includes(method))).toBe(false);
  });

  it.each(['keys', 'attached'])(
    'and whose user goes while its %s are asked for is an alert',
    async (method) => {
      const at = town();
      at.world.beforeCall = (call) => {
        if (call.method === method) at.ports.keyControl.remove(USER);
      };
      expect(await at.end()).toEqual({ outcome: 'alert', why: `${USER} is gone` });
    },
  );

  it('and whose user goes meanwhile is quiet', async () => {
    const at = town();
    at.world.afterCall = ({ method }) => {
      if (method === 'quarantine') at.ports.keyControl.remove(USER);
    };
    expect(await at.end()).toEqual({ outcome: 'quiet' });
  });

  it('tells of sessions that only a human may end, and of what is not undone', async () => {
    const at = town({ keys: 0 });
    const session = 'arn:aws:sts::111122223333:assumed-role/ops/x';
    await at.end({ sessions: [session], rung: 'revoke' });
    expect(at.ports.pager.pages[0]?.body).toMatch(
      /it had no Active key\. It stays so: .* go on until they end: arn:aws:sts.*break-glass/,
    );
    expect(at.ports.registry.log[0]?.details).toMatchObject({ sessions: [session], rung: 'revoke' });
  });
});

describe('what a crash leaves', () => {
  const steps = async (): Promise<readonly string[]> => {
    const at = town();
    await at.end();
    return at.world.calls.map(({ port, method }) => `${port}.${method}`);
  };

  it('is finished by the next delivery or the sweep, wherever it fell', async () => {
    const count = (await steps()).length;
    for (const after of [false, true]) {
      for (let index = 0; index < count; index++) {
        for (const redelivered of [false, true]) {
          const at = town();
          const crash = (call: { index: number }): void => {
            if (call.index === index) throw new Error('the container is gone');
          };
          if (after) at.world.afterCall = crash;
          else at.world.beforeCall = crash;
          await at.end().catch(() => undefined);
          at.world.beforeCall = undefined;
          at.world.afterCall = undefined;
          const intended = at.said().length > 0;
          if (redelivered) await at.end();
          at.world.clock.advance(2 * MINUTE);
          await at.sweep();
          expect([index, after, blocked(at)]).toEqual([index, after, intended || redelivered]);
          expect(at.said().filter((action) => action === 'quarantine.begun').length).toBe(
            intended || redelivered ? 1 : 0,
          );
        }
      }
    }
  });
});

describe('the second look', () => {
  it('confirms what is quiet, once', async () => {
    const at = town();
    await at.end();
    at.world.clock.advance(6 * MINUTE);
    await at.sweep();
    expect(at.said().at(-1)).toBe('quarantine.confirmed');
    expect(await at.record()).not.toHaveProperty('dueAt');
    at.world.clock.advance(60 * MINUTE);
    await at.sweep();
    expect(at.said()).toHaveLength(3);
  });

  it('does again what somebody undid', async () => {
    const at = town();
    await at.end();
    at.ports.keyControl.mint(USER);
    at.world.clock.advance(6 * MINUTE);
    await at.sweep();
    expect(blocked(at)).toBe(true);
    expect(at.said().slice(-3)).toEqual(['quarantine.reopened', 'quarantine.extended', 'quarantine.quiet']);
  });

  it('is content with a user that is gone', async () => {
    const at = town();
    await at.end();
    at.ports.keyControl.remove(USER);
    at.world.clock.advance(6 * MINUTE);
    expect(await at.sweep()).toMatchObject({ failed: 0 });
    expect(at.said().at(-1)).toBe('quarantine.confirmed');
  });
});

describe('a release', () => {
  it('gives back exactly what was taken', async () => {
    const at = town({ keys: 2 });
    const [, spare] = at.ports.keyControl.userOf(USER)?.keys ?? [];
    at.ports.keyControl.change(USER, {
      keys: (at.ports.keyControl.userOf(USER)?.keys ?? []).map((key) =>
        key === spare ? { ...key, status: 'Inactive' } : key,
      ),
      policies: ['mine'],
    });
    const before = at.ports.keyControl.userOf(USER);
    await at.end();
    expect(await at.release()).toEqual({ ok: true, value: undefined });
    expect(at.ports.keyControl.userOf(USER)).toEqual(before);
    expect(at.said().slice(-2)).toEqual(['quarantine.releasing', 'quarantine.released']);
    expect(await at.release()).toEqual({ ok: false, error: { reason: 'user-not-quarantined' } });
    at.world.clock.advance(6 * MINUTE);
    await at.sweep();
    expect(at.said().at(-1)).toBe('quarantine.confirmed');
    expect(at.ports.keyControl.userOf(USER)).toEqual(before);
    expect(at.ports.pager.pages).toHaveLength(1);
  });

  it('leaves a policy that somebody else had put on', async () => {
    const at = town();
    at.ports.keyControl.change(USER, { policies: [at.ports.keyControl.policyArn] });
    await at.end();
    await at.release();
    expect(at.ports.keyControl.userOf(USER)?.policies).toEqual([at.ports.keyControl.policyArn]);
    at.world.clock.advance(6 * MINUTE);
    await at.sweep();
    expect(at.ports.pager.pages).toHaveLength(1);
  });

  it('is finished by the sweep', async () => {
    const at = town();
    await at.end();
    at.world.beforeCall = ({ method }) => {
      if (method === 'unquarantine') throw new Error('the container is gone');
    };
    await at.release().catch(() => undefined);
    at.world.beforeCall = undefined;
    expect((await at.record())?.state).toBe('releasing');
    at.world.clock.advance(2 * MINUTE);
    await at.sweep();
    expect((await at.record())?.state).toBe('released');
    expect(at.ports.keyControl.userOf(USER)?.policies).toEqual([]);
  });

  it('in between takes back what a container still did after it', async () => {
    const at = town();
    let released = false;
    at.world.beforeCall = async ({ method }) => {
      if (method !== 'quarantine' || released) return;
      released = true;
      await at.release();
    };
    expect(await at.end()).toEqual({ outcome: 'seen' });
    expect(at.ports.keyControl.userOf(USER)).toMatchObject({ policies: [], keys: [{ status: 'Active' }] });
  });

  it('is told of when the user is in quarantine again', async () => {
    const at = town();
    await at.end();
    await at.release();
    at.ports.keyControl.change(USER, { policies: [at.ports.keyControl.policyArn] });
    at.world.clock.advance(6 * MINUTE);
    await at.sweep();
    expect(at.ports.pager.pages.at(-1)?.key).toBe(`quarantine-again:${USER}`);
    expect(at.ports.keyControl.userOf(USER)?.policies).toHaveLength(1);
  });
});
