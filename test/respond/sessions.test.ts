import { describe, expect, it } from 'vitest';
import { keys } from '#core/keys.ts';
import { createSystem, type System, secretRead } from '#test/loop/system.ts';

const ACCOUNT = '111122223333';
const USER = `arn:aws:iam::${ACCOUNT}:user/ci`;
const role = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Who calls, as CloudTrail names him: the user by its key or a session of its own, or a role's session. */
const byUser = (accessKeyId: string): object => ({ type: 'IAMUser', arn: USER, accessKeyId });
const bySession = (name: string, accessKeyId: string): object => ({
  type: 'AssumedRole',
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/job`,
  accessKeyId,
  sessionContext: { sessionIssuer: { type: 'Role', arn: role(name) } },
});

/** One call, as EventBridge delivers it. */
function call(eventId: string, userIdentity: object, at: number, detail: object): unknown {
  const read = secretRead({ eventId, secretId: 'x', at, ip: '198.51.100.9' }) as { detail: object };
  return { ...read, detail: { ...read.detail, userIdentity, ...detail } };
}

const assume = (userIdentity: object, name: string, minted: string, at: number): unknown =>
  call(`assume-${minted}`, userIdentity, at, {
    eventName: 'AssumeRole',
    eventSource: 'sts.amazonaws.com',
    requestParameters: { roleArn: role(name), roleSessionName: 'job' },
    responseElements: { credentials: { accessKeyId: minted } },
  });

const sessionToken = (userIdentity: object, minted: string, at: number): unknown =>
  call(`session-${minted}`, userIdentity, at, {
    eventName: 'GetSessionToken',
    eventSource: 'sts.amazonaws.com',
    requestParameters: null,
    responseElements: { credentials: { accessKeyId: minted } },
  });

const stop = (eventId: string, userIdentity: object, at: number): unknown =>
  call(eventId, userIdentity, at, {
    eventName: 'StopLogging',
    eventSource: 'cloudtrail.amazonaws.com',
    requestParameters: { name: 'organisation' },
  });

const quarantine = ({ ports }: System) => ports.registry.get(keys.quarantine(USER));
const pageAbout = ({ ports }: System, key: string): string | undefined =>
  ports.pager.pages.findLast((page) => page.key === key)?.body;

describe('an IAM user’s key that minted sessions', () => {
  const live = [
    `${role('deploy')} (ASIADEPLOY)`,
    `${role('audit')} (ASIAAUDIT)`,
    `${role('prod')} (ASIAPROD)`,
  ];

  /** With the key: a role; with a session of the user: another; from that one, a third. */
  async function minted(system: System, at: number): Promise<void> {
    system.ports.keyControl.create(USER);
    await system.respond([
      assume(byUser('AKIACI'), 'deploy', 'ASIADEPLOY', at),
      sessionToken(byUser('AKIACI'), 'ASIAOWN', at + 1_000),
      assume(byUser('ASIAOWN'), 'audit', 'ASIAAUDIT', at + 2_000),
      assume(bySession('audit', 'ASIAAUDIT'), 'prod', 'ASIAPROD', at + 3_000),
      assume(byUser('AKIAOTHER'), 'other', 'ASIAELSE', at + 4_000),
    ]);
  }

  it.each(['AKIACI', 'ASIAOWN'])(
    'the order, the verdict and the page name the sessions of roles, used as %s; its own are denied',
    async (used) => {
      const system = createSystem();
      const at = system.world.clock.now();
      await minted(system, at);
      await system.respond([stop('e-1', byUser(used), at + 5_000)]);
      expect((await quarantine(system))?.sessions.toSorted()).toEqual(live.toSorted());
      const body = pageAbout(system, `quarantine:${USER}`);
      for (const session of live) expect(body).toContain(session);
      expect(body).toContain('To deny them is for a human with the break-glass role');
      expect(body).not.toContain('ASIAOWN');
      expect(body).not.toContain('ASIAELSE');
      expect(pageAbout(system, `T0-6:${used}`)).toContain(live[0]);
      const begun = system.ports.registry.log.find(({ action }) => action === 'quarantine.begun');
      expect(begun?.details?.sessions).toHaveLength(3);
      expect(system.ports.keyControl.userOf(USER)?.policies).toEqual([system.ports.keyControl.policyArn]);
    },
  );

  it('names none that has ended by itself, nor any where there is none', async () => {
    const system = createSystem();
    const at = system.world.clock.now();
    await minted(system, at);
    system.world.clock.advance(13 * HOUR);
    await system.respond([stop('e-1', byUser('AKIACI'), at + 13 * HOUR)]);
    expect((await quarantine(system))?.sessions).toEqual([]);
    expect(pageAbout(system, `quarantine:${USER}`)).not.toContain('Sessions of roles');
  });

  it('is listed again until it is quiet, and once more when the trail had time to tell', async () => {
    const system = createSystem();
    const at = system.world.clock.now();
    system.ports.keyControl.create(USER, { 'tokenward:respond': 'dev' });
    const [own = ''] = (system.ports.keyControl.userOf(USER)?.keys ?? []).map((key) => key.accessKeyId);
    let told = false;
    system.world.afterCall = async ({ method }) => {
      if (method !== 'setStatus' || told) return;
      told = true;
      await system.respond([assume(byUser(own), 'deploy', 'ASIADEPLOY', at + 1_000)]);
    };
    await system.respond([stop('e-1', byUser(own), at)]);
    expect((await quarantine(system))?.sessions).toEqual([live[0]]);
    expect(pageAbout(system, `quarantine:${USER}`)).toContain(live[0]);

    await system.respond([assume(byUser(own), 'audit', 'ASIAAUDIT', at + 2_000)]);
    const before = system.ports.pager.pages.length;
    system.world.clock.advance(6 * MINUTE);
    await system.sweep();
    expect((await quarantine(system))?.sessions).toEqual(live.slice(0, 2));
    const pages = system.ports.pager.pages.slice(before).filter(({ key }) => key === `quarantine:${USER}`);
    expect(pages).toHaveLength(1);
    expect(pages[0]?.body).toContain(live[1]);
    system.world.clock.advance(6 * MINUTE);
    await system.sweep();
    expect(system.ports.pager.pages.filter(({ key }) => key === `quarantine:${USER}`)).toHaveLength(2);
  });
});

describe('a role’s session', () => {
  it('waits for a human, who is told what minted it and what it assumed itself', async () => {
    const system = createSystem();
    const at = system.world.clock.now();
    system.ports.keyControl.create(USER);
    await system.respond([
      assume(byUser('AKIACI'), 'deploy', 'ASIADEPLOY', at),
      assume(bySession('deploy', 'ASIADEPLOY'), 'prod', 'ASIAPROD', at + 1_000),
    ]);
    await system.respond([stop('e-1', bySession('deploy', 'ASIADEPLOY'), at + 2_000)]);
    const body = pageAbout(system, 'T0-6:ASIADEPLOY');
    expect(body).toContain('Nothing was done automatically. It calls for: suspend;');
    expect(body).toContain('for a human with the break-glass role');
    expect(body).toContain(`It was minted by AKIACI of ${USER}.`);
    expect(body).toContain(`${role('prod')} (ASIAPROD)`);
    expect(await quarantine(system)).toBeUndefined();
  });
});
