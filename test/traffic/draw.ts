import type { Label } from './labels.ts';
import type { CloudTrailRecord } from './record.ts';
import { createTraffic, type Traffic, type TrafficWish } from './traffic.ts';

/** A world drawn to its end, for tests that look at all of it at once. */
export interface Drawn {
  readonly traffic: Traffic;
  readonly records: readonly CloudTrailRecord[];
  readonly labels: readonly Label[];
  /** Event ids that belong to an attack. */
  readonly hostile: ReadonlySet<string>;
}

export function drawAll(traffic: Traffic): Drawn {
  const records = [...traffic.records()];
  const labels = traffic.labels().credentials;
  return { traffic, records, labels, hostile: new Set(labels.flatMap(({ eventIds }) => eventIds)) };
}

export const draw = (wish: Partial<TrafficWish> = {}): Drawn =>
  drawAll(createTraffic({ seed: 7, credentials: 250, days: 6, ...wish }));
