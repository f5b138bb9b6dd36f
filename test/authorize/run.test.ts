import { beforeEach, describe, expect, it } from 'vitest';
import { update } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import type { UsageSink } from '#core/ports.ts';
import type { VersionRecord } from '#core/records.ts';
import { createAuthorizeRun } from '#functions/authorize/run.ts';
import { ANN, NOW, ROLE } from '../core/builders.ts';
import { calm, R, T, verifierOf } from './history.ts';
import { tokenNamed } from './registered.ts';

const ARN = 'arn:aws:execute-api:eu-west-1:111122223333:abc/prod/GET/prices';
const ROUTES = { 'GET /prices': ['prices:read'], 'GET /admin': ['admin'], 'GET /any': [] };

type Run = ReturnType<typeof createAuthorizeRun>;
interface Ask {
  readonly text?: string;
  readonly headers?: object | null;
  readonly route?: string;
  readonly ip?: string;
  readonly client?: string;
}

let there: Awaited<ReturnType<typeof calm>>;
let run: Run;

beforeEach(async () => {
  there = await calm();
  run = runWith(there.ports.usage);
});

const runWith = (usage: UsageSink, verifier = there.verifier): Run =>
  createAuthorizeRun({ ...there.ports, usage, verifier }, { audience: 'prices', routes: ROUTES });

const headersOf = ({ text = there.target.text, headers }: Ask): object | null =>
  headers === undefined ? { Authorization: `Bearer ${text}` } : headers;

const http = (ask: Ask = {}): object => ({
  version: '2.0',
  type: 'REQUEST',
  routeKey: ask.route ?? 'GET /prices',
  headers: headersOf(ask),
  requestContext: {
    http: { method: 'GET', sourceIp: ask.ip ?? '10.1.2.3', userAgent: ask.client ?? 'curl/8.5.0' },
  },
});

const rest = (ask: Ask = {}): object => {
  const [httpMethod, resource] = (ask.route ?? 'GET /prices').split(' ');
  const identity = { sourceIp: ask.ip ?? '10.1.2.3', userAgent: ask.client ?? 'curl/8.5.0', vpceId: null };
  const requestContext = { identity };
  return { type: 'REQUEST', methodArn: ARN, resource, httpMethod, headers: headersOf(ask), requestContext };
};

const policy = (Effect: 'Allow' | 'Deny'): object => ({
  Version: '2012-10-17',
  Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: ARN }],
});

const change = async (part: Partial<VersionRecord>): Promise<void> => {
  const record = await there.ports.registry.get(keys.version(there.target.keyId));
  if (record === undefined) throw new Error('no record');
  await there.ports.registry.commit({
    writes: [update(record, { ...record, ...part })],
    audit: [{ action: 'version.revoked', at: NOW, actor: ANN }],
    feed: [record.keyId],
  });
  there.world.clock.advance(T + R);
};

