import { describe, expect, it } from 'vitest';
import { ATTACK_KINDS } from './attacks/kinds.ts';
import { drawAll } from './draw.ts';
import { fleetEgressChanged, hostileNoise } from './scenarios.ts';

describe("the whole fleet's egress changed at once", () => {
  const traffic = fleetEgressChanged(5, 300, 6);
  const { records, labels } = drawAll(traffic);
  const services = new Map(
    labels.filter(({ role }) => role === 'service').map((label) => [label.principal, label]),
  );
  const calls = records.filter(
    ({ userIdentity, sourceIPAddress }) =>
      services.has(String(userIdentity.sessionContext?.sessionIssuer?.arn)) &&
      userIdentity.invokedBy === undefined &&
      /^[\d.]+$/.test(sourceIPAddress),
  );
  const addresses = (after: boolean): Set<string> =>
    new Set(
      calls
        .filter(({ eventTime }) => Date.parse(eventTime) >= traffic.changedAt === after)
        .map(({ sourceIPAddress }) => sourceIPAddress.split('.').slice(0, 2).join('.')),
    );

  it('every service comes out of one new network, none of the old is used again', () => {
    expect(addresses(false).size).toBeGreaterThan(3);
    expect(addresses(true).size).toBe(1);
    expect([...addresses(true)].filter((network) => addresses(false).has(network))).toEqual([]);
  });

  it('nobody declared it, nobody means harm, and the labels say so', () => {
    expect(labels.every(({ label }) => label === 'benign')).toBe(true);
    const bound = new Set(
      traffic.bindings.credentials
        .filter(({ networks }) => networks.length > 0)
        .map(({ credential }) => credential),
    );
    const surprised = labels.filter(({ breaches }) => breaches.includes('network'));
    expect(surprised.length).toBeGreaterThan(50);
    expect(surprised.filter(({ managed }) => managed).every(({ credential }) => bound.has(credential))).toBe(
      true,
    );
  });

  it('real thefts may happen meanwhile', () => {
    const { labels: truth } = drawAll(fleetEgressChanged(5, 300, 6, true));
    const kinds = new Set(truth.map(({ label }) => label));
    expect(kinds).toEqual(new Set(['benign', 'key-abroad', 'canary', 'insider-reader']));
  });
});

describe('hostile noise', () => {
  const traffic = hostileNoise(6);
  const { records, labels } = drawAll(traffic);
  const noise = labels.filter(({ label }) => label === 'noise-flood');

  it('10,000 events name 1,000 credentials', () => {
    expect(new Set(noise.flatMap(({ eventIds }) => eventIds)).size).toBe(10_000);
    expect(noise.length).toBe(1_000);
    expect(noise.filter(({ compromised }) => !compromised).length).toBeGreaterThan(500);
  });

  it('begins when it should and lasts hours, among legitimate traffic', () => {
    const times = noise
      .map(({ firstMaliciousAt }) => Date.parse(firstMaliciousAt ?? ''))
      .sort((a, b) => a - b);
    expect((times[0] ?? 0) - traffic.floodAt).toBeLessThan(60_000);
    expect((times.at(-1) ?? 0) - traffic.floodAt).toBeLessThan(4 * 3_600_000);
    const during = records.filter(
      ({ eventTime }) =>
        Date.parse(eventTime) >= traffic.floodAt && Date.parse(eventTime) < traffic.floodAt + 3_600_000,
    );
    expect(during.length).toBeGreaterThan(5_000);
  });

  it('hides real thefts of all other kinds', () => {
    const real = labels.filter(({ label }) => label !== 'benign' && label !== 'noise-flood');
    expect(new Set(real.map(({ label }) => label))).toEqual(
      new Set(ATTACK_KINDS.filter((kind) => kind !== 'noise-flood')),
    );
    expect(real.every(({ compromised }) => compromised)).toBe(true);
  });
});
