import { describe, expect, it } from 'vitest';
import { revokeKey } from '#functions/revoke/order.ts';
import {
  ANN,
  ASKED,
  batch,
  createBench,
  giveOrder,
  ISSUER,
  PARTNER,
  passes,
  SERVICE,
  SESSION,
} from './harness.ts';

const TOKEN = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`;
const KEY = { 'Idempotency-Key': 'acme-2026-11' };

describe('a token shown once', () => {
  it('verifies, keeps only its hash, names owner and approver in the audit log', async () => {
    const bench = createBench();
    const { status, headers, body } = await bench.post(ASKED, ANN, KEY);
    expect(status).toBe(201);
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(body).toMatchObject({ scopes: ['prices:read'], audience: 'prices' });
    expect(await passes(bench, body.token)).toBe('allowed');
    const kept = JSON.stringify([
      [...bench.memory.registry.items.values()],
      bench.memory.registry.log,
      bench.memory.log.lines,
      bench.memory.bus.events,
    ]);
    expect(kept).not.toContain(String(body.token).split('_').at(-1));
    expect(bench.world.count('vault')).toBe(0);
    expect(bench.memory.registry.log).toContainEqual(
      expect.objectContaining({
        action: 'token.registered',
        tokenId: body.tokenId,
        actor: expect.objectContaining({ kind: 'iam', id: ANN.arn, sourceIp: '198.51.100.7' }),
        details: { owner: 'partner-desk', approver: 'security-lead', change: 'CHG-7' },
      }),
    );
  });

  it.each([
    ['scopes', { scopes: ['prices:write'] }, 'choose among prices:read, prices:quote'],
    ['scopes', { scopes: [] }, 'POST /tokens'],
    ['approver', { approver: 'partner-desk' }, 'AC-5'],
    ['approver', { approver: ' Partner-Desk' }, 'AC-5'],
    ['approver', { approver: 'ann' }, 'AC-5'],
    ['approver', { approver: 'tokenward-dev-issuer' }, 'AC-5'],
    ['approver', { approver: ANN.arn }, 'AC-5'],
    ['approver', { approver: 'arn:aws:iam::111122223333:role/desk/tokenward-dev-issuer' }, 'AC-5'],
    ['approver', { approver: 'PARTNER-DESK\u3000' }, 'AC-5'],
    ['client', { client: 'no spaces' }, 'POST /tokens'],
    ['ttlSeconds', { ttlSeconds: 1 }, 'POST /tokens'],
    ['owner', { owner: undefined }, 'POST /tokens'],
    ['networks', { networks: ['10.0.0.0/8', 'office'] }, 'vpce-'],
    ['networks', { networks: ['0.0.0.0/0'] }, 'leave networks empty'],
    ['offer', { offer: 'nobody' }, 'infra/tokens.ts'],
    ['owner', { owner: TOKEN }, 'POST /tokens'],
    ['approver', { approver: TOKEN }, 'POST /tokens'],
    ['changeReference', { changeReference: TOKEN }, 'POST /tokens'],
    ['purpose', { purpose: `replaces ${TOKEN}` }, 'POST /tokens'],
  ])('refuses %s of %j, and says how to mend it', async (field, wrong, fix) => {
    const bench = createBench();
    const { status, headers, body } = await bench.post({ ...ASKED, ...wrong }, ANN, KEY);
    expect(status).toBe(400);
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(body).toMatchObject({ field, fix: expect.stringContaining(fix) });
    expect(String(body.message)).toContain(field);
    expect(bench.versions()).toEqual([]);
    expect(JSON.stringify(body)).not.toContain('sss');
  });

  it.each([
    {},
    { 'Idempotency-Key': 'short' },
    { 'Idempotency-Key': 'with a space' },
    { 'Idempotency-Key': TOKEN },
  ])('refuses a missing or unusable Idempotency-Key: %j', async (headers) => {
    const bench = createBench();
    const { status, body } = await bench.post(ASKED, ANN, headers);
    expect({ status, field: body.field }).toEqual({ status: 400, field: 'Idempotency-Key' });
    expect(body.fix).toContain('8 to 128');
    expect(bench.versions()).toEqual([]);
  });

  it('takes the header whatever its case', async () => {
    const { status } = await createBench().post(ASKED, ANN, { 'idempotency-key': 'acme-2026-11' });
    expect(status).toBe(201);
  });

  it.each([
    'arn:aws:sts::111122223333:assumed-role/tokenward-dev-responder/ann',
    'arn:aws:sts::999999999999:assumed-role/tokenward-dev-issuer/ann',
    'arn:aws:iam::111122223333:user/tokenward-dev-issuer',
    'arn:aws:iam::111122223333:root',
  ])('says nothing to a caller that is no issuer: %s', async (arn) => {
    const bench = createBench();
    const { status, headers, body } = await bench.post({ ...ASKED, scopes: ['x'] }, { arn, uniqueId: 'A' });
    expect({ status, body }).toEqual({ status: 403, body: { error: 'forbidden' } });
    expect(headers).toMatchObject({ 'cache-control': 'no-store' });
    expect(bench.memory.registry.log).toEqual([]);
  });

  it('takes the caller from SigV4 and never from the body', async () => {
    const bench = createBench();
    const stranger = { arn: 'arn:aws:iam::111122223333:user/eve', uniqueId: 'AIDAEVE' };
    const { status } = await bench.post({ ...ASKED, caller: ISSUER, arn: ISSUER }, stranger, KEY);
    expect(status).toBe(403);
    const { body } = await bench.post({ ...ASKED, caller: ISSUER }, ANN, KEY);
    expect(body).toMatchObject({ error: 'bad-request' });
  });

  it.each([
    [undefined, PARTNER.maxTtlSeconds],
    [600, 600],
    [1_000_000, PARTNER.maxTtlSeconds],
  ])('asked for %s seconds, it lives %s', async (ttlSeconds, lives) => {
    const bench = createBench();
    const { body } = await bench.post({ ...ASKED, ttlSeconds }, ANN, KEY);
    const now = bench.world.clock.now();
    expect(Date.parse(String(body.expiresAt)) - now).toBe(lives * 1000);
    bench.world.clock.advance(lives * 1000 - 1);
    expect(await passes(bench, body.token)).toBe('allowed');
    bench.world.clock.advance(1);
    expect(await passes(bench, body.token)).toBe('expired');
  });

  it('a repeat of the key ends the first in the same transaction, names it, and makes another', async () => {
    const bench = createBench();
    const first = await bench.post(ASKED, ANN, KEY);
    expect(first.body.replaced).toBeUndefined();
    expect(await passes(bench, first.body.token)).toBe('allowed');
    const commits = bench.world.count('registry', 'commit');
    const second = await bench.post(ASKED, ANN, KEY);
    expect(bench.world.count('registry', 'commit')).toBe(commits + 1);
    expect(second.body).toMatchObject({ replaced: first.body.keyId });
    expect(bench.live()).toEqual([second.body.keyId]);
    bench.world.clock.advance(1_300);
    expect(await passes(bench, first.body.token)).toBe('revoked');
    expect(await passes(bench, second.body.token)).toBe('allowed');
    const third = await bench.post(ASKED, ANN, KEY);
    expect(third.body).toMatchObject({ replaced: second.body.keyId });
  });

  it('another key, or the same key of another caller, ends nothing', async () => {
    const bench = createBench();
    await bench.post(ASKED, ANN, KEY);
    await bench.post(ASKED, ANN, { 'Idempotency-Key': 'acme-2026-12' });
    await bench.post(ASKED, { ...ANN, arn: ANN.arn.replace('/ann', '/bea') }, KEY);
    expect(bench.live()).toHaveLength(3);
  });

  it('a token that was revoked meanwhile is not named as replaced', async () => {
    const bench = createBench();
    const first = await bench.post(ASKED, ANN, KEY);
    await giveOrder(bench, 'revoke', String(first.body.tokenId));
    const second = await bench.post(ASKED, ANN, KEY);
    expect(second.status).toBe(201);
    expect(second.body.replaced).toBeUndefined();
  });

  it('six repeats at once leave one live token', async () => {
    const bench = createBench();
    const made = await Promise.allSettled(Array.from({ length: 6 }, () => bench.post(ASKED, ANN, KEY)));
    const issued = made.filter((one) => one.status === 'fulfilled').map((one) => one.value.body.keyId);
    expect(issued.length).toBeGreaterThan(0);
    expect(bench.live()).toHaveLength(1);
    expect(issued).toContain(bench.live()[0]);
  });

  it.each(['before', 'after'] as const)(
    'crashed %s each call in turn and asked again, one is live and it is the answered one',
    async (side) => {
      const clean = createBench();
      await clean.post(ASKED, ANN, KEY);
      const { length } = clean.world.calls;
      expect(length).toBeGreaterThan(5);
      for (let crash = 0; crash < length; crash++) {
        const bench = createBench();
        const fault = ({ index }: { index: number }): void => {
          if (index === crash) throw new Error('crash');
        };
        if (side === 'before') bench.world.beforeCall = fault;
        else bench.world.afterCall = fault;
        await bench.post(ASKED, ANN, KEY).catch(() => undefined);
        const { body } = await bench.post(ASKED, ANN, KEY);
        expect(bench.live(), `crash ${side} call ${crash}`).toEqual([body.keyId]);
        expect(await passes(bench, body.token)).toBe('allowed');
      }
    },
  );
});

describe('a token shown once, by direct invoke', () => {
  const event = { operation: 'issue', idempotencyKey: 'acme-2026-11', body: ASKED };

  it('is issued, and the audit names the invocation', async () => {
    const bench = createBench();
    const answer = await bench.run(event);
    expect(answer?.statusCode).toBe(201);
    expect(await passes(bench, JSON.parse(answer?.body ?? '{}').token)).toBe('allowed');
    const registered = bench.memory.registry.log.find(({ action }) => action === 'token.registered');
    expect(registered?.actor).toEqual({ kind: 'invoke', id: 'invocation-1' });
  });

  it('cannot exchange: it carries no identity', async () => {
    const bench = createBench();
    bench.memory.directory.create(SERVICE);
    const answer = await bench.run({ ...event, body: { offer: 'session' } });
    expect(answer).toMatchObject({ statusCode: 403, body: '{"error":"forbidden"}' });
  });

  it.each([{}, null, 'issue', { ...event, more: 1 }, { operation: 'issue', body: ASKED }])(
    'is no %j',
    async (other) => {
      await expect(createBench().run(other)).rejects.toThrow(/issue takes/);
    },
  );
});

describe('exchange', () => {
  const exchanged = async () => {
    const bench = createBench();
    const uniqueId = bench.memory.directory.create(SERVICE);
    const answer = await bench.post({ offer: 'session' }, batch(uniqueId));
    return { bench, uniqueId, answer };
  };

  it('gives the declared principal a token of its own, which verifies where declared', async () => {
    const { bench, uniqueId, answer } = await exchanged();
    expect(answer).toMatchObject({ status: 201, headers: { 'cache-control': 'no-store' } });
    expect(answer.body).toMatchObject({ tokenId: 'session', scopes: SESSION.scopes, audience: 'prices' });
    expect(await passes(bench, answer.body.token)).toBe('allowed');
    expect(await passes(bench, answer.body.token, '192.0.2.1')).toBe('network');
    expect(bench.versions()[0]?.fields.principal).toEqual({ arn: SERVICE, uniqueId });
    expect(bench.world.count('vault')).toBe(0);
  });

  it('ends by itself after its time, and leaves the table by TTL a day later', async () => {
    const { bench, answer } = await exchanged();
    const endsAt = bench.world.clock.now() + SESSION.ttlSeconds * 1000;
    expect(Date.parse(String(answer.body.expiresAt))).toBe(endsAt);
    const [version] = bench.versions();
    expect(version).toMatchObject({ class: 'ephemeral', ttlSeconds: Math.ceil(endsAt / 1000) + 86_400 });
    expect(version?.dueAt).toBeUndefined();
    bench.world.clock.advance(SESSION.ttlSeconds * 1000);
    expect(await passes(bench, answer.body.token)).toBe('expired');
    bench.world.clock.advance(86_400_000 + 1_000);
    bench.memory.registry.deleteExpired();
    expect(bench.versions()).toEqual([]);
  });

  it('its token is revocable by keyId', async () => {
    const { bench, answer } = await exchanged();
    expect(await passes(bench, answer.body.token)).toBe('allowed');
    const [version] = bench.versions();
    if (version === undefined) throw new Error('no version');
    const at = bench.world.clock.now();
    const order = { at, actor: { kind: 'iam' as const, id: 'ann' }, reason: 'leaked', incidentId: 'INC-1' };
    expect(await revokeKey(version, order, bench.ports)).toMatchObject({ ok: true });
    bench.world.clock.advance(1_300);
    expect(await passes(bench, answer.body.token)).toBe('revoked');
  });

  it.each([
    ['another role', 'arn:aws:sts::111122223333:assumed-role/other/job-1'],
    ['another account', 'arn:aws:sts::999999999999:assumed-role/orders-batch/job-1'],
    ['a user of that name', 'arn:aws:iam::111122223333:user/orders-batch'],
    ['a role whose session has that name', 'arn:aws:sts::111122223333:assumed-role/x/orders-batch'],
    ['a federated user', 'arn:aws:sts::111122223333:federated-user/orders-batch'],
  ])('refuses %s, and says nothing', async (_, arn) => {
    const bench = createBench();
    const uniqueId = bench.memory.directory.create(SERVICE);
    const answer = await bench.post({ offer: 'session' }, { arn, uniqueId });
    expect(answer).toMatchObject({ status: 403, body: { error: 'forbidden' } });
    expect(Object.keys(answer.body)).toEqual(['error']);
    expect(bench.memory.registry.log).toEqual([]);
  });

  it('refuses sessions of a role that was deleted, or made again', async () => {
    const bench = createBench();
    const former = bench.memory.directory.create(SERVICE);
    bench.memory.directory.remove(SERVICE);
    expect((await bench.post({ offer: 'session' }, batch(former))).status).toBe(403);
    bench.memory.directory.create(SERVICE);
    expect((await bench.post({ offer: 'session' }, batch(former))).status).toBe(403);
  });

  it('gives each call a token of its own', async () => {
    const { bench, uniqueId, answer } = await exchanged();
    const again = await bench.post({ offer: 'session' }, batch(uniqueId));
    expect(again.body.keyId).not.toBe(answer.body.keyId);
    expect(await passes(bench, answer.body.token)).toBe('allowed');
  });
});

describe('what names no offer', () => {
  it.each(['', 'not json', '[]', '{"offer":7}'])('is refused: %j', async (body) => {
    const answer = await createBench().post(body, ANN, KEY);
    expect(answer).toMatchObject({ status: 400, body: { error: 'unknown-offer', field: 'offer' } });
  });
});
