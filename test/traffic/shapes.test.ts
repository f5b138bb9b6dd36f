import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { canonicalSecret } from '#core/detection/secret-name.ts';
import { parseEnvelope } from '#events/envelope.ts';
import { draw } from './draw.ts';
import { envelopeOf } from './envelope.ts';
import type { CloudTrailRecord } from './record.ts';

const { records, traffic, labels } = draw({ seed: 3, credentials: 500, days: 6, attacksPerKind: 8 });

const TEXT = z.string().check(z.minLength(1));
const OBJECT = z.nullable(z.record(z.string(), z.unknown()));
const TIME = z.string().check(z.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/));
const UUID = z
  .string()
  .check(z.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/));

/** The fields of a record as CloudTrail's samples have them; a field that none of them has is a fault. */
const RECORD = z.strictObject({
  eventVersion: z.string().check(z.regex(/^1\.(08|09|10|11)$/)),
  userIdentity: z.strictObject({
    type: z.optional(
      z.enum(['IAMUser', 'AssumedRole', 'FederatedUser', 'AWSService', 'SAMLUser', 'WebIdentityUser']),
    ),
    principalId: z.optional(TEXT),
    arn: z.optional(TEXT),
    accountId: z.optional(TEXT),
    accessKeyId: z.optional(z.string().check(z.regex(/^(AKIA|ASIA)[A-Z2-7]{16}$/))),
    userName: z.optional(TEXT),
    identityProvider: z.optional(TEXT),
    invokedBy: z.optional(z.string().check(z.regex(/\.amazonaws\.com$/))),
    sessionContext: z.optional(
      z.strictObject({
        sessionIssuer: z.optional(z.record(z.string(), TEXT)),
        webIdFederationData: z.optional(z.strictObject({})),
        attributes: z.strictObject({ creationDate: TIME, mfaAuthenticated: z.enum(['true', 'false']) }),
        ec2RoleDelivery: z.optional(TEXT),
      }),
    ),
  }),
  eventTime: TIME,
  eventSource: z.string().check(z.regex(/^[a-z0-9-]+\.amazonaws\.com$/)),
  eventName: z.string().check(z.regex(/^[A-Z]\w+$/)),
  awsRegion: z.string().check(z.regex(/^[a-z]{2}-[a-z]+-\d$/)),
  sourceIPAddress: TEXT,
  userAgent: TEXT,
  errorCode: z.optional(TEXT),
  errorMessage: z.optional(TEXT),
  requestParameters: OBJECT,
  responseElements: OBJECT,
  additionalEventData: z.optional(OBJECT),
  requestID: TEXT,
  eventID: UUID,
  readOnly: z.boolean(),
  resources: z.optional(z.array(z.strictObject({ accountId: TEXT, type: TEXT, ARN: TEXT }))),
  eventType: z.enum(['AwsApiCall', 'AwsServiceEvent']),
  managementEvent: z.literal(true),
  recipientAccountId: z.string().check(z.regex(/^\d{12}$/)),
  sharedEventID: z.optional(UUID),
  serviceEventDetails: z.optional(OBJECT),
  vpcEndpointId: z.optional(z.string().check(z.regex(/^vpce-0[0-9a-f]{16}$/))),
  vpcEndpointAccountId: z.optional(TEXT),
  eventCategory: z.literal('Management'),
  tlsDetails: z.optional(
    z.strictObject({
      tlsVersion: z.enum(['TLSv1.2', 'TLSv1.3']),
      cipherSuite: TEXT,
      clientProvidedHostHeader: TEXT,
      keyExchange: z.optional(TEXT),
    }),
  ),
  sessionCredentialFromConsole: z.optional(z.literal('true')),
});

const named = (name: string): readonly CloudTrailRecord[] =>
  records.filter(({ eventName }) => eventName === name);
const namesOf = (some: readonly CloudTrailRecord[]): string[] => [
  ...new Set(some.map(({ eventName }) => eventName)),
];
const minted = (response: CloudTrailRecord['responseElements']): unknown => {
  const key = response?.accessKey;
  return typeof key === 'object' && key !== null && 'accessKeyId' in key ? key.accessKeyId : undefined;
};
const parsed = (record: CloudTrailRecord): ReturnType<typeof parseEnvelope> =>
  parseEnvelope(envelopeOf(record, '5d1a4f2c-0000-4000-8000-000000000000'));