describe('the answer', () => {
  it('to HTTP API is a boolean, with a context of strings', async () => {
    const { keyId } = there.target;
    const context = { principal: ROLE, tokenId: 'orders', keyId, scopes: 'prices:read', audience: 'prices' };
    expect(await run(http())).toStrictEqual({ isAuthorized: true, context });
    expect(await run(rest())).toStrictEqual({
      principalId: 'orders',
      policyDocument: policy('Allow'),
      context,
    });
  });

  it.each<[reason: string, ask: () => Ask]>([
    ['malformed', () => ({ headers: {} })],
    ['malformed', () => ({ headers: null })],
    ['malformed', () => ({ headers: { Authorization: '' } })],
    ['malformed', () => ({ headers: { authorization: `Basic ${there.target.text}` } })],
    ['malformed', () => ({ text: `${there.target.text} ${there.target.text}` })],
    ['malformed', () => ({ text: 'x'.repeat(201) })],
    ['route', () => ({ route: 'GET /unknown' })],
    ['route', () => ({ route: 'POST /prices' })],
    ['route', () => ({ route: 'GET __proto__' })],
    ['unknown', () => ({ text: tokenNamed('nobody').text })],
    ['scope', () => ({ route: 'GET /admin' })],
    ['network', () => ({ ip: '203.0.113.7' })],
    ['network', () => ({ ip: '203.0.113.7', route: 'GET /admin' })],
  ])('refuses for %s, and does not say so (%#)', async (reason, ask) => {
    expect(await run(http(ask()))).toStrictEqual({ isAuthorized: false });
    expect(await run(rest(ask()))).toStrictEqual({ principalId: 'denied', policyDocument: policy('Deny') });
    expect(there.ports.metrics.counts.filter(({ name }) => name === 'Denied')).toEqual([
      { name: 'Denied', value: 1, dimensions: { reason } },
      { name: 'Denied', value: 1, dimensions: { reason } },
    ]);
    expect(there.ports.log.lines.at(-1)).toMatchObject({ message: 'denied', fields: { reason } });
  });

  it('takes the scheme and the header in any case', async () => {
    const headers = { AUTHORIZATION: `bearer ${there.target.text}` };
    expect(await run(http({ headers }))).toMatchObject({ isAuthorized: true });
  });

  it('refuses what was revoked, T + R later', async () => {
    expect(await run(http())).toMatchObject({ isAuthorized: true });
    await change({ state: 'revoked' });
    expect(await run(http())).toStrictEqual({ isAuthorized: false });
  });

  it('explains by keyId to a direct invoke', async () => {
    const { keyId } = there.target;
    expect(await run({ mode: 'explain', keyId })).toMatchObject({
      keyId,
      wouldAllow: true,
      reason: 'allowed',
    });
    await change({ suspended: true });
    expect(await run({ mode: 'explain', keyId })).toMatchObject({ wouldAllow: false, reason: 'suspended' });
    expect(there.ports.usage.sent).toEqual([]);
  });

  it('is not taken in by a gateway event that asks to be explained', async () => {
    const event = { ...http({ headers: {} }), mode: 'explain', keyId: there.target.keyId };
    expect(await run(event)).toStrictEqual({ isAuthorized: false });
  });

  it.each([undefined, null, [], {}, 'text', { version: '2.0' }, { mode: 'explain' }])(
    'throws for %j, which is neither',
    async (event) => {
      await expect(run(event)).rejects.toMatchObject({
        name: 'BadEventError',
        code: 'bad-event',
        message: expect.stringMatching(/^not an authorizer event: /),
      });
      expect(there.ports.metrics.counts).toMatchObject([
        { name: 'Denied', dimensions: { reason: 'bad-event' } },
      ]);
    },
  );
});

