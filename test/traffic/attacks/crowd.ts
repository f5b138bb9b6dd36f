import { paramsOf, RECON_APIS } from '../apis.ts';
import { clientOf, createInstall } from '../clients.ts';
import { addressIn } from '../geo/blocks.ts';
import { userIdentity } from '../identity.ts';
import type { JsonObject } from '../record.ts';
import { type Act, type Caller, type Holder, readSecret, tell } from '../stage.ts';
import { HOUR, SECOND } from '../timeline.ts';
import { type Attack, lairOf, type Mark, type Plot, strikeTime } from './thief.ts';

const longLived = (holder: Holder): boolean => holder.keyId !== undefined && holder.role !== 'canary';

const markOf = (holder: Holder, kind: Mark['kind'], compromised: boolean): Mark => ({
  credential: holder.credential,
  principal: holder.principal.arn,
  kind,
  compromised,
});

function takeMany(plot: Plot, count: number, fits: (holder: Holder) => boolean): Holder[] {
  const taken: Holder[] = [];
  while (taken.length < count) {
    const holder = plot.take(fits);
    if (holder === undefined) break;
    taken.push(holder);
  }
  return taken;
}

/** One thief with the keys of many, all tried from one network within hours: a dump, a build server, a code search. */
export function manyKeys(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const at = strikeTime(plot);
  const most = Math.max(4, Math.min(40, Math.floor(plot.holders.length * 0.03)));
  const victims = takeMany(plot, random.int(Math.min(8, most), most), longLived);
  if (victims.length === 0) return undefined;
  const block = random.pick(stage.geo.find(random.pick(['vps', 'home', 'vpn'])));
  const one = addressIn(block, random);
  const oneAddress = random.chance(0.5);
  const client = clientOf(createInstall(random, random.pick(['boto3', 'aws-cli', 'aws-sdk-go-v2']), 'linux'));
  const gap = random.pick([2 * SECOND, 30 * SECOND, 200 * SECOND]);
  function* act(): Act {
    let then = at;
    for (const victim of victims) {
      const ip = oneAddress ? one : addressIn(block, random);
      const who = userIdentity(victim.principal, victim.keyId ?? '');
      const caller: Caller = {
        who,
        from: { ip },
        client,
        region: victim.team.region,
        marks: [victim.credential],
      };
      then += random.exponential(gap) + SECOND;
      yield tell(stage, random, caller, then, 'sts:GetCallerIdentity');
      for (const api of random.sample(RECON_APIS, random.int(0, 6))) {
        then += random.int(200, 3000);
        yield tell(stage, random, caller, then, api, {
          params: paramsOf(api, random),
          ...(random.chance(0.5) ? { denied: '*' } : {}),
        });
      }
      for (const secret of random.sample(victim.secrets, random.int(0, 3))) {
        then += random.int(300, 2000);
        yield* readSecret(stage, random, caller, then, secret);
      }
    }
  }
  return { marks: victims.map((victim) => markOf(victim, 'many-keys', true)), act: act() };
}

export interface Flood {
  readonly events: number;
  /** How many credentials the noise names. */
  readonly named: number;
  /** @default some time after everything has a history */
  readonly at?: number;
}

/**
 * Noise to provoke a mass revocation. Three in ten of those named are worthless keys that the thief really holds,
 * their every call refused; for a third more a call was forged and its signature refused; the rest are only named,
 * in requests about them that are refused. Whether CloudTrail records refused signatures is not documented: the
 * engine must stand it either way.
 */
export function noiseFlood(plot: Plot, flood?: Flood): Attack | undefined {
  const { stage, random } = plot;
  const wish = flood ?? { events: 300, named: Math.max(6, Math.floor(plot.holders.length * 0.03)) };
  const at = wish.at ?? strikeTime(plot);
  const few = flood === undefined ? 1 : 5;
  const thieves = takeMany(plot, few, (holder) => holder.role === 'ci' && longLived(holder));
  const held = takeMany(plot, Math.round(wish.named * 0.3), longLived);
  const forged = takeMany(plot, Math.round(wish.named * 0.35), longLived);
  const left = wish.named - held.length - forged.length - thieves.length;
  const named = takeMany(plot, left, (holder) => !['canary', 'break-glass'].includes(holder.role));
  const first = thieves[0];
  if (first === undefined || named.length === 0) return undefined;
  const from = lairOf(stage, first, random.pick(['tor', 'abroad', 'abroad-home']), random);
  const client = clientOf(createInstall(random, 'boto3', 'linux'));
  const gap = random.between(0.5, 2) * (HOUR / wish.events);
  const callerOf = (holder: Holder, then: number, marks: readonly string[]): Caller => {
    const who = userIdentity(holder.principal, holder.keyId ?? '');
    return { who, from: from(then), client, region: holder.team.region, marks };
  };
  const turns = new Map<readonly Holder[], number>();
  const turnOf = (some: readonly Holder[]): Holder => {
    const turn = turns.get(some) ?? 0;
    turns.set(some, turn + 1);
    return some[turn % some.length] as Holder;
  };
  function* act(): Act {
    let then = at;
    for (let count = 0; count < wish.events; count++) {
      then += random.exponential(gap);
      const turn = count % 10;
      if (turn < 4 && held.length > 0) {
        const holder = turnOf(held);
        const api = random.pick(RECON_APIS);
        yield tell(stage, random, callerOf(holder, then, [holder.credential]), then, api, { denied: '*' });
      } else if (turn < 7 && forged.length > 0) {
        const holder = turnOf(forged);
        const error = random.pick([
          { code: 'InvalidClientTokenId', message: 'The security token included in the request is invalid.' },
          {
            code: 'SignatureDoesNotMatch',
            message: 'The request signature we calculated does not match the signature you provided.',
          },
        ]);
        yield tell(
          stage,
          random,
          callerOf(holder, then, [holder.credential]),
          then,
          'sts:GetCallerIdentity',
          { error },
        );
      } else {
        const thief = turnOf(thieves);
        const holder = turnOf(named);
        const caller = callerOf(thief, then, [thief.credential, holder.credential]);
        const [api, params] = about(holder, random.int(0, 2));
        const { code, message } = {
          code: 'AccessDenied',
          message: `User: ${thief.principal.arn} is not authorized to perform: ${api} on resource: ${holder.principal.arn}`,
        };
        yield tell(stage, random, caller, then, api, { params, error: { code, message } });
      }
    }
  }
  const stolen = [...thieves, ...held].map((holder) => markOf(holder, 'noise-flood', true));
  const spared = [...forged, ...named].map((holder) => markOf(holder, 'noise-flood', false));
  return { marks: [...stolen, ...spared], act: act() };
}

/** A request that names a credential: about its key, its user or its role. */
function about(holder: Holder, manner: number): readonly [string, JsonObject] {
  const { principal, keyId } = holder;
  if (keyId === undefined) {
    const way =
      ['sts:AssumeRole', 'iam:UpdateAssumeRolePolicy', 'iam:PutRolePolicy'][manner] ?? 'sts:AssumeRole';
    return [
      way,
      way === 'sts:AssumeRole'
        ? { roleArn: principal.arn, roleSessionName: 'x' }
        : { roleName: principal.name },
    ];
  }
  const userName = principal.name;
  if (manner === 0) return ['iam:UpdateAccessKey', { userName, accessKeyId: keyId, status: 'Inactive' }];
  if (manner === 1) return ['iam:CreateAccessKey', { userName }];
  return ['iam:GetAccessKeyLastUsed', { accessKeyId: keyId }];
}
