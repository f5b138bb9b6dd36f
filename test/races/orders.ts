import { expect } from 'vitest';
import { keys } from '#core/keys.ts';
import type { IncidentRecord } from '#core/records.ts';
import { DEFAULT_POLICY } from '#core/response/policy.ts';
import { run as respond } from '#functions/respond/run.ts';
import { sessionsOf } from '#functions/respond/sessions.ts';
import { revokeKey } from '#functions/revoke/order.ts';
import { batch, createBench, passes, SERVICE } from '../issue/harness.ts';
import { ORDERS, secretRead, usage } from '../loop/system.ts';
import { expectListed, expectWhole, inState, registered, said, tokenOf } from './facts.ts';
import { all, type Race, times } from './race.ts';

const WHO = { reason: 'seen in a paste', incidentId: 'INC-1' };
const order = (action: string, more: object = {}): object => ({
  action,
  tokenId: 'orders',
  ...WHO,
  noWait: true,
  ...more,
});

/** A record of a role that was assumed. */
function assumed(name: string): object {
  const read = secretRead({ secretId: 'x', eventId: `event-${name}` }) as { detail: object };
  const detail = {
    ...read.detail,
    eventName: 'AssumeRole',
    eventSource: 'sts.amazonaws.com',
    requestParameters: { roleArn: 'arn:aws:iam::111122223333:role/job' },
    responseElements: { credentials: { accessKeyId: `ASIA${name}` } },
  };
  return { ...read, source: 'aws.sts', detail };
}

