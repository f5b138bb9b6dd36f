import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ATTACK_KINDS } from './attacks/kinds.ts';
import { draw } from './draw.ts';
import { REPORT_SEEDS, REPORT_SIZE, TUNE_SEEDS } from './seeds.ts';
import { createTraffic, type TrafficWish } from './traffic.ts';

/** The digest of all that a wish gives: records, bindings, geo and labels. */
function digestOf(wish: TrafficWish): string {
  const traffic = createTraffic(wish);
  const hash = createHash('sha256');
  for (const record of traffic.records()) hash.update(`${JSON.stringify(record)}\n`);
  return hash.update(JSON.stringify([traffic.bindings, traffic.geo, traffic.labels()])).digest('hex');
}

const SMALL: TrafficWish = { seed: 11, credentials: 80, days: 3 };
const world = draw({ credentials: 500, days: 8 });

describe('a seed decides everything', () => {
  it('the same wish gives the same bytes', () => {
    expect(digestOf(SMALL)).toBe(digestOf(SMALL));
  });

  it('another seed gives other credentials, addresses and times', () => {
    const [one, other] = [
      draw({ seed: 1, credentials: 60, days: 2 }),
      draw({ seed: 2, credentials: 60, days: 2 }),
    ];
    const keys = new Set(one.labels.map(({ credential }) => credential));
    expect(other.labels.filter(({ credential, role }) => keys.has(credential) && role !== 'own')).toEqual([]);
    expect(one.traffic.geo).not.toEqual(other.traffic.geo);
  });

  it('is the frozen generator', () => {
    const frozen = readFileSync(join(import.meta.dirname, 'FROZEN.md'), 'utf8');
    const wish = JSON.parse(/`(\{"seed".*\})`/.exec(frozen)?.[1] ?? 'null') as TrafficWish;
    expect(frozen).toContain(`sha256 ${digestOf(wish)}`);
  });

  it('what is tuned on and what is reported on have nothing in common, and are enough', () => {
    expect(REPORT_SEEDS.filter((seed) => TUNE_SEEDS.includes(seed))).toEqual([]);
    expect(new Set(REPORT_SEEDS).size * REPORT_SIZE.credentials * REPORT_SIZE.days).toBeGreaterThanOrEqual(
      300_000,
    );
  });
});

describe('the stream', () => {
  it('is in the order of event time, within its bounds', () => {
    const { records, traffic } = world;
    expect(
      records.every(({ eventTime }, n) => n === 0 || eventTime >= (records[n - 1]?.eventTime ?? '')),
    ).toBe(true);
    expect(Date.parse(records[0]?.eventTime ?? '')).toBeGreaterThanOrEqual(traffic.start);
    expect(Date.parse(records.at(-1)?.eventTime ?? '')).toBeLessThan(traffic.end);
  });

  it('names no event twice', () => {
    expect(new Set(world.records.map(({ eventID }) => eventID)).size).toBe(world.records.length);
  });

  it('is drawn once', () => {
    const traffic = createTraffic(SMALL);
    expect([...traffic.records()].length).toBeGreaterThan(500);
    expect(() => [...traffic.records()]).toThrow('drawn before');
  });

  it('is economical, and never idle', () => {
    const perCredentialDay = world.records.length / (500 * 8);
    expect(perCredentialDay).toBeGreaterThan(10);
    expect(perCredentialDay).toBeLessThan(40);
  });
});

describe('the labels', () => {
  const byId = new Map(world.records.map((record) => [record.eventID, record]));
  const attacked = world.labels.filter(({ label }) => label !== 'benign');

  it('know every kind of attack, in one world', () => {
    expect(new Set(attacked.map(({ label }) => label))).toEqual(new Set(ATTACK_KINDS));
  });

  it('name each credential once', () => {
    const names = world.labels.map(({ credential }) => credential);
    expect(new Set(names).size).toBe(names.length);
  });

  it('name events of the stream, the first of them at the stated time', () => {
    for (const { eventIds, firstMaliciousAt, label } of attacked) {
      expect(eventIds.length, label).toBeGreaterThan(0);
      const times = eventIds.map((id) => byId.get(id)?.eventTime ?? 'missing').sort();
      expect(times[0]).toBe(firstMaliciousAt);
    }
  });

  it('name events that the credential did itself, or that hostile noise says of it', () => {
    const strange = attacked.flatMap((label) =>
      label.eventIds.filter((id) => {
        const record = byId.get(id);
        const { accessKeyId, arn, sessionContext } = record?.userIdentity ?? {};
        const mine =
          accessKeyId === label.credential ||
          label.accessKeyIds.includes(accessKeyId ?? '') ||
          arn === label.principal ||
          sessionContext?.sessionIssuer?.arn === label.principal ||
          (arn ?? '').includes(':federated-user/');
        const said =
          !label.compromised &&
          JSON.stringify(record?.requestParameters).includes(label.principal.split('/').at(-1) ?? '');
        return !mine && !said && !JSON.stringify(record?.requestParameters).includes(label.credential);
      }),
    );
    expect(strange).toEqual([]);
  });

  it('leave benign what nobody attacked', () => {
    const benign = world.labels.filter(({ label }) => label === 'benign');
    expect(benign.length).toBeGreaterThan(world.labels.length * 0.7);
    expect(
      benign.every(
        ({ eventIds, firstMaliciousAt, compromised }) =>
          eventIds.length === 0 && firstMaliciousAt === null && !compromised,
      ),
    ).toBe(true);
  });

  it('come from attacks of the wished kinds alone', () => {
    const kinds = (wished: TrafficWish['kinds']): string[] => {
      const { labels } = draw({ ...SMALL, ...(wished === undefined ? {} : { kinds: wished }) });
      return [...new Set(labels.map(({ label }) => label))].sort();
    };
    expect(kinds([])).toEqual(['benign']);
    expect(kinds(['canary', 'quiet-theft'])).toEqual(['benign', 'canary', 'quiet-theft']);
  });
});
