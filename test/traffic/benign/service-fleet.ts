import { paramsOf } from '../apis.ts';
import type { Host } from '../clients.ts';
import type { Random } from '../random.ts';
import { inGrace } from '../secret.ts';
import { type Act, type Emission, type Holder, readBatch, readSecret, type Stage, tell } from '../stage.ts';
import { HOUR, valueAt, wordyTime } from '../timeline.ts';
import { type Casting, cast, secretsFor } from './cast.ts';
import { deliveryService, fleetCaller, liveSession, slotsAt } from './fleet-session.ts';
import { createMishaps, secretsInUse } from './mishap.ts';

/** A role that instances, tasks or functions of a team run under. */
export function castService(casting: Casting): Holder {
  const { random, team, index } = casting;
  const name = `${team.name}-svc-${index}`;
  const privately = random.chance(0.35);
  const bound = random.chance(0.75);
  return cast(casting, {
    role: 'service',
    kind: 'role',
    name,
    path: random.chance(0.5) ? '/service/' : '/',
    host: random.weighted<Host>([
      ['linux', 3],
      ['container', 5],
      ['lambda', 4],
    ]),
    egress: privately ? team.privately : team.egress,
    networks: bound ? (privately ? [team.vpce] : team.declared) : [],
    secrets: secretsFor(casting, `svc-${index}`),
  });
}

/** The delivery of a role's key to an instance: a service calls, nobody's network shows. */
function delivered(
  stage: Stage,
  random: Random,
  holder: Holder,
  session: ReturnType<typeof liveSession>,
  at: number,
): Emission {
  const service = `${deliveryService(holder)}.amazonaws.com`;
  const roleArn = holder.principal.arn;
  const caller = {
    who: { type: 'AWSService', invokedBy: service },
    from: { ip: service },
    client: { userAgent: service },
    region: valueAt(holder.egress, at).region,
  };
  const { record } = tell(stage, random, caller, at, 'sts:AssumeRole', {
    params: { roleArn, roleSessionName: session.name },
    response: {
      credentials: {
        accessKeyId: session.keyId,
        sessionToken: 'REDACTED',
        expiration: wordyTime(session.endsAt, ','),
      },
    },
    resources: [{ accountId: stage.account, type: 'AWS::IAM::Role', ARN: roleArn }],
  });
  return { at, record: { ...record, sharedEventID: random.uuid() } };
}

/** A service: reads its secrets as its cache demands, calls its APIs, is scaled, deployed and moved. */
export function* service(stage: Stage, holder: Holder, random: Random): Act {
  const least = random.weighted([
    [1, 5],
    [2, 4],
    [4, 1],
  ]);
  const peak = random.chance(0.4) ? random.int(1, 4) : 0;
  const perDay = Math.min(60, random.lognormal(9, 0.6));
  const form = random.pick(['name', 'arn', 'partial'] as const);
  const pinned = random.chance(0.1);
  const batches = random.chance(0.06);
  const reading = random.between(0.4, 0.75);
  const mishaps = createMishaps(valueAt(holder.apis, stage.end), random);
  const inUse = secretsInUse(stage, holder.secrets, random);
  const holding = new Map<number, ReturnType<typeof liveSession>>();
  let at = holder.bornAt + random.between(0, 4) * HOUR;
  for (; at < holder.diesAt; at += (24 * HOUR * random.between(0.5, 1.5)) / perDay) {
    const slot = random.int(0, slotsAt(stage, least, peak, at) - 1);
    let session = holding.get(slot);
    if (session === undefined || session.endsAt <= at) {
      session = liveSession(holder, slot, at);
      holding.set(slot, session);
      yield delivered(stage, random, holder, session, at);
      at += random.int(300, 3000);
    }
    const caller = fleetCaller(holder, slot, at, session);
    if (random.chance(reading) && holder.secrets.length > 0) {
      const secret = random.pick(inUse(at));
      const before = pinned ? inGrace(secret, at) : undefined;
      if (before !== undefined) yield* readSecret(stage, random, caller, at, secret, { version: before });
      else if (batches) yield* readBatch(stage, random, caller, at, inUse(at));
      else yield* readSecret(stage, random, caller, at, secret, { form });
    } else {
      const apis = valueAt(holder.apis, at);
      const api = random.pick(apis);
      const fresh = api === apis.at(-1) && valueAt(holder.apis, at - 2 * HOUR) !== apis && random.chance(0.4);
      yield tell(stage, random, caller, at, api, {
        params: paramsOf(api, random),
        ...(fresh ? { denied: '*' } : mishaps.of(api)),
      });
    }
  }
}
