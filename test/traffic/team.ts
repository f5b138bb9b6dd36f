import { addressIn, type Block, type Geo } from './geo/blocks.ts';
import { HOME_COUNTRIES, REGIONS } from './geo/places.ts';
import type { Random } from './random.ts';
import type { Origin } from './record.ts';
import type { Egress } from './stage.ts';
import { DAY, HOUR, type Timeline } from './timeline.ts';

/** A team: its country, its offices, and its network's ways out, which all its services share. */
export interface Team {
  readonly name: string;
  readonly country: string;
  readonly region: string;
  readonly standby: string;
  readonly office: Origin[];
  readonly vpn: Origin[];
  readonly vpce: string;
  readonly egress: Timeline<Egress>;
  /** The same through the VPC endpoint: private addresses. */
  readonly privately: Timeline<Egress>;
  /** Every network that `egress` uses, as the registry knows it. */
  readonly declared: readonly string[];
  /** The time of a change of egress that nobody declared, if there is one. */
  readonly undeclaredFrom: number | null;
}

const NAMES = [
  'orders',
  'billing',
  'search',
  'ledger',
  'catalogue',
  'shipping',
  'identity',
  'mail',
  'media',
  'pricing',
  'reports',
  'support',
  'fraud',
  'checkout',
  'stock',
  'returns',
  'loyalty',
  'partners',
  'content',
  'metrics',
  'payroll',
  'fleet',
];

export interface EgressChange {
  readonly at: number;
  readonly declared: boolean;
  /** Where everything comes out from then on, VPC endpoints included. @default another gate of the same region */
  readonly through?: Block;
}

/** What three teams in ten plan and declare: other gates, or everything through the company's own proxy elsewhere. */
function plannedMove(geo: Geo, start: number, end: number, random: Random): EgressChange | undefined {
  if (!random.chance(0.3)) return undefined;
  const move = { at: random.between(start + 2 * DAY, end), declared: true };
  return random.chance(0.25) ? { ...move, through: random.pick(geo.find('vpn')) } : move;
}

/** @param change a change of the way out that the play demands; else the seed decides whether there is one */
export function createTeam(
  index: number,
  geo: Geo,
  start: number,
  end: number,
  random: Random,
  change?: EgressChange,
): Team {
  const region = random.pick(Object.keys(REGIONS));
  const standby = random.pick(Object.keys(REGIONS).filter((other) => other !== region));
  const country = random.weighted([
    [REGIONS[region]?.country ?? 'IE', 2],
    [random.pick(HOME_COUNTRIES), 3],
  ]);
  const declared: string[] = [];
  const gates = (where: string, known: boolean, through?: Block): readonly Origin[] => {
    const block = through ?? random.pick(geo.find('cloud', { region: where }));
    return Array.from({ length: random.int(1, 3) }, () => {
      const ip = addressIn(block, random);
      if (known) declared.push(`${ip}/32`);
      return { ip };
    });
  };
  const vpce = `vpce-0${random.text(16, '0123456789abcdef')}`;
  const subnet = random.int(0, 255);
  const inside = (where: string): Egress => ({
    region: where,
    origins: Array.from({ length: 6 }, () => ({
      ip: `10.${subnet}.${random.int(0, 63)}.${random.int(4, 250)}`,
      vpcEndpointId: vpce,
    })),
  });
  const home: Egress = { region, origins: gates(region, true) };
  const away: Egress = { region: standby, origins: gates(standby, true) };
  const egress: { from: number; value: Egress }[] = [{ from: Number.NEGATIVE_INFINITY, value: home }];
  const privately: { from: number; value: Egress }[] = [
    { from: Number.NEGATIVE_INFINITY, value: inside(region) },
  ];

  let now = home;
  const move = change ?? plannedMove(geo, start, end, random);
  if (move !== undefined) {
    now = { region, origins: gates(region, move.declared, move.through) };
    egress.push({ from: move.at, value: now });
    if (change?.through !== undefined) privately.push({ from: move.at, value: now });
  }
  if (random.chance(0.12) && change === undefined) {
    const from = random.between(start + 2 * DAY, end);
    const until = from + random.between(0.3, 12) * HOUR;
    if (move === undefined || until < move.at || from > move.at) {
      const after = move !== undefined && from > move.at ? now : home;
      egress.push({ from, value: away }, { from: until, value: after });
      const same = privately[0] as { value: Egress };
      privately.push({ from, value: inside(standby) }, { from: until, value: same.value });
    }
  }
  egress.sort((a, b) => a.from - b.from);
  const addresses = (blocks: readonly Block[], count: number): Origin[] => {
    const block = random.pick(blocks);
    return Array.from({ length: count }, () => ({ ip: addressIn(block, random) }));
  };
  return {
    name: `${NAMES[index % NAMES.length]}${index < NAMES.length ? '' : `-${Math.floor(index / NAMES.length)}`}`,
    country,
    region,
    standby,
    office: addresses(geo.find('office', { country }), random.int(1, 2)),
    vpn: addresses(
      geo.find(random.chance(0.5) ? 'vpn' : 'office', { country: random.pick([country, 'DE', 'US']) }),
      2,
    ),
    vpce,
    egress,
    privately,
    declared,
    undeclaredFrom: move === undefined || move.declared ? null : move.at,
  };
}
