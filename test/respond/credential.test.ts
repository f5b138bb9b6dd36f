import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, parseOwnRoles, type ResponsePolicy } from '#core/response/policy.ts';
import { run as respond } from '#functions/respond/run.ts';
import { createSystem, type System } from '#test/loop/system.ts';
import { createMemoryFindings } from '#test/ports/memory-findings.ts';
import { createMemoryReaders } from '#test/ports/memory-readers.ts';
import { createMemoryPorts } from '#test/ports/ports.ts';
import { createWorld } from '#test/ports/world.ts';

const USER = 'arn:aws:iam::111122223333:user/ci';
const MINUTE = 60_000;

/** A record of somebody who stops the trail, as EventBridge delivers it. */
const stopped = (eventID: string, user = USER, at = '2026-11-24T08:00:00Z'): object => ({
  version: '0',
  id: 'envelope',
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.cloudtrail',
  account: '111122223333',
  time: at,
  region: 'eu-west-1',
  resources: [],
  detail: {
    eventID,
    eventName: 'StopLogging',
    eventSource: 'cloudtrail.amazonaws.com',
    eventTime: at,
    awsRegion: 'eu-west-1',
    recipientAccountId: '111122223333',
    sourceIPAddress: '198.51.100.9',
    userAgent: 'aws-cli/2.17.32',
    userIdentity: { type: 'IAMUser', arn: user, accessKeyId: `AKIA${user.slice(-4).toUpperCase()}` },
    requestParameters: { name: 'organisation' },
    responseElements: null,
  },
});

const isBlocked = ({ ports }: System, user = USER): boolean => {
  const found = ports.keyControl.userOf(user);
  if (found === undefined) return false;
  return (
    found.policies.includes(ports.keyControl.policyArn) &&
    found.keys.every(({ status }) => status === 'Inactive')
  );
};
const said = ({ ports }: System): readonly string[] => ports.registry.log.map(({ action }) => action);

describe('an IAM user’s key that breaks a promise', () => {
  it('is ended: decision, intent, action, outcome; once, however often it is told', async () => {
    const system = createSystem();
    system.ports.keyControl.create(USER);
    for (let n = 0; n < 3; n++)
      expect(await system.respond([stopped('e-1')])).toEqual({ batchItemFailures: [] });
    expect(isBlocked(system)).toBe(true);
    expect(said(system)).toEqual([
      'response.decided',
      'quarantine.begun',
      'quarantine.quiet',
      'response.completed',
    ]);
    expect(system.ports.registry.log.at(-1)?.details).toMatchObject({
      vault: 'keys ended: quiet',
      rung: 'suspend',
    });
    expect(system.ports.pager.pages.map(({ key }) => key)).toEqual([`quarantine:${USER}`, 'T0-6:AKIAR/CI']);
    expect(system.ports.pager.pages.at(-1)?.body).toMatch(
      /Undo: tokenward release --user arn:aws:iam::111122223333:user\/ci/,
    );
  });

  it.each<[string, Record<string, string> | undefined, Partial<ResponsePolicy>, RegExp]>([
    ['without the tag', { team: 'x' }, {}, /calls for: suspend; its user does not carry the tag/],
    ['that is gone', undefined, {}, /calls for: suspend; .* is no user of this account/],
    [
      'that is protected',
      { 'tokenward:respond': 'dev' },
      { protectedPrincipals: [USER] },
      /Nothing was done automatically/,
    ],
    [
      'while the switch is off',
      { 'tokenward:respond': 'dev' },
      { killSwitch: true },
      /Nothing was done automatically/,
    ],
  ])('is only told of where it is a user %s', async (_what, tags, policy, done) => {
    const system = createSystem();
    if (tags !== undefined) system.ports.keyControl.create(USER, tags);
    await system.respond([stopped('e-1')], { ...DEFAULT_POLICY, ...policy });
    expect(said(system)).toEqual(['response.decided', 'response.completed']);
    expect(system.ports.keyControl.userOf(USER)?.policies ?? []).toEqual([]);
    expect(system.ports.pager.pages[0]?.body).toMatch(done);
  });

  it('comes again where IAM does not answer', async () => {
    const system = createSystem();
    system.ports.keyControl.create(USER);
    system.world.beforeCall = ({ port }) => {
      if (port === 'keyControl') throw new Error('IAM is away');
    };
    expect((await system.respond([stopped('e-1')])).batchItemFailures).toHaveLength(1);
    system.world.beforeCall = undefined;
    await system.respond([stopped('e-1')]);
    expect(isBlocked(system)).toBe(true);
  });

  it('is taken up by a later delivery where a crash came after the decision', async () => {
    const system = createSystem();
    system.ports.keyControl.create(USER);
    let asked = 0;
    system.world.beforeCall = ({ method }) => {
      if (method === 'user' && ++asked === 2) throw new Error('the container is gone');
    };
    await system.respond([stopped('e-1')]);
    expect(said(system)).toEqual(['response.decided']);
    system.world.beforeCall = undefined;
    system.world.clock.advance(2 * MINUTE);
    await system.respond([stopped('e-1')]);
    expect(isBlocked(system)).toBe(true);
    expect(said(system).at(-1)).toBe('response.completed');
  });

  it('is taken up by the sweep where no delivery comes, with all that the order says', async () => {
    const system = createSystem();
    system.ports.keyControl.create(USER);
    let asked = 0;
    system.world.beforeCall = ({ method }) => {
      if (method === 'user' && ++asked === 2) throw new Error('the container is gone');
    };
    await system.respond([stopped('e-1')]);
    system.world.beforeCall = undefined;
    await system.sweep();
    expect(isBlocked(system)).toBe(false);
    system.world.clock.advance(MINUTE);
    await system.sweep();
    expect(isBlocked(system)).toBe(true);
    expect(said(system).at(-1)).toBe('response.completed');
    expect(system.ports.pager.pages.map(({ key }) => key)).toEqual([`quarantine:${USER}`, 'T0-6:AKIAR/CI']);
    const begun = system.ports.registry.log.find(({ action }) => action === 'quarantine.begun');
    expect(begun).toMatchObject({ actor: { id: 'respond' }, cause: 'e-1', incidentId: 'auto:e-1' });
    await system.respond([stopped('e-1')]);
    await system.sweep();
    expect(system.ports.pager.pages).toHaveLength(2);
  });

  it('is held where the budget is spent, and ended once a human applies it', async () => {
    const system = createSystem();
    const users = Array.from({ length: 5 }, (_, n) => `arn:aws:iam::111122223333:user/u${n}`);
    for (const user of users) system.ports.keyControl.create(user);
    const policy = { ...DEFAULT_POLICY, breaker: { ...DEFAULT_POLICY.breaker, least: 2, causeLeast: 1_000 } };
    for (const [n, user] of users.entries()) await system.respond([stopped(`e-${n}`, user)], policy);
    expect(users.map((user) => isBlocked(system, user))).toEqual([true, true, false, false, false]);
    const incident = [...system.ports.registry.items.values()].find((item) => item.kind === 'incident');
    if (incident?.kind !== 'incident') throw new Error('nothing is held');
    expect(incident.held.map(({ tokenId }) => tokenId)).toEqual(users.slice(2));
    const order = { action: 'apply', incident: incident.incidentId, reason: 'a theft' };
    const applied = await system.order(order);
    expect(applied).toMatchObject({ status: 200, answer: { outcome: 'applied' } });
    expect(await system.order(order)).toMatchObject({ answer: { outcome: 'unchanged' } });
    system.world.clock.advance(MINUTE);
    await system.sweep();
    expect(users.every((user) => isBlocked(system, user))).toBe(true);
    await system.order({ action: 'release', user: users[3], reason: 'was ours', incidentId: 'INC-1' });
    expect(isBlocked(system, users[3])).toBe(false);
  });

  it('that is in quarantine already has nothing held of it left to do', async () => {
    const system = createSystem();
    system.ports.keyControl.create(USER);
    const policy = { ...DEFAULT_POLICY, breaker: { ...DEFAULT_POLICY.breaker, least: 1, causeLeast: 1_000 } };
    await system.respond([stopped('e-1', 'arn:aws:iam::111122223333:user/none')], policy);
    await system.respond([stopped('e-2')], policy);
    const other = stopped('e-3') as { detail: object };
    await system.respond([{ ...other, detail: { ...other.detail, eventName: 'DeleteTrail' } }], policy);
    const incident = [...system.ports.registry.items.values()].find((item) => item.kind === 'incident');
    if (incident?.kind !== 'incident') throw new Error('nothing is held');
    system.world.clock.advance(MINUTE);
    const applied = await system.order({ action: 'apply', incident: incident.incidentId, reason: 'a theft' });
    expect(applied.status).toBe(200);
    await system.sweep();
    expect(isBlocked(system)).toBe(true);
    expect(said(system).filter((action) => action === 'quarantine.begun')).toHaveLength(1);
  });
});

