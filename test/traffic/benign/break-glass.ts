import { paramsOf, RECON_APIS } from '../apis.ts';
import { clientOf } from '../clients.ts';
import { addressIn } from '../geo/blocks.ts';
import { createSession, sessionKeyId } from '../identity.ts';
import type { Random } from '../random.ts';
import type { Secret } from '../secret.ts';
import { type Act, type Caller, type Holder, readSecret, type Stage, tell } from '../stage.ts';
import { DAY, MINUTE, SECOND } from '../timeline.ts';
import { type Casting, cast } from './cast.ts';

/** The role for the worst night, promised everything that is managed. */
export function castBreakGlass(casting: Casting, managed: readonly Secret[]): Holder {
  const { team, index } = casting;
  return cast(casting, {
    role: 'break-glass',
    kind: 'role',
    name: `${team.name}-break-glass-${index}`,
    family: 'aws-cli',
    host: 'mac',
    managed: true,
    anyClient: true,
    regions: [],
    secrets: managed,
  });
}

/** Used a time or two in a month, from wherever the person is. */
export function* breakGlass(stage: Stage, holder: Holder, random: Random): Act {
  for (
    let at = stage.start + random.exponential(15 * DAY);
    at < stage.end;
    at += random.exponential(20 * DAY)
  ) {
    const network = random.pick(
      stage.geo.find(random.pick(['home', 'mobile', 'venue']), { country: holder.team.country }),
    );
    const session = createSession(holder.principal, 'incident', sessionKeyId(random), at, 'person');
    const from = { ip: addressIn(network, random) };
    const caller: Caller = {
      who: session.identity,
      from,
      client: clientOf(holder.install),
      region: holder.team.region,
    };
    yield tell(stage, random, caller, at, 'sts:GetCallerIdentity');
    const some = random.sample(holder.secrets, random.int(2, 8));
    for (const secret of some) {
      at += random.between(5, 300) * SECOND;
      yield* readSecret(stage, random, caller, at, secret, { form: 'name' });
      const api = random.pick(RECON_APIS);
      at += 20 * SECOND;
      yield tell(stage, random, caller, at, api, { params: paramsOf(api, random) });
    }
    at += MINUTE;
  }
}
