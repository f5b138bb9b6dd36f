import { describe, expect, it } from 'vitest';
import type { ReconcilePlan } from '#core/reconcile/plan.ts';
import { type ReconcileReport, run } from '#functions/reconcile/run.ts';
import { createMemoryLog } from '#test/ports/memory-log.ts';
import { createMemoryMetrics } from '#test/ports/memory-metrics.ts';
import { createMemoryTrail, type MemoryTrail } from '#test/ports/memory-trail.ts';
import { createWorld, type World } from '#test/ports/world.ts';

const MINUTE = 60_000;
const PLAN: ReconcilePlan = {
  account: '111122223333',
  prefix: '',
  secretsPrefix: 'tokenward/dev/',
  secretsArnPrefix: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:tokenward/dev/',
  watchAllSecrets: false,
  ownSessions: ['arn:aws:sts::111122223333:assumed-role/tokenward-dev-sweep/tokenward-dev-sweep'],
  regions: [
    { region: 'eu-west-1', names: ['StopLogging'] },
    { region: 'us-east-1', names: ['CreateAccessKey', 'UpdateAccessKey'] },
  ],
};

const record = (eventID: string, part: object = {}): object => ({
  eventID,
  eventName: 'GetSecretValue',
  eventSource: 'secretsmanager.amazonaws.com',
  eventTime: '2026-11-24T08:00:00Z',
  awsRegion: 'eu-west-1',
  recipientAccountId: '111122223333',
  userIdentity: {
    type: 'IAMUser',
    arn: 'arn:aws:iam::111122223333:user/mallory',
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  },
  requestParameters: { secretId: 'tokenward/dev/orders' },
  ...part,
});

interface Bench {
  readonly world: World;
  readonly trail: MemoryTrail;
  readonly metrics: ReturnType<typeof createMemoryMetrics>;
  /** `files`: how many can be read before the time is up. */
  run(options?: { lookup?: boolean; remaining?: number }): Promise<ReconcileReport>;
  ids(): readonly string[];
}

function bench(plan: ReconcilePlan = PLAN): Bench {
  const world = createWorld();
  const trail = createMemoryTrail(world);
  const metrics = createMemoryMetrics();
  return {
    world,
    trail,
    metrics,
    run: ({ lookup = false, remaining = Number.POSITIVE_INFINITY } = {}) => {
      let left = remaining;
      const { files, ...rest } = trail;
      const common = { clock: world.clock, log: createMemoryLog(), metrics, ...rest };
      return run(lookup ? common : { ...common, files }, plan, { reserveMs: 1, remainingMs: () => left-- });
    },
    ids: () => trail.queue.bodies.map((body) => JSON.parse(body).detail.eventID),
  };
}

