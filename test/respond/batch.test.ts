import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '#core/response/policy.ts';
import { createSystem, ORDERS, type System, secretRead, usage } from '../loop/system.ts';

const USER = 'arn:aws:iam::111122223333:user/ci';
const ROOMY = { ...DEFAULT_POLICY, breaker: { ...DEFAULT_POLICY.breaker, least: 100, causeLeast: 1_000 } };

/** A record of somebody who acts with an access key, as EventBridge delivers it. */
function acted(eventId: string, api: string, part: object = {}): unknown {
  const [service, name] = api.split(':');
  const read = secretRead({ secretId: 'x', eventId, arn: USER }) as { detail: object };
  const detail = {
    ...read.detail,
    eventName: name,
    eventSource: `${service}.amazonaws.com`,
    requestParameters: {},
    ...part,
  };
  return { ...read, source: `aws.${service}`, detail };
}

const CHILD = {
  userIdentity: {
    type: 'AssumedRole',
    arn: 'arn:aws:sts::111122223333:assumed-role/job/run',
    accessKeyId: 'ASIACHILD',
    sessionContext: { sessionIssuer: { type: 'Role', arn: 'arn:aws:iam::111122223333:role/job' } },
  },
};

/** Three tokens and a user, and what may be seen of them: thefts, alerts, everyday use, a mint and what comes of it. */
async function town(): Promise<{ system: System; events: readonly unknown[] }> {
  const system = createSystem(7);
  system.ports.keyControl.create(USER);
  const events: unknown[] = [];
  for (const n of [0, 1, 2]) {
    const id = `svc-${n}`;
    const secretId = await system.register({ ...ORDERS, id });
    const use = { keyId: system.read(secretId).split('_')[2] ?? '', tokenId: id };
    const inside = { outcome: 'allowed', network: '10.1.1.1' } as const;
    events.push(
      usage({ ...use, usageId: `away-${n}` }),
      usage({ ...use, ...inside, usageId: `home-${n}` }),
      usage({ ...use, usageId: `old-${n}`, reason: 'retired', network: '10.1.1.1' }),
      secretRead({ secretId, eventId: `stranger-${n}` }),
      secretRead({ secretId, eventId: `reader-${n}`, arn: ORDERS.readers[0] ?? '' }),
      secretRead({ secretId, eventId: `refused-${n}`, errorCode: 'AccessDenied', arn: USER }),
    );
  }
  events.push(
    acted('stop-1', 'cloudtrail:StopLogging', { requestParameters: { name: 'organisation' } }),
    acted('mint-1', 'sts:AssumeRole', {
      requestParameters: { roleArn: 'arn:aws:iam::111122223333:role/job' },
      responseElements: { credentials: { accessKeyId: 'ASIACHILD' } },
    }),
    acted('child-1', 'secretsmanager:ListSecrets', CHILD),
    acted('child-2', 'iam:CreateAccessKey', CHILD),
  );
  return { system, events };
}

/** What was concluded about whom, and where it left the tokens. */
function verdictsOf({ ports }: System): unknown {
  const decided = ports.registry.log
    .filter(({ action }) => action === 'response.decided')
    .map(({ cause, tokenId, details }) => [`${cause} ${tokenId ?? details?.by}`, details] as const);
  const items = [...ports.registry.items.values()];
  return {
    decided: Object.fromEntries(decided.toSorted()),
    times: decided.length,
    standing: items
      .flatMap((item) => (item.kind === 'token' ? [`${item.tokenId} ${item.standing}`] : []))
      .sort(),
    users: items.flatMap((item) => (item.kind === 'quarantine' ? [[item.userArn, item.state]] : [])),
    pages: ports.pager.pages.map(({ key }) => key).sort(),
  };
}

describe('a batch judged at once', () => {
  it('comes to what it comes to one by one, in whatever order and however often its events are told', async () => {
    const { events: all } = await town();
    const order = fc.array(fc.nat(all.length - 1), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), order, async (scheduler, picked) => {
        const one = await town();
        for (const at of picked) await one.system.respond([one.events[at]], ROOMY);
        const { system, events } = await town();
        system.world.beforeCall = ({ port, method }) =>
          scheduler.schedule(Promise.resolve(), `${port}.${method}`);
        const batch = picked.map((at) => events[at]);
        expect(await scheduler.waitFor(system.respond(batch, ROOMY))).toEqual({ batchItemFailures: [] });
        expect(verdictsOf(system)).toEqual(verdictsOf(one.system));
      }),
      { numRuns: 60 },
    );
  });
});
