import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { draw } from './draw.ts';
import type { CloudTrailRecord } from './record.ts';
import { TUNE_SEEDS } from './seeds.ts';

/** Whom a record's identity belongs to, as bindings name it: the key of a user, or the role. */
const principalOf = ({ userIdentity }: CloudTrailRecord): string | undefined => {
  const issuer = userIdentity.sessionContext?.sessionIssuer?.arn;
  return typeof issuer === 'string' ? issuer : userIdentity.arn;
};

const within = (ip: string, networks: readonly string[]): boolean =>
  networks.some((network) => {
    if (!network.includes('/')) return false;
    const [base, bits] = ipaddr.parseCIDR(network);
    const address = ipaddr.parse(ip);
    return address.kind() === base.kind() && address.match(base, bits);
  });

const contextOf = ({ requestParameters }: CloudTrailRecord): Readonly<Record<string, string>> =>
  (requestParameters?.encryptionContext ?? {}) as Record<string, string>;

const isAddress = (text: string): boolean => ipaddr.isValid(text);

describe.each(TUNE_SEEDS.slice(0, 2))('the owners keep what they promised, seed %i', (seed) => {
  const { traffic, records, labels, hostile } = draw({ seed, credentials: 400, days: 7 });
  const { bindings } = traffic;
  const benign = records.filter(({ eventID }) => !hostile.has(eventID));
  const byKey = new Map(bindings.credentials.map((binding) => [binding.credential, binding]));
  const secrets = new Map(bindings.secrets.map((binding) => [binding.secret, binding]));
  const exempt = new Set(bindings.exempt.map(({ role }) => role));
  const broken = new Set(
    labels.filter(({ breaches }) => breaches.length > 0).map(({ credential }) => credential),
  );
  const bindingOf = (record: CloudTrailRecord): (typeof bindings.credentials)[number] | undefined =>
    byKey.get(record.userIdentity.accessKeyId ?? '') ?? byKey.get(principalOf(record) ?? '');
  const own = benign.filter(({ userIdentity }) => userIdentity.invokedBy === undefined);

  it('networks', () => {
    const outside = own.filter((record) => {
      const binding = bindingOf(record);
      if (binding === undefined || binding.networks.length === 0 || broken.has(binding.credential))
        return false;
      if (record.vpcEndpointId !== undefined) return !binding.networks.includes(record.vpcEndpointId);
      return isAddress(record.sourceIPAddress) && !within(record.sourceIPAddress, binding.networks);
    });
    expect(outside).toEqual([]);
    expect(own.filter((record) => (bindingOf(record)?.networks.length ?? 0) > 0).length).toBeGreaterThan(
      1000,
    );
  });

  it('regions', () => {
    const outside = own.filter((record) => {
      const regions = bindingOf(record)?.regions ?? [];
      return regions.length > 0 && !regions.includes(record.awsRegion);
    });
    expect(outside).toEqual([]);
  });

  it('client family', () => {
    const other = own.filter((record) => {
      const family = bindingOf(record)?.clientFamily;
      if (family === undefined || family === null || broken.has(bindingOf(record)?.credential ?? ''))
        return false;
      const agent = record.userAgent.replace(/^\[/, '');
      const named = agent.startsWith('APN/1.0 HashiCorp') ? 'terraform' : agent.split('/')[0]?.toLowerCase();
      return named !== family;
    });
    expect(other).toEqual([]);
  });

  it('readers, versions and canaries', () => {
    const decrypts = benign.filter(({ eventName }) => eventName === 'Decrypt');
    const wrong = decrypts.filter((record) => {
      const context = contextOf(record);
      const secret = secrets.get(context.SecretARN ?? '');
      const reader = principalOf(record) ?? '';
      if (secret === undefined || exempt.has(reader)) return false;
      const at = Date.parse(record.eventTime) + 1000;
      const version = secret.versions.find(({ versionId }) => versionId === context.SecretVersionId);
      const valid =
        version !== undefined && version.currentFrom <= at && (version.graceUntil ?? at) >= at - 2000;
      return secret.canary || !secret.readers.includes(reader) || !valid;
    });
    expect(wrong).toEqual([]);
    expect(decrypts.length).toBeGreaterThan(1000);
    const baits = bindings.secrets.filter(({ canary }) => canary).map(({ secret }) => secret);
    const keys = new Set(
      bindings.credentials.filter(({ canary }) => canary).map(({ credential }) => credential),
    );
    const touched = benign.filter(
      (record) =>
        keys.has(record.userIdentity.accessKeyId ?? '') ||
        baits.some((bait) => JSON.stringify(record.requestParameters ?? {}).includes(bait)),
    );
    expect(touched).toEqual([]);
    expect(baits.length).toBeGreaterThan(1);
    expect(keys.size).toBeGreaterThan(0);
  });

  it('some reads of an older version while its grace lasts, and some alarming habits', () => {
    const within = (name: string): number => benign.filter(({ eventName }) => eventName === name).length;
    const versions = new Map(
      bindings.secrets.flatMap(({ versions }) =>
        versions.map((version) => [version.versionId, version] as const),
      ),
    );
    const older = benign.filter((record) => {
      const retiredAt = versions.get(contextOf(record).SecretVersionId ?? '')?.retiredAt;
      return (
        record.eventName === 'Decrypt' &&
        retiredAt !== null &&
        retiredAt !== undefined &&
        retiredAt < Date.parse(record.eventTime)
      );
    });
    expect(older.length).toBeGreaterThan(0);
    for (const name of ['CreateAccessKey', 'GetSessionToken', 'BatchGetSecretValue', 'PutRolePolicy'])
      expect(within(name), name).toBeGreaterThan(0);
    expect(benign.filter(({ errorCode }) => errorCode !== undefined).length).toBeGreaterThan(20);
    expect(benign.some(({ sourceIPAddress }) => sourceIPAddress === 'AWS Internal')).toBe(true);
    expect(benign.some(({ sourceIPAddress }) => sourceIPAddress.includes('2001:db8'))).toBe(true);
  });
});