describe('the trail’s files', () => {
  it('give the responder what a rule would have handed on, in the same form', async () => {
    const at = bench();
    const now = at.world.clock.now();
    const late = record('e-1');
    at.trail.files.deliver(now - 10 * MINUTE, [
      late,
      record('other', { requestParameters: { secretId: 'somebody/elses' } }),
      record('ours', { userIdentity: { type: 'AssumedRole', arn: PLAN.ownSessions[0] } }),
    ]);
    expect(await at.run()).toEqual({ files: 1, sent: 1, unreadable: 0, backlog: 0, failed: 0 });
    expect(at.trail.queue.bodies.map((body) => JSON.parse(body))).toEqual([
      {
        version: '0',
        id: 'e-1',
        'detail-type': 'AWS API Call via CloudTrail',
        source: 'aws.secretsmanager',
        account: '111122223333',
        time: '2026-11-24T08:00:00Z',
        region: 'eu-west-1',
        resources: [],
        detail: late,
      },
    ]);
  });

  it('are read once, in every region, also those that appear late beside others', async () => {
    const at = bench();
    const now = at.world.clock.now();
    at.trail.files.deliver(now - 5 * MINUTE, [record('a')], { unique: 'M' });
    at.trail.files.deliver(now - 5 * MINUTE, [record('g')], { region: 'us-east-1' });
    await at.run();
    at.trail.files.deliver(now - 5 * MINUTE, [record('b')], { unique: 'B' });
    at.trail.files.deliver(now, [record('c')], { unique: 'A' });
    expect(await at.run()).toMatchObject({ files: 2, sent: 2 });
    expect(await at.run()).toMatchObject({ files: 0, sent: 0 });
    expect(at.ids()).toEqual(['a', 'g', 'b', 'c']);
  });

  it('are listed page by page, and what is left for the next run is the backlog', async () => {
    const at = bench();
    at.trail.files.page = 1;
    const now = at.world.clock.now();
    for (let n = 0; n < 60; n++) at.trail.files.deliver(now - (30 - n / 2) * MINUTE, [record(`e-${n}`)]);
    expect(await at.run()).toMatchObject({ files: 50, backlog: 1 });
    expect(at.metrics.total('ReconcileBacklog')).toBe(1);
    expect(await at.run()).toMatchObject({ files: 10, backlog: 0 });
    expect(at.ids()).toEqual(Array.from({ length: 60 }, (_, n) => `e-${n}`));
  });

  it('stay the backlog where the time is up, and lose nothing', async () => {
    const at = bench();
    const now = at.world.clock.now();
    for (let n = 0; n < 5; n++) at.trail.files.deliver(now - (30 - n) * MINUTE, [record(`e-${n}`)]);
    expect(await at.run({ remaining: 2 })).toMatchObject({ files: 2, backlog: 3 });
    expect(await at.run({ remaining: 0 })).toMatchObject({ files: 0, backlog: 3 });
    expect(await at.run()).toMatchObject({ files: 3, backlog: 0 });
    expect(at.ids()).toEqual(['e-0', 'e-1', 'e-2', 'e-3', 'e-4']);
  });

  it('that are broken are told, give what they can, and stop nobody', async () => {
    const at = bench();
    const now = at.world.clock.now();
    const half = at.trail.files.deliver(now - 9 * MINUTE, [
      record('first'),
      record('second'),
      record('third'),
    ]);
    at.trail.files.broken.add(half);
    const odd = at.trail.files.deliver(now - 8 * MINUTE, []);
    at.trail.files.stored.set(odd, '{"Records":[{"a":1}, nonsense]}');
    at.trail.files.deliver(now - 7 * MINUTE, [record('whole')]);
    const report = await at.run();
    expect(report).toMatchObject({ files: 3, failed: 0, backlog: 0 });
    expect(report.unreadable).toBeGreaterThanOrEqual(2);
    expect(at.ids()).toContain('first');
    expect(at.ids()).toContain('whole');
    expect(await at.run()).toMatchObject({ files: 0, unreadable: 0 });
  });

  it('of one region that cannot be read keep no other from being read', async () => {
    const at = bench();
    const now = at.world.clock.now();
    at.trail.files.deliver(now - MINUTE, [record('home')]);
    at.trail.files.deliver(now - MINUTE, [record('global')], { region: 'us-east-1' });
    at.world.beforeCall = ({ method, args }) => {
      if (method === 'bytes' && String(args[0]).includes('eu-west-1')) throw new Error('denied');
    };
    expect(await at.run()).toMatchObject({ failed: 1, sent: 1 });
    at.world.beforeCall = undefined;
    expect(await at.run()).toMatchObject({ failed: 0, sent: 1 });
    expect(at.ids()).toEqual(['global', 'home']);
  });

  it('are sent again after a crash, from where the cursor stood: nothing is lost', async () => {
    const now = createWorld().clock.now();
    for (let index = 0; index < 12; index++) {
      const at = bench();
      at.trail.files.deliver(now - 5 * MINUTE, [record('a')]);
      at.trail.files.deliver(now - 4 * MINUTE, [record('b')]);
      at.world.beforeCall = (call) => {
        if (call.index === index) throw new Error('the container is gone');
      };
      await at.run();
      at.world.beforeCall = undefined;
      await at.run();
      expect(new Set(at.ids())).toEqual(new Set(['a', 'b']));
    }
  });

  it('of many records are sent in several calls', async () => {
    const at = bench();
    const many = Array.from({ length: 120 }, (_, n) => record(`e-${n}`));
    at.trail.files.deliver(at.world.clock.now(), many);
    expect(await at.run()).toMatchObject({ sent: 120 });
    expect(at.world.count('queue', 'send')).toBeGreaterThan(1);
  });

  it('of a quiet region let the cursor move on, and then come in order', async () => {
    const at = bench();
    await at.run();
    at.world.clock.advance(300 * MINUTE);
    await at.run();
    const newest = at.trail.cursors.stored.get('eu-west-1')?.newest ?? 0;
    expect(at.world.clock.now() - newest).toBe(30 * MINUTE);
    at.trail.files.deliver(at.world.clock.now() - MINUTE, [record('a')]);
    expect(await at.run()).toMatchObject({ sent: 1 });
  });
});

