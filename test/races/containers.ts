import { expect } from 'vitest';
import { createPepperMac } from '#adapters/mac/pepper-mac.ts';
import { create } from '#core/change.ts';
import { hmacSha256 } from '#core/crypto/hmac.ts';
import { pepperContext } from '#core/crypto/pepper.ts';
import { keys } from '#core/keys.ts';
import type { Usage } from '#core/ports.ts';
import { SCHEMA } from '#core/records.ts';
import { createAuthorizeRun } from '#functions/authorize/run.ts';
import { TIMING } from '../loop/system.ts';
import { createMemoryPorts, type MemoryPorts } from '../ports/ports.ts';
import { createWorld } from '../ports/world.ts';
import { registered, said } from './facts.ts';
import { all, type Race, times } from './race.ts';

const MESSAGE = Buffer.from('message');

async function addPepper(version: number, { registry, keys: kms, clock }: MemoryPorts): Promise<void> {
  const wrapped = Buffer.from(await kms.newWrappedKey(pepperContext(version))).toString('base64');
  const at = clock.now();
  await registry.commit({
    writes: [
      create({ schema: SCHEMA, kind: 'pepper', rev: 0, version, wrapped, createdAt: at, state: 'active' }),
    ],
    audit: [{ action: 'pepper.created', at, actor: { kind: 'system', id: 'issue' } }],
    feed: [],
  });
}

/** Races within one container: what it keeps between two requests. */
export const CONTAINERS: readonly Race[] = [
  {
    name: 'requests that fill a cold verifier while the token is revoked: none is accepted after a refusal',
    covers: [
      'authorize/verifier.ts createVerifier records',
      'authorize/verifier.ts createVerifier known',
      'authorize/verifier.ts createVerifier asking',
      'authorize/verifier.ts createVerifier dropped',
    ],
    async run(together, copies, seed) {
      const { system, text } = await registered(seed);
      const verifier = system.verifier();
      const told: { readonly begun: number; readonly ended: number; readonly allow: boolean }[] = [];
      let turn = 0;
      const ask = async (): Promise<void> => {
        const begun = turn++;
        const { allow } = await system.use(text, verifier);
        told.push({ begun, ended: turn++, allow });
      };
      const twice = async (): Promise<void> => {
        await ask();
        await ask();
      };
      const order = { action: 'revoke', tokenId: 'orders', reason: 'x', incidentId: 'INC-1', noWait: true };
      all<unknown>(
        await together<unknown>(system.world, [() => system.order(order), ...times(copies, twice)]),
      );
      const refused = told.filter(({ allow }) => !allow);
      for (const { begun } of told.filter(({ allow }) => allow)) {
        expect(refused.filter(({ ended }) => ended < begun)).toEqual([]);
      }
      system.world.clock.advance(TIMING.feedMaxAgeMs + TIMING.readTimeoutMs);
      expect(await system.use(text, verifier)).toMatchObject({ allow: false, reason: 'revoked' });
      expect(system.world.count('registry', 'feed')).toBeLessThanOrEqual(4);
    },
  },
  {
    name: 'uses counted at once are all told, though some tellings fail',
    covers: ['authorize/run.ts createAuthorizeRun window'],
    async run(together, copies, seed) {
      const { system, text } = await registered(seed);
      const { ports, world } = system;
      const sent: Usage[] = [];
      let sends = 0;
      const authorize = createAuthorizeRun(
        {
          ...ports,
          verifier: system.verifier(),
          usage: {
            send: (usages) =>
              world.call('usage', 'send', [], async () => {
                if (sends++ % 2 === 0) throw new Error('the queue is away');
                sent.push(...usages);
              }),
          },
        },
        { audience: 'prices', routes: { 'GET /prices': ['prices:read'] } },
      );
      const request = (client: string) => () =>
        authorize({
          version: '2.0',
          type: 'REQUEST',
          routeKey: 'GET /prices',
          headers: { authorization: `Bearer ${text}` },
          requestContext: { http: { method: 'GET', sourceIp: '10.1.2.3', userAgent: client } },
        });
      const starts = Array.from({ length: copies * 3 }, (_, index) => request(`client-${index % 3}`));
      all(await together(world, starts));
      for (let flushes = 0; flushes < 3; flushes++) {
        world.clock.advance(10_000);
        await request('client-0')();
      }
      const total = sent.reduce((sum, { count }) => sum + count, 0);
      expect(total).toBe(copies * 3 + 3 - (sends % 2));
      expect(new Set(sent.map(({ usageId }) => usageId)).size).toBe(sent.length);
    },
  },
  {
    name: 'a cold MAC engine unwraps each pepper once, while a new one is made',
    covers: [
      'adapters/mac/pepper-mac.ts createPepperMac known',
      'adapters/mac/pepper-mac.ts createPepperMac absent',
      'adapters/mac/pepper-mac.ts createPepperMac loading',
      'adapters/mac/pepper-mac.ts createPepperMac newest',
      'adapters/mac/pepper-mac.ts createPepperMac lookingForNewest',
    ],
    async run(together, copies, seed) {
      const world = createWorld({ seed });
      const ports = createMemoryPorts(world);
      await addPepper(1, ports);
      const engine = createPepperMac({ ...ports, keyModule: ports.keys });
      const macs: { readonly pepper: number | 'kms'; readonly value: string }[] = [];
      all<unknown>(
        await together<unknown>(world, [
          () => addPepper(2, ports),
          ...times(copies, async () => macs.push(await engine.make(MESSAGE))),
          async () => engine.remake(MESSAGE, 1),
          // A MAC under a pepper exists once the pepper does: a later one is nobody's.
          async () => engine.remake(MESSAGE, 3),
        ]),
      );
      expect(world.count('keys', 'unwrap')).toBeLessThanOrEqual(2);
      for (const { pepper, value } of macs) {
        const record = await ports.registry.get(keys.pepper(Number(pepper)));
        const wrapped = Buffer.from(record?.wrapped ?? '', 'base64');
        const key = await ports.keys.unwrap(wrapped, pepperContext(Number(pepper)));
        expect(value).toBe(hmacSha256(key)(MESSAGE));
      }
      world.clock.advance(6 * 60_000);
      expect((await engine.make(MESSAGE)).pepper).toBe(2);
      expect(await engine.remake(MESSAGE, 2)).toBeDefined();
      expect(said(ports, 'pepper.created')).toBe(2);
    },
  },
];
