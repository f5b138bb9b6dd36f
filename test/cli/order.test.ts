import { describe, expect, it } from 'vitest';
import { endKey } from '#functions/respond/keys.ts';
import { ORDERS } from '#test/loop/system.ts';
import { createDesk, type Desk } from './harness.ts';

const WHY = ['--reason', 'seen in a paste', '--incident', 'INC-7'];

const declared = async (): Promise<{ desk: Desk; keyId: string; text: string }> => {
  const desk = createDesk();
  const text = desk.system.read(await desk.system.register());
  return { desk, text, keyId: text.split('_')[2] ?? '' };
};

const standing = async (desk: Desk): Promise<unknown> =>
  JSON.parse((await desk.run(['show', 'orders', '--json'])).out).standing;

describe('an order that destroys', () => {
  it.each(['suspend', 'revoke', 'reissue'])(
    '%s shows the plan, asks for the count, then acts',
    async (action) => {
      const { desk, text } = await declared();
      const ran = await desk.run([action, 'orders', ...WHY], '1');
      expect(ran.code).toBe(0);
      expect(ran.err).toContain('1 token, 1 live version');
      expect(ran.asked).toEqual([`${action}: type the number of tokens concerned to go on`]);
      expect(ran.sent.map(({ body }) => body.dryRun)).toEqual([true, undefined]);
      expect(ran.out).toMatch(/committed at +2026-.*\n +effective by +2026-.*\n +one verifier +refuses /);
      expect((await desk.system.use(text)).allow).toBe(false);
    },
  );

  it.each([
    ['a wrong count', '2', 'that is not 1: nothing was done'],
    ['an empty answer', '', 'that is not 1: nothing was done'],
    ['a cancelled prompt', null, 'cancelled: nothing was done'],
    ['no terminal', undefined, 'there is no terminal: repeat with --yes. Nothing was done'],
  ])('does nothing on %s', async (_what, typed, says) => {
    const { desk, text } = await declared();
    const ran = await desk.run(['revoke', 'orders', ...WHY], typed);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain(says);
    expect(ran.sent.map(({ body }) => body.dryRun)).toEqual([true]);
    expect((await desk.system.use(text)).allow).toBe(true);
  });

  it('goes on without a question by --yes', async () => {
    const { desk } = await declared();
    const ran = await desk.run(['revoke', 'orders', ...WHY, '--yes']);
    expect([ran.code, ran.asked]).toEqual([0, []]);
    expect(await standing(desk)).toBe('revoked');
  });

  it('only prints the plan by --dry-run, even with --yes', async () => {
    const { desk } = await declared();
    const ran = await desk.run(['revoke', 'orders', ...WHY, '--dry-run', '--yes']);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('ends for good');
    expect(await standing(desk)).toBe('active');
  });

  it('is refused for a mistyped option rather than carried out without it', async () => {
    const { desk } = await declared();
    const ran = await desk.run(['revoke', 'orders', ...WHY, '--yes', '--dryrun']);
    expect([ran.code, ran.sent]).toEqual([2, []]);
    expect(ran.err).toContain("Unknown option '--dryrun'");
  });
});

describe('targets', () => {
  it('one version by --key leaves the token active', async () => {
    const { desk, keyId, text } = await declared();
    const ran = await desk.run(['revoke', '--key', keyId, ...WHY, '--yes']);
    expect(ran.code).toBe(0);
    expect((await desk.system.use(text)).allow).toBe(false);
    expect(await standing(desk)).toBe('active');
  });

  it('every token of a principal, with the count that was agreed to', async () => {
    const { desk } = await declared();
    await desk.system.register({ ...ORDERS, id: 'prices' });
    const ran = await desk.run(['suspend', '--principal', ORDERS.principal, ...WHY], '2');
    expect(ran.code).toBe(0);
    expect(ran.sent.map(({ body }) => body.expectCount)).toEqual([0, 2]);
    expect(ran.out).toContain('orders, prices');
  });

  it('a count that changed after the plan stops the order', async () => {
    const { desk } = await declared();
    const late = { ...ORDERS, id: 'late' };
    const tokens = desk.system.ports.registry.tokens;
    let reads = 0;
    desk.system.ports.registry.tokens = async (...args) => {
      if (++reads === 2) await desk.system.register(late);
      return tokens(...args);
    };
    const ran = await desk.run(['revoke', '--principal', ORDERS.principal, ...WHY], '1');
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('expectCount is 1, but 2 tokens are concerned; nothing was done');
    expect(await standing(desk)).toBe('active');
  });
});