describe('the event history, where there is no bucket', () => {
  const minted = (eventID: string): object =>
    record(eventID, { eventName: 'CreateAccessKey', eventSource: 'iam.amazonaws.com' });
  const happened = (at: Bench, name: string, region: string, ago: number, value: unknown): void => {
    at.trail.history.events.push({ region, name, at: at.world.clock.now() - ago, record: value });
  };

  it('is asked for rare names, each in the region that logs it, and twice as far back as events are late', async () => {
    const at = bench();
    happened(at, 'CreateAccessKey', 'us-east-1', 5 * MINUTE, minted('key'));
    happened(at, 'CreateAccessKey', 'eu-west-1', 5 * MINUTE, minted('elsewhere'));
    happened(at, 'StopLogging', 'eu-west-1', MINUTE, undefined);
    expect(await at.run({ lookup: true })).toEqual({
      files: 0,
      sent: 1,
      unreadable: 1,
      backlog: 0,
      failed: 0,
    });
    expect(at.ids()).toEqual(['key']);
    at.world.clock.advance(15 * MINUTE);
    happened(at, 'CreateAccessKey', 'us-east-1', 25 * MINUTE, minted('late'));
    await at.run({ lookup: true });
    expect(at.ids()).toContain('late');
  });

  it('knows Lambda’s calls by the names under which they are logged', async () => {
    const at = bench({ ...PLAN, regions: [{ region: 'eu-west-1', names: ['UpdateFunctionCode'] }] });
    const logged = { eventName: 'UpdateFunctionCode20150331v2', eventSource: 'lambda.amazonaws.com' };
    happened(at, logged.eventName, 'eu-west-1', MINUTE, record('code', logged));
    await at.run({ lookup: true });
    expect(at.ids()).toEqual(['code']);
  });

  it('is asked no more than twice a second', async () => {
    const at = bench();
    const began = at.world.clock.now();
    await at.run({ lookup: true });
    expect(at.world.count('history', 'lookup')).toBe(3);
    expect(at.world.clock.now() - began).toBeGreaterThanOrEqual(1_500);
  });

  it('is read page by page; too much of one name is a backlog, and so is what time did not suffice for', async () => {
    const at = bench();
    for (let n = 0; n < 120; n++)
      happened(
        at,
        'StopLogging',
        'eu-west-1',
        n + 1,
        record(`e-${n}`, { eventName: 'StopLogging', eventSource: 'cloudtrail.amazonaws.com' }),
      );
    expect(await at.run({ lookup: true })).toMatchObject({ sent: 120, backlog: 0 });
    for (let n = 0; n < 300; n++) happened(at, 'UpdateAccessKey', 'us-east-1', 1_000 + n, minted(`f-${n}`));
    const before = at.trail.cursors.stored.get('us-east-1')?.newest;
    expect(await at.run({ lookup: true })).toMatchObject({ backlog: 1 });
    expect(at.trail.cursors.stored.get('us-east-1')?.newest).toBe(before);
    expect(await bench().run({ lookup: true, remaining: 2 })).toMatchObject({ backlog: 1 });
  });
});
