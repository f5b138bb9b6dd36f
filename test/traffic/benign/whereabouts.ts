import { addressIn, type Block, type Geo, neighbourOf } from '../geo/blocks.ts';
import { COUNTRIES } from '../geo/places.ts';
import type { Random } from '../random.ts';
import type { Origin } from '../record.ts';
import { actRandom, type Holder, type Stage } from '../stage.ts';
import type { Team } from '../team.ts';
import { DAY, valueAt } from '../timeline.ts';

/** Where a person's laptop is on a day, and the networks that it may be on there, the usual one first. */
interface Day {
  readonly country: string;
  readonly networks: readonly Origin[];
}

/** The roaming of one person: home, office, tunnel, mobile phone, guest Wi-Fi, journeys abroad, IPv6 at some homes. */
export function createWhereabouts(geo: Geo, team: Team, days: number, random: Random): (day: number) => Day {
  const country = random.chance(0.75) ? team.country : random.pick(['DE', 'PL', 'ES', 'GB', 'US', 'IN']);
  const home = random.pick(geo.find('home', { country }));
  const homes = geo.find('home', { country }).filter(({ asn }) => asn === home.asn);
  const six = random.chance(0.35) ? geo.find('home6', { country })[0] : undefined;
  const phone = random.pick(geo.find('mobile', { country }));
  const phones = [...geo.find('mobile', { country }), ...geo.find('mobile6', { country })].filter(
    ({ asn }) => asn === phone.asn,
  );
  const officeDays = random.pick([0, 0.2, 0.5, 0.8]);
  const tunnels = random.chance(0.4);
  let line = addressIn(home, random);
  let prefix = six === undefined ? undefined : addressIn(six, random);
  const journeys: { from: number; to: number; country: string }[] = [];
  for (let day = random.exponential(45); day < days; day += random.exponential(45) + 7) {
    const abroad = random.pick(COUNTRIES.filter((other) => other !== country));
    journeys.push({ from: day, to: day + random.int(2, 9), country: abroad });
  }
  const at = (block: Block): Origin => ({ ip: addressIn(block, random) });
  return (day) => {
    if (random.chance(0.12)) line = addressIn(random.pick(homes), random);
    if (six !== undefined && random.chance(0.1)) prefix = addressIn(six, random);
    const journey = journeys.find(({ from, to }) => day >= from && day <= to);
    const there = journey?.country ?? country;
    const usual: Origin[] = [];
    if (journey !== undefined) {
      usual.push(at(random.pick(geo.find('venue', { country: there }))));
      usual.push(at(random.pick(geo.find('mobile', { country: there }))));
    } else if (random.chance(officeDays)) usual.push(random.pick(team.office));
    else {
      usual.push({ ip: line });
      if (prefix !== undefined) usual.unshift({ ip: neighbourOf(prefix, random) });
      if (random.chance(0.08)) usual.unshift(at(random.pick(geo.find('venue', { country }))));
    }
    if (random.chance(0.25)) usual.push(at(random.pick(phones)));
    if (tunnels && random.chance(journey === undefined ? 0.4 : 0.8)) usual.push(random.pick(team.vpn));
    return { country: there, networks: usual };
  };
}

/** Milliseconds of the day's beginning, counted from the stage's. */
export const dayOf = (start: number, day: number): number => start + day * DAY;

/** Saturday or Sunday. */
export const isWeekend = (at: number): boolean => [0, 6].includes(new Date(at).getUTCDay());

/** Where a holder usually calls from: what a thief on the very machine, or the holder himself, would show. */
export function usualPlace(stage: Stage, holder: Holder, at: number): Origin {
  if (holder.role === 'laptop' || holder.role === 'people') {
    const everyday = actRandom(stage, holder, holder.role === 'people' ? personName(1) : undefined);
    const days = Math.ceil((stage.end - stage.start) / DAY);
    const whereabouts = createWhereabouts(stage.geo, holder.team, days, everyday.fork('whereabouts'));
    const today = Math.floor((at - stage.start) / DAY);
    for (let day = 0; day < today; day++) whereabouts(day);
    return whereabouts(today).networks[0] ?? { ip: '' };
  }
  const random = actRandom(stage, holder, `place/${Math.floor(at / DAY)}`);
  if (holder.role === 'ci') return { ip: addressIn(random.pick(stage.geo.find('runner')), random) };
  if (holder.role === 'terraform') return random.pick(holder.team.office);
  return valueAt(holder.egress, at).origins[0] ?? { ip: '' };
}

/** Session names of those who share a role: invented addresses. */
export const personName = (number: number): string => `person-${number}@company.example`;
