import { ATTACK_KINDS } from './attacks/kinds.ts';
import { createGeo } from './geo/blocks.ts';
import { createRandom } from './random.ts';
import { DAY, HOUR } from './timeline.ts';
import { createTraffic, type Traffic } from './traffic.ts';

/**
 * The egress of the whole fleet changes in one minute and nobody declared it: a central proxy, or a new account for
 * the network. Everything else goes on; there are no attacks but for those of `withThefts`, which happen meanwhile.
 */
export function fleetEgressChanged(
  seed: number,
  credentials = 1000,
  days = 14,
  withThefts = false,
): Traffic & { readonly changedAt: number } {
  const random = createRandom(`scenario/egress/${seed}`);
  const start = Date.UTC(2026, 9, 1 + random.int(0, 9));
  const changedAt = start + Math.floor(days * 0.6) * DAY + random.between(6, 20) * HOUR;
  const { blocks } = createGeo(createRandom(`traffic/${seed}`).fork('geo'));
  const through = random.pick(blocks.filter(({ use }) => use === random.pick(['cloud', 'vpn', 'vps'])));
  const traffic = createTraffic({
    seed,
    credentials,
    days,
    start,
    kinds: withThefts ? ['key-abroad', 'canary', 'insider-reader'] : [],
    egressChange: { at: changedAt, through },
  });
  return { ...traffic, changedAt };
}

/** 10,000 hostile events that name 1,000 credentials, among legitimate traffic, with real thefts of every kind inside. */
export function hostileNoise(
  seed: number,
  credentials = 2500,
  days = 10,
): Traffic & { readonly floodAt: number } {
  const random = createRandom(`scenario/noise/${seed}`);
  const start = Date.UTC(2026, 9, 1 + random.int(0, 9));
  const floodAt = start + random.between(0.55, 0.8) * days * DAY;
  const traffic = createTraffic({
    seed,
    credentials,
    days,
    start,
    attacksPerKind: 3,
    kinds: ATTACK_KINDS.filter((kind) => kind !== 'noise-flood'),
    flood: { events: 10_000, named: 1_000, at: floodAt },
  });
  return { ...traffic, floodAt };
}
