import { createSession, type Session, sessionKeyId } from '../identity.ts';
import { createRandom } from '../random.ts';
import type { Caller, Holder, Stage } from '../stage.ts';
import { HOUR, valueAt } from '../timeline.ts';

export type Platform = 'ec2' | 'ecs' | 'lambda';

/** Which platform a role runs on follows from its software's host. */
const platformOf = (holder: Holder): Platform =>
  holder.install.host === 'lambda' ? 'lambda' : holder.install.host === 'container' ? 'ecs' : 'ec2';

/**
 * The session that instance `slot` of a role holds at a time. It is a function of its arguments, so that a thief can
 * come by the very key that the instance uses, and nothing need be remembered.
 */
export function liveSession(holder: Holder, slot: number, at: number): Session & { readonly endsAt: number } {
  const platform = platformOf(holder);
  const life = (platform === 'lambda' ? 1 : 6) * HOUR;
  const shift = Math.floor(createRandom(`${holder.principal.id}/${slot}/shift`).next() * life);
  const term = Math.floor((at - shift) / life);
  const machineTerm = platform === 'ec2' ? Math.floor(term / 20) : Math.floor(term / 8);
  const machine = createRandom(`${holder.principal.id}/${slot}/${machineTerm}`);
  const key = createRandom(`${holder.principal.id}/${slot}/key/${term}`);
  const name =
    platform === 'ec2'
      ? `i-0${machine.text(16, '0123456789abcdef')}`
      : platform === 'ecs'
        ? machine.text(32, '0123456789abcdef')
        : holder.principal.name;
  const kind = platform === 'ec2' ? 'ec2' : 'service';
  const createdAt = term * life + shift;
  return {
    ...createSession(holder.principal, name, sessionKeyId(key), createdAt, kind),
    endsAt: createdAt + life,
  };
}

/** Instance `slot` as a caller, from the way out that its team has at that time. */
export function fleetCaller(holder: Holder, slot: number, at: number, session: Session): Caller {
  const { region, origins } = valueAt(holder.egress, at);
  const from = origins[slot % origins.length] ?? { ip: '10.0.0.10' };
  return { who: session.identity, from, client: valueAt(holder.client, at), region };
}

export const deliveryService = (holder: Holder): string =>
  ({ ec2: 'ec2', ecs: 'ecs-tasks', lambda: 'lambda' })[platformOf(holder)];

/** How many copies a service runs at an hour: more by day (autoscaling). */
export function slotsAt(stage: Stage, least: number, peak: number, at: number): number {
  const hour = ((at - stage.start) / HOUR + 6) % 24;
  return least + Math.round(peak * Math.max(0, Math.sin(((hour - 6) / 24) * 2 * Math.PI)));
}