describe('usage', () => {
  it('is told at once of a first-seen network, client or refusal abroad, and later of the rest', async () => {
    const { usage } = there.ports;
    await run(http());
    expect(usage.sent).toMatchObject([
      { network: '10.1.2.3', outcome: 'allowed', firstSeen: true, count: 1 },
    ]);
    await run(http());
    await run(http());
    expect(usage.sent.length).toBe(1);
    await run(http({ ip: '10.9.9.9' }));
    await run(http({ client: 'python/3' }));
    await run(http({ ip: '203.0.113.7' }));
    expect(usage.sent.slice(1)).toMatchObject([
      { network: '10.1.2.3', count: 2, firstSeen: false },
      { network: '10.9.9.9', firstSeen: true },
      { client: 'python/3', firstSeen: true },
      { network: '203.0.113.7', outcome: 'denied', reason: 'network', firstSeen: true },
    ]);
    await run(http());
    there.world.clock.advance(10_000);
    await run(http());
    expect(usage.sent.at(-1)).toMatchObject({ count: 2, firstSeen: false });
  });

  it('never holds a token, and neither does the log', async () => {
    await run(http());
    await run(http({ ip: '203.0.113.7' }));
    await run(rest({ route: 'GET /admin' }));
    await run(http({ text: tokenNamed('nobody').text }));
    const told = JSON.stringify(there.ports.usage.sent) + there.ports.log.text();
    expect(there.ports.usage.sent.length).toBeGreaterThan(1);
    for (const { text } of [there.target, tokenNamed('nobody')]) expect(told).not.toContain(text.slice(-49));
  });

  const broken: [string, UsageSink['send']][] = [
    ['rejects', () => Promise.reject(new Error('queue gone'))],
    [
      'throws',
      () => {
        throw new Error('queue gone');
      },
    ],
    ['hangs', () => new Promise(() => {})],
  ];

  it.each(broken)('changes no answer when its queue %s', async (_how, send) => {
    const failing = runWith({ send });
    expect(await failing(http())).toMatchObject({ isAuthorized: true });
    expect(await failing(http({ ip: '203.0.113.7' }))).toStrictEqual({ isAuthorized: false });
    expect(await failing(rest({ client: 'other' }))).toMatchObject({ policyDocument: policy('Allow') });
  });

  it('tells with the next batch what one failed call could not', async () => {
    const { usage } = there.ports;
    let gone = true;
    const again = runWith({ send: (told) => (gone ? Promise.reject(new Error('gone')) : usage.send(told)) });
    await again(http({ ip: '203.0.113.7' }));
    gone = false;
    await again(http({ ip: '203.0.113.7' }));
    expect(usage.sent).toEqual([]);
    there.world.clock.advance(10_000);
    await again(http({ ip: '203.0.113.7' }));
    expect(usage.sent).toMatchObject([
      { network: '203.0.113.7', reason: 'network', count: 3, firstSeen: true },
    ]);
  });

  it('counts what it could not tell', async () => {
    await runWith({ send: () => Promise.reject(new Error('queue gone')) })(http());
    expect(there.ports.metrics.total('UsageNotSent')).toBe(1);
    expect(there.ports.log.lines).toMatchObject([{ level: 'warn', message: 'usage was not sent' }]);
  });
});

describe('a reply under a hanging queue', () => {
  const hanging: UsageSink = { send: () => new Promise(() => {}) };
  const took = async (authorize: Run, event: object): Promise<number> => {
    const { clock } = there.world;
    const before = clock.monotonic();
    await authorize(event);
    return clock.monotonic() - before;
  };

  it('waits 250 ms and no longer', async () => {
    expect(await took(runWith(hanging), http())).toBe(250);
  });

  it('waits two seconds before a denial that is to be heard of at once, and once for each network', async () => {
    const authorize = runWith(hanging);
    expect(await took(authorize, http({ ip: '203.0.113.7' }))).toBe(2_000);
    expect(await took(authorize, http({ ip: '203.0.113.7' }))).toBe(0);
    expect(await took(authorize, http({ ip: '203.0.113.8' }))).toBe(2_000);
  });

  it.each([
    [0, 0],
    [20, 0],
    [25, 0],
    [26, 1],
    [100, 75],
    [275, 250],
    [T + R, 250],
  ])('with %d ms of T + R left waits %d ms for an acceptance', async (leftMs, waited) => {
    const { verifier } = there;
    const verdict = await there.verify();
    if (!verdict.allow) throw new Error(verdict.reason);
    const authorize = runWith(hanging, { ...verifier, verify: async () => ({ ...verdict, leftMs }) });
    expect(await took(authorize, http())).toBe(waited);
  });

  it('leaves within T + R of a revocation that came while its slow read was under way', async () => {
    const { world, ports } = there;
    const { clock } = world;
    let revokedAt = 0;
    const store = {
      feed: async () => {
        const feed = await ports.registry.feed();
        revokedAt = clock.monotonic();
        return feed;
      },
      get: async (...args: Parameters<typeof ports.registry.get>) => {
        const record = await ports.registry.get(...args);
        clock.advance(T + R - 100);
        return record as never;
      },
    };
    const authorize = runWith(hanging, verifierOf({ ...ports, store }));
    expect(await authorize(http())).toMatchObject({ isAuthorized: true });
    expect(clock.monotonic() - revokedAt).toBeLessThanOrEqual(T + R);
    expect(clock.monotonic() - revokedAt).toBeGreaterThan(T + R - 100);
  });
});