describe('answers', () => {
  it('a repeat is unchanged and done', async () => {
    const { desk } = await declared();
    await desk.run(['suspend', 'orders', ...WHY, '--yes']);
    const ran = await desk.run(['suspend', 'orders', ...WHY, '--yes']);
    expect([ran.code, ran.out]).toEqual([0, 'suspend: unchanged, orders was so already']);
  });

  it('what the function refuses ends in 1 with its reason', async () => {
    const { desk } = await declared();
    await desk.run(['revoke', 'orders', ...WHY, '--yes']);
    const ran = await desk.run(['release', 'orders', ...WHY]);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('refused: token-revoked');
  });

  it('an unknown token ends in 1 before anybody is asked', async () => {
    const { desk } = await declared();
    const ran = await desk.run(['revoke', 'nothing-here', ...WHY], '1');
    expect([ran.code, ran.asked]).toEqual([1, []]);
    expect(ran.err).toContain('no such token');
  });

  it('a field that the function does not take ends in 2 with the fix', async () => {
    const { desk } = await declared();
    const ran = await desk.run(['suspend', 'orders', ...WHY, '--until', 'tomorrow', '--yes']);
    expect(ran.code).toBe(2);
    expect(ran.err).toContain('until: ');
    expect(ran.err).toContain('an ISO 8601 time in UTC');
  });

  it('release and rotate ask nobody', async () => {
    const { desk } = await declared();
    await desk.run(['suspend', 'orders', ...WHY, '--yes']);
    expect((await desk.run(['release', 'orders', ...WHY])).code).toBe(0);
    const ran = await desk.run(['rotate', 'orders', ...WHY]);
    expect([ran.code, ran.asked]).toEqual([0, []]);
    expect(ran.out).toContain('a new version of orders was asked for');
  });

  it('--json prints the answer with its receipt and nothing else on stdout', async () => {
    const { desk, keyId } = await declared();
    const ran = await desk.run(['reissue', 'orders', ...WHY, '--yes', '--json']);
    expect(JSON.parse(ran.out)).toMatchObject({
      outcome: 'applied',
      tokenIds: ['orders'],
      receipts: [{ verifier: { keyId, wouldAllow: false } }],
    });
  });

  it('--no-wait answers at once; otherwise at effectiveBy', async () => {
    const { desk } = await declared();
    const at = desk.system.world.clock.now();
    await desk.run(['suspend', 'orders', ...WHY, '--yes', '--no-wait']);
    expect(desk.system.world.clock.now()).toBe(at);
    await desk.run(['release', 'orders', ...WHY]);
    expect(desk.system.world.clock.now()).toBe(at + 1_300);
  });
});

it('the audit names the signed caller, or by --direct the invocation', async () => {
  const { desk } = await declared();
  await desk.run(['suspend', 'orders', ...WHY, '--yes']);
  await desk.run(['release', 'orders', ...WHY, '--direct']);
  const actors = desk.system.ports.registry.log.slice(-2).map(({ actor }) => actor);
  expect(actors).toMatchObject([
    { kind: 'iam', id: 'arn:aws:sts::111122223333:assumed-role/tokenward-dev-responder/ann' },
    { kind: 'invoke', id: 'invocation-1' },
  ]);
});

describe('release --user', () => {
  const user = 'arn:aws:iam::111122223333:user/ci';
  const quarantined = async (rung: 'suspend' | 'revoke' = 'suspend'): Promise<Desk> => {
    const desk = createDesk();
    const { ports, world } = desk.system;
    ports.keyControl.create(user);
    const at = world.clock.now();
    await endKey(
      {
        userArn: user,
        accessKeyId: 'AKIA0000000000000001',
        account: '111122223333',
        eventId: 'e-1',
        seenAt: at,
        at,
        actor: { kind: 'system', id: 'respond' },
        reason: 'a stranger read a secret',
        incidentId: 'auto:e-1',
        rung,
        sessions: [],
      },
      ports,
    );
    return desk;
  };
  const keysOf = (desk: Desk): unknown =>
    desk.system.ports.keyControl.userOf(user)?.keys.map(({ status }) => status);

  it('gives an IAM user back, and says so; a second time it was so already', async () => {
    const desk = await quarantined();
    expect(keysOf(desk)).toEqual(['Inactive']);
    const ran = await desk.run(['release', '--user', user, ...WHY]);
    expect(ran).toMatchObject({ code: 0, asked: [] });
    expect(ran.out).toMatch(
      /quarantine is taken off and its keys AKIA0+1 are Active again\.\nIAM shows it within seconds/,
    );
    expect(keysOf(desk)).toEqual(['Active']);
    const again = await desk.run(['release', '--user', user, ...WHY]);
    expect(again).toMatchObject({ code: 0, out: 'release: unchanged, it was so already' });
  });

  it('shows the plan of a dry run and does nothing', async () => {
    const desk = await quarantined();
    const ran = await desk.run(['release', '--user', user, ...WHY, '--dry-run']);
    expect(ran.out).toMatch(/Active again\.\n1 access key$/);
    expect(keysOf(desk)).toEqual(['Inactive']);
  });

  it.each([
    ['whom nobody quarantined', createDesk, 'no such user is in quarantine'],
    ['who was revoked', () => quarantined('revoke'), 'was revoked, not suspended'],
  ])('refuses one %s', async (_what, start, says) => {
    const desk = await start();
    const ran = await desk.run(['release', '--user', user, ...WHY]);
    expect(ran.code).toBe(1);
    expect(ran.err).toContain(says);
  });

  it('says of a user without keys what it gives back', async () => {
    const desk = createDesk();
    const { ports, world } = desk.system;
    ports.keyControl.create(user, { 'tokenward:respond': 'dev' }, 0);
    const at = world.clock.now();
    const order = {
      userArn: user,
      accessKeyId: 'ASIA1',
      account: '111122223333',
      eventId: 'e',
      seenAt: at,
      at,
    };
    const why = {
      actor: { kind: 'system', id: 'respond' },
      reason: 'x',
      incidentId: 'i',
      rung: 'suspend',
      sessions: [],
    } as const;
    await endKey({ ...order, ...why }, ports);
    expect((await desk.run(['release', '--user', user, ...WHY])).out).toContain('it had no Active key');
  });
});