/** Races of `revoke` and `respond`: orders against each other, events delivered more than once, budgets. */
export const ORDERS_AND_RESPONSES: readonly Race[] = [
  {
    name: 'one order, given again and again, takes effect once',
    covers: [
      'revoke/lots.ts commitLot decideAndCommit',
      'revoke/cancel.ts cancelRotation vault.cancelRotation',
    ],
    async run(together, copies, seed) {
      const { system, secretArn } = await registered(seed);
      for (const [action, said_] of [
        ['suspend', 'token.suspended'],
        ['release', 'token.released'],
        ['revoke', 'token.revoked'],
      ] as const) {
        const answers = all(
          await together(
            system.world,
            times(copies, () => system.order(order(action))),
          ),
        );
        expect(said(system.ports, said_)).toBe(1);
        expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      }
      expect(system.ports.vault.secretOf(secretArn).rotationEnabled).toBe(false);
      await expectListed(system);
    },
  },
  {
    name: 'orders against each other: a revoke among them wins, whatever its turn (S3)',
    covers: [],
    async run(together, _copies, seed) {
      const { system, text } = await registered(seed);
      const actions = ['suspend', 'release', 'revoke', 'reissue', 'suspend'];
      await together(
        system.world,
        actions.map((action) => () => system.order(order(action))),
      );
      expect((await tokenOf(system)).standing).toBe('revoked');
      expect(await system.use(text, system.verifier())).toMatchObject({ allow: false, reason: 'revoked' });
      await system.ports.vault.settle();
      expect(inState(system, 'pending', 'current', 'retiring')).toEqual([]);
      await expectListed(system);
    },
  },
  {
    name: 'reissues at once, over a stranded pending version, end in one new version',
    covers: ['revoke/reissue.ts started vault.rotate', 'revoke/reissue.ts clearStranded vault.clearPending'],
    async run(together, copies, seed) {
      const { system, secretArn, text } = await registered(seed);
      const { vault } = system.ports;
      await vault.rotate(secretArn, '00000000-0000-4000-8000-00000000feed');
      await together(
        system.world,
        times(copies, (copy) => system.order(order('reissue', { incidentId: `INC-${copy % 2}` }))),
      );
      await vault.settle();
      expect(said(system.ports, 'token.reissue-requested')).toBe(1);
      expect(await system.use(text, system.verifier())).toMatchObject({ allow: false, reason: 'revoked' });
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'one version, revoked again and again, ends once and alone',
    covers: ['revoke/order.ts revokeKey decideAndCommit'],
    async run(together, copies, seed) {
      const { system, secretArn } = await registered(seed);
      await system.ports.vault.trigger(secretArn);
      const [old] = inState(system, 'retiring');
      const { tokenId: _, ...byKey } = order('revoke', { keyId: old?.keyId }) as { tokenId: string };
      all(
        await together(
          system.world,
          times(copies, () => system.order(byKey)),
        ),
      );
      expect(said(system.ports, 'version.revoked')).toBe(1);
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'an exchanged token, revoked by people and by the responder at once, ends once',
    covers: ['revoke/order.ts revokeKey decideAndCommit (2)', 'respond/event.ts endLone decideAndCommit'],
    async run(together, copies) {
      const bench = createBench();
      const caller = batch(bench.memory.directory.create(SERVICE));
      const { body } = await bench.post({ offer: 'session' }, caller);
      const [version] = bench.versions();
      if (version === undefined) throw new Error('no version');
      const at = { at: bench.world.clock.now(), actor: { kind: 'invoke' as const, id: 'x' }, ...WHO };
      const Records = [
        { messageId: 'm', body: JSON.stringify(usage({ keyId: version.keyId, tokenId: 'session' })) },
      ];
      const ports = { ...bench.memory, readers: { block: async () => true } };
      all<unknown>(
        await together<unknown>(bench.world, [
          () => respond({ Records }, ports, { policy: DEFAULT_POLICY, own: [] }),
          ...times(copies - 1, () => revokeKey(version, at, bench.memory)),
        ]),
      );
      expect(said(bench.memory, 'version.revoked')).toBe(1);
      expect(await bench.memory.registry.get(keys.version(version.keyId))).toMatchObject({
        state: 'revoked',
      });
      expect(await passes(bench, body.token)).toBe('revoked');
    },
  },
  {
    name: 'one event, delivered again and again, has one effect (S8)',
    covers: [
      'respond/token.ts answerToken decideAndCommit',
      'respond/token.ts keepOut decideAndCommit',
      'respond/finish.ts finish decideAndCommit',
      'respond/judge.ts stored registry.remember',
    ],
    async run(together, copies, seed) {
      const { system, secretArn } = await registered(seed);
      const answers = all(
        await together(
          system.world,
          times(copies, () => system.respond([secretRead({ secretId: secretArn })])),
        ),
      );
      for (const answer of answers) expect(answer.batchItemFailures).toEqual([]);
      expect(said(system.ports, 'response.decided')).toBe(1);
      expect(said(system.ports, 'token.reissue-requested')).toBe(1);
      expect(system.ports.pager.pages).toHaveLength(1);
      await system.ports.vault.settle();
      await expectWhole(system, secretArn);
    },
  },
  {
    name: 'one event about who acted, delivered again and again, is told once (S8)',
    covers: ['respond/credential.ts answerCredential decideAndCommit'],
    async run(together, copies, seed) {
      const { system } = await registered(seed);
      const read = secretRead({ secretId: 'x' }) as { detail: object };
      const detail = {
        ...read.detail,
        eventName: 'StopLogging',
        eventSource: 'cloudtrail.amazonaws.com',
        requestParameters: { name: 'organisation' },
      };
      all(
        await together(
          system.world,
          times(copies, () => system.respond([{ ...read, source: 'aws.cloudtrail', detail }])),
        ),
      );
      expect(said(system.ports, 'response.decided')).toBe(1);
      expect(system.ports.pager.pages.map(({ key }) => key)).toEqual(['T0-6:ASIAEXAMPLE']);
    },
  },
  {
    name: 'a budget is spent to its end and not beyond, and what it holds is all there (S9)',
    covers: [],
    async run(together, copies, seed) {
      const { system } = await registered(seed);
      const policy = {
        ...DEFAULT_POLICY,
        breaker: { ...DEFAULT_POLICY.breaker, least: 2, causeLeast: 1_000 },
      };
      const seen: unknown[] = [];
      for (let copy = 0; copy < copies; copy++) {
        const id = `svc-${copy}`;
        await system.register({ ...ORDERS, id, owner: `team-${copy}` });
        const keyId = (await tokenOf(system, id)).versions[0]?.keyId ?? '';
        seen.push(usage({ usageId: `use-${copy}`, keyId, tokenId: id }));
      }
      all(
        await together(
          system.world,
          times(copies, (copy) => system.respond([seen[copy]], policy)),
        ),
      );
      const done = Math.min(copies, 2);
      expect(said(system.ports, 'token.reissue-requested')).toBe(done);
      const held = [...system.ports.registry.items.values()]
        .filter((item): item is IncidentRecord => item.kind === 'incident')
        .flatMap((incident) => incident.held.map(({ tokenId }) => tokenId));
      expect(new Set(held).size).toBe(copies - done);
      expect(held).toHaveLength(copies - done);
    },
  },
  {
    name: 'fifty messages at once spend no more than the budget, and none is lost (S9)',
    covers: [],
    async run(together, copies, seed) {
      const { system } = await registered(seed);
      const policy = {
        ...DEFAULT_POLICY,
        breaker: { ...DEFAULT_POLICY.breaker, least: 7, causeLeast: 1_000 },
      };
      const batches: unknown[][] = [];
      for (let copy = 0; copy < copies; copy++) {
        const seen: unknown[] = [];
        for (let n = 0; n < 10; n++) {
          const id = `svc-${copy}-${n}`;
          await system.register({ ...ORDERS, id, owner: `team-${copy}-${n}` });
          const keyId = (await tokenOf(system, id)).versions[0]?.keyId ?? '';
          seen.push(usage({ usageId: `use-${id}`, keyId, tokenId: id }));
        }
        batches.push(seen);
      }
      const answers = all(
        await together(
          system.world,
          batches.map((seen) => () => system.respond(seen, policy)),
        ),
      );
      // What gave way too often comes again, as SQS would deliver it.
      for (const [copy, { batchItemFailures }] of answers.entries())
        for (const { itemIdentifier } of batchItemFailures)
          await system.respond([batches[copy]?.[Number(itemIdentifier.slice(1))]], policy);
      expect(said(system.ports, 'token.reissue-requested')).toBe(7);
      const counted = [...system.ports.registry.items.values()].find(
        (item) => item.kind === 'breaker' && item.scope === 'signal:T0-4',
      );
      const held = 10 * copies - 7;
      expect(counted).toMatchObject({ taken: 7, held });
      expect(said(system.ports, 'response.held')).toBe(held);
    },
  },
  {
    name: 'a birth is kept once, however often it is told',
    covers: ['respond/lineage.ts rememberMints registry.remember'],
    async run(together, copies, seed) {
      const { system } = await registered(seed);
      all(
        await together(
          system.world,
          times(copies, () => system.respond([assumed('CHILD')])),
        ),
      );
      const birth = await system.ports.registry.get(keys.habits('minted:ASIACHILD'));
      expect(birth?.rev).toBe(1);
      expect(birth?.recent).toContain('event-CHILD');
    },
  },
  {
    name: 'what one credential mints at once is all kept, each once',
    covers: ['respond/lineage.ts rememberChild registry.remember'],
    async run(together, copies, seed) {
      const { system } = await registered(seed);
      all(
        await together(
          system.world,
          times(2 * copies, (copy) => system.respond([assumed(`CHILD${copy % copies}`)])),
        ),
      );
      const sessions = await sessionsOf(['ASIAEXAMPLE'], Date.UTC(2026, 10, 24, 9), system.ports);
      const expected = Array.from(
        { length: copies },
        (_, copy) => `arn:aws:iam::111122223333:role/job (ASIACHILD${copy})`,
      );
      expect([...sessions].sort()).toEqual(expected.sort());
    },
  },
  {
    name: 'what is held is applied once, however often it is ordered, or dropped, and never both',
    covers: ['revoke/incident.ts apply decideAndCommit', 'revoke/incident.ts drop decideAndCommit'],
    async run(together, copies, seed) {
      const { system } = await registered(seed);
      const policy = { ...DEFAULT_POLICY, breaker: { ...DEFAULT_POLICY.breaker, least: 0 } };
      const keyId = (await tokenOf(system)).versions[0]?.keyId ?? '';
      await system.respond([usage({ usageId: 'use', keyId, tokenId: 'orders' })], policy);
      const [held] = [...system.ports.registry.items.values()].filter(({ kind }) => kind === 'incident');
      const incident = held?.kind === 'incident' ? held.incidentId : '';
      const settle = (action: string): Promise<unknown> =>
        system.order({ action, incident, reason: 'decided', noWait: true });
      all(await together(system.world, [...times(copies, () => settle('apply')), () => settle('drop')]));
      const applied = said(system.ports, 'incident.applied');
      expect(applied + said(system.ports, 'incident.dropped')).toBe(1);
      expect(said(system.ports, 'token.reissue-requested')).toBe(applied);
    },
  },
  {
    name: 'uses told at once are all counted',
    covers: ['respond/event.ts learn registry.remember'],
    async run(together, copies, seed) {
      const { system } = await registered(seed);
      const keyId = (await tokenOf(system)).versions[0]?.keyId ?? '';
      const use = (copy: number): unknown =>
        usage({
          usageId: `use-${copy}`,
          keyId,
          tokenId: 'orders',
          outcome: 'allowed',
          network: `10.1.2.${copy}`,
          count: copy + 1,
          at: system.world.clock.now(),
        });
      all(
        await together(
          system.world,
          times(copies, (copy) => system.respond([use(copy)])),
        ),
      );
      const profile = await system.ports.registry.get(keys.profile('token:orders'));
      expect(profile?.uses).toBe((copies * (copies + 1)) / 2);
      expect(Object.keys(profile?.networks ?? {})).toHaveLength(copies);
    },
  },
];