it('a key whose name is half of a character is told of like any other', async () => {
  const system = createSystem();
  const event = stopped('e-1') as { detail: { userIdentity: object } };
  const userIdentity = { ...event.detail.userIdentity, accessKeyId: 'AKIA\ud800' };
  const answer = await system.respond([{ ...event, detail: { ...event.detail, userIdentity } }]);
  expect(answer.batchItemFailures).toEqual([]);
  expect(system.ports.pager.pages.map(({ key }) => key)).toEqual(['T0-6:AKIA\ufffd']);
});

describe('Security Hub', () => {
  const own = parseOwnRoles([]);
  const batch = { Records: [{ messageId: 'm', body: JSON.stringify(stopped('e-1')) }] };

  it('is told of each decision, once it is carried out', async () => {
    const world = createWorld();
    const findings = createMemoryFindings(world);
    const ports = { ...createMemoryPorts(world), readers: createMemoryReaders(world), findings };
    ports.keyControl.create(USER);
    await respond(batch, ports, { policy: DEFAULT_POLICY, own });
    await respond(batch, ports, { policy: DEFAULT_POLICY, own });
    expect(findings.told).toHaveLength(1);
    expect(findings.told[0]).toMatchObject({
      finding: { signal: 'T0-6' },
      left: { outcome: 'done' },
      target: 'AKIAR/CI',
    });
  });

  it('holds nothing up where it does not answer', async () => {
    const world = createWorld();
    const ports = {
      ...createMemoryPorts(world),
      readers: createMemoryReaders(world),
      findings: createMemoryFindings(world),
    };
    ports.keyControl.create(USER);
    world.beforeCall = ({ port }) => {
      if (port === 'findings') throw new Error('it is off');
    };
    expect(await respond(batch, ports, { policy: DEFAULT_POLICY, own })).toEqual({ batchItemFailures: [] });
    expect(ports.registry.log.at(-1)?.action).toBe('response.completed');
    expect(ports.metrics.total('FindingsNotTold')).toBe(1);
  });
});
