import { PEOPLE_APIS, paramsOf, RECON_APIS } from '../apis.ts';
import { clientOf, createInstall } from '../clients.ts';
import type { Random } from '../random.ts';
import { type Act, type Caller, type Holder, readSecret, type Stage, tell } from '../stage.ts';
import { HOUR, SECOND } from '../timeline.ts';
import { fleetCaller, liveSession } from './fleet-session.ts';

/**
 * An engineer on the machine itself at an odd hour: the instance's own key and network, but a command line instead of
 * the service's software, questions that the service never asks, many of them refused.
 */
export function* debugging(stage: Stage, holder: Holder, random: Random): Act {
  const shell = clientOf(createInstall(random, 'aws-cli', 'linux'));
  for (let times = random.int(1, 2), from = stage.start; times > 0; times--) {
    let at = random.between(from, stage.end);
    if (holder.clientFamily !== null && !holder.breaches.includes('client')) holder.breaches.push('client');
    for (let count = random.int(4, 22); count > 0; count--) {
      const session = liveSession(holder, 0, at);
      const caller: Caller = { ...fleetCaller(holder, 0, at, session), client: shell };
      if (holder.secrets.length > 0 && random.chance(0.2)) {
        yield* readSecret(stage, random, caller, at, random.pick(holder.secrets), { form: 'name' });
      } else {
        const api = random.chance(0.3)
          ? random.pick(RECON_APIS)
          : random.pick(['sts:GetCallerIdentity', ...PEOPLE_APIS.slice(0, 14)]);
        const refused = random.chance(0.35) ? { denied: '*' } : {};
        yield tell(stage, random, caller, at, api, { params: paramsOf(api, random), ...refused });
      }
      at += random.exponential(40 * SECOND) + SECOND;
    }
    from = at + HOUR;
    if (from >= stage.end) return;
  }
}
