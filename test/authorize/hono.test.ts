import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono, type MiddlewareHandler } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Admission,
  createGuard,
  createServiceVerifier,
  type Guard,
} from '#functions/authorize/library.ts';
import { createSystem, ORDERS, type System, TIMING } from '../loop/system.ts';

type Env = { Variables: { admission: Admission } };

const guarded =
  (guard: Guard, ...scopes: string[]): MiddlewareHandler<Env> =>
  async (context, next) => {
    const answer = await guard.check(
      {
        authorization: context.req.header('authorization'),
        source: { ip: getConnInfo(context).remote.address ?? '' },
      },
      scopes,
    );
    if (!answer.ok) return context.json(answer.body, answer.status, answer.headers);
    context.set('admission', answer);
    return next();
  };

const LOCAL = { ...ORDERS, networks: ['127.0.0.0/8'] };
const BOUND = TIMING.feedMaxAgeMs + TIMING.readTimeoutMs;

let system: System;
let server: ServerType;
let origin: string;

beforeEach(async () => {
  system = createSystem();
  const guardOf = (audience: string): Guard =>
    createGuard({ verifier: system.verifier(), audience, log: system.ports.log });
  const prices = guardOf('prices');
  const app = new Hono<Env>();
  app.get('/prices', guarded(prices, 'prices:read'), (context) => context.json(context.get('admission')));
  app.get('/both', guarded(prices, 'prices:read', 'prices:write'), (context) => context.text('written'));
  app.get('/stock', guarded(guardOf('stock'), 'prices:read'), (context) => context.text('stock'));
  server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
  if (!server.listening) await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  const closed = once(server, 'close');
  server.close();
  await closed;
});

const ask = (path: string, authorization?: string): Promise<Response> =>
  fetch(`${origin}${path}`, {
    headers: { connection: 'close', ...(authorization === undefined ? {} : { authorization }) },
  });
const bearer = async (declared = LOCAL): Promise<string> =>
  `Bearer ${system.read(await system.register(declared))}`;

/** All that a caller sees of an answer. */
async function seen(response: Response): Promise<object> {
  const { status, headers } = response;
  return { status, challenge: headers.get('www-authenticate'), body: await response.json() };
}
const REFUSED = { status: 401, challenge: 'Bearer', body: { error: 'unauthorized' } };

describe('a Hono service behind the guard', () => {
  it('serves who may, and knows who that is', async () => {
    const response = await ask('/prices', await bearer());
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      ok: true,
      principal: ORDERS.principal,
      tokenId: 'orders',
      keyId: expect.stringMatching(/^[0-9A-Za-z]{16}$/),
      scopes: ['prices:read'],
      audience: 'prices',
    });
  });

  it('answers 403 to a genuine credential without the scope', async () => {
    expect(await seen(await ask('/both', await bearer()))).toEqual({
      status: 403,
      challenge: 'Bearer error="insufficient_scope"',
      body: { error: 'insufficient_scope' },
    });
  });

  it('answers 401 after a revocation, T + R later at the latest', async () => {
    const authorization = await bearer();
    expect((await ask('/prices', authorization)).status).toBe(200);
    await system.order({
      action: 'revoke',
      tokenId: 'orders',
      reason: 'seen in a paste',
      incidentId: 'INC-7',
      noWait: true,
    });
    system.world.clock.advance(BOUND);
    expect(await seen(await ask('/prices', authorization))).toEqual(REFUSED);
    expect(await seen(await ask('/both', authorization))).toEqual(REFUSED);
  });

  it('answers everything else with one and the same 401', async () => {
    const genuine = await bearer();
    const elsewhere = await bearer({ ...LOCAL, id: 'elsewhere', networks: ['10.0.0.0/8'] });
    const suspended = await bearer({ ...LOCAL, id: 'suspended' });
    const order = {
      action: 'suspend',
      tokenId: 'suspended',
      reason: 'odd',
      incidentId: 'INC-8',
      noWait: true,
    };
    await system.order(order);
    const stranger = createSystem(2);
    const unknown = `Bearer ${stranger.read(await stranger.register())}`;
    const refused: [path: string, authorization: string | undefined, reason: string][] = [
      ['/prices', undefined, 'malformed'],
      ['/prices', '', 'malformed'],
      ['/prices', 'Basic dXNlcjpwYXNz', 'malformed'],
      ['/prices', `Bearer ${'x'.repeat(5_000)}`, 'malformed'],
      ['/prices', `${genuine.slice(0, -1)}${genuine.endsWith('0') ? '1' : '0'}`, 'checksum'],
      ['/prices', unknown, 'unknown'],
      ['/prices', suspended, 'suspended'],
      ['/stock', genuine, 'audience'],
      ['/prices', elsewhere, 'network'],
      ['/both', elsewhere, 'network'],
    ];
    for (const [path, authorization, reason] of refused) {
      expect(await seen(await ask(path, authorization)), reason).toEqual(REFUSED);
      expect(system.ports.log.lines.at(-1)).toMatchObject({ message: 'denied', fields: { reason } });
    }
    system.world.clock.advance(73 * 3_600_000);
    expect(await seen(await ask('/prices', genuine))).toEqual(REFUSED);
    system.world.beforeCall = ({ port }) => {
      if (port === 'registry') throw new Error('out of reach');
    };
    system.world.clock.advance(BOUND);
    expect(await seen(await ask('/prices', genuine))).toEqual(REFUSED);
    expect(system.ports.log.lines.at(-1)).toMatchObject({ fields: { reason: 'unavailable' } });
    for (const text of [genuine, elsewhere, suspended])
      expect(system.ports.log.text()).not.toContain(text.slice(7));
  });
});

describe('createServiceVerifier', () => {
  const options = {
    environment: 'dev',
    tableName: 'tokenward-dev',
    pepperKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/k',
  };

  it('denies without a read what is no token of its environment', async () => {
    const verifier = createServiceVerifier(options);
    const need = { audience: 'prices', scopes: [], source: {} };
    expect(await verifier.verify('twd_garbage', need)).toEqual({ allow: false, reason: 'malformed' });
  });

  it.each([
    ['feedMaxAgeMs', Number.POSITIVE_INFINITY],
    ['feedMaxAgeMs', 249],
    ['readTimeoutMs', Number.NaN],
    ['readTimeoutMs', 5_001],
    ['recordCacheMaxMs', 60_001],
    ['feedCopies', 0],
  ])('refuses %s = %s, on which the bound would break', (name, value) => {
    expect(() => createServiceVerifier({ ...options, [name]: value })).toThrow(name);
  });
});