describe('every record', () => {
  it('has the fields that CloudTrail gives, and no others', () => {
    const faults = records.flatMap((record) => {
      const read = RECORD.safeParse(record);
      return read.success ? [] : [`${record.eventName}: ${JSON.stringify(read.error.issues[0])}`];
    });
    expect(faults.slice(0, 5)).toEqual([]);
  });

  it('is read by the parser that the deployed functions use', () => {
    expect(namesOf(records.filter((record) => !parsed(record).ok))).toEqual([]);
  });

  it('of a service or of a forwarded session shows no network and no TLS of a client', () => {
    const onBehalf = records.filter(({ userIdentity }) => userIdentity.invokedBy !== undefined);
    expect(onBehalf.length).toBeGreaterThan(1000);
    const shown = onBehalf.filter(
      (each) => !each.sourceIPAddress.endsWith('.amazonaws.com') || each.tlsDetails !== undefined,
    );
    expect(namesOf(shown)).toEqual([]);
  });

  it('of a global service is logged in us-east-1', () => {
    const global = records.filter(({ eventSource }) => eventSource === 'iam.amazonaws.com');
    expect(new Set(global.map(({ awsRegion }) => awsRegion))).toEqual(new Set(['us-east-1']));
  });

  it('names nobody who exists', () => {
    const hosts = new Set(
      records
        .flatMap((record) => [
          ...JSON.stringify(record).matchAll(/@([\w-]+(?:\.[\w-]+)+)|https?:\/\/([\w.-]+)/g),
        ])
        .map(([, mail, site]) => mail ?? site),
    );
    expect([...hosts].sort()).toEqual(['company.example', 'registry.terraform.io', 'www.terraform.io']);
    const documented = ['111122223333', '123456789012', '555555555555', '777788889999', '444455556666'];
    const accounts = new Set(
      records.flatMap((record) =>
        [...JSON.stringify(record).matchAll(/arn:aws:\w+:[\w-]*:(\d{12}):/g)].map(([, id]) => id),
      ),
    );
    expect([...accounts].filter((id) => !documented.includes(id ?? ''))).toEqual([]);
  });
});

describe('records of interest, as the product reads them', () => {
  it('a read names its secret, unless it was refused', () => {
    const reads = named('GetSecretValue');
    const kinds = new Set(
      reads.map((record) => {
        const read = parsed(record);
        const fact = read.ok ? read.value.reading.facts[0] : undefined;
        if (fact?.act.kind !== 'read-secret') return record.errorCode === undefined ? 'lost' : 'refused';
        const secretId = String(record.requestParameters?.secretId);
        const { recipientAccountId, awsRegion } = record;
        return fact.act.secret === canonicalSecret(secretId, recipientAccountId, awsRegion)
          ? 'read'
          : 'other';
      }),
    );
    expect(kinds).toEqual(new Set(['read', 'refused']));
  });

  it('each value read has its Decrypt, which names the version', () => {
    const reads = named('GetSecretValue').filter(({ errorCode }) => errorCode === undefined);
    expect(Math.abs(named('Decrypt').length - reads.length)).toBeLessThan(5);
    expect(
      named('Decrypt').every((record) => {
        const read = parsed(record);
        return read.ok && read.value.reading.facts[0]?.act.kind === 'decrypt';
      }),
    ).toBe(true);
  });

  it('rotations tell of themselves in both shapes, failures too', () => {
    const shapes = named('RotationSucceeded').map((each) => (each.serviceEventDetails ? 'new' : 'old'));
    expect(new Set(shapes)).toEqual(new Set(['new', 'old']));
    expect(named('RotationSucceeded')[0]?.userIdentity).not.toHaveProperty('type');
    expect(named('RotationFailed').length).toBeGreaterThan(0);
    for (const record of named('RotationFailed'))
      expect(parsed(record)).toMatchObject({
        ok: true,
        value: { reading: { notices: [{ kind: 'rotation', name: 'RotationFailed' }] } },
      });
  });

  it('what mints a key names the key', () => {
    const born = named('CreateAccessKey').filter(({ errorCode }) => errorCode === undefined);
    const known = new Set(labels.map(({ credential }) => credential));
    expect(born.length).toBeGreaterThan(5);
    for (const { responseElements } of born) expect(known).toContain(minted(responseElements));
    for (const name of ['AssumeRole', 'GetSessionToken', 'GetFederationToken']) {
      const given = named(name).find(({ errorCode }) => errorCode === undefined);
      expect(given?.responseElements, name).toHaveProperty('credentials.accessKeyId');
    }
  });

  it('no secret value, token or password is in any of them', () => {
    const text = records.map((record) => JSON.stringify(record)).join('\n');
    expect(text).not.toMatch(/secretString|secretAccessKey|"password"|twd_/i);
    expect(text.match(/"sessionToken":"(?!REDACTED)/g)).toBeNull();
  });

  it('secrets are named in all three ways', () => {
    const ids = named('GetSecretValue').map(({ requestParameters }) =>
      String(requestParameters?.secretId ?? ''),
    );
    const arns = new Set(traffic.bindings.secrets.map(({ secret }) => secret));
    expect(ids.some((id) => arns.has(id))).toBe(true);
    expect(ids.some((id) => id.startsWith('tokenward/prod/'))).toBe(true);
    expect(
      ids.some(
        (id) =>
          id.startsWith('arn:') &&
          arns.has(id) === false &&
          [...arns].some((arn) => arn.startsWith(`${id}-`)),
      ),
    ).toBe(true);
  });
});
