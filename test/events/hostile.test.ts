import { describe, expect, it } from 'vitest';
import { parseOrder } from '#core/response/orders.ts';
import { parseDeclaration, parseOffers } from '#core/token/declaration.ts';
import { parseEnvelope } from '#events/envelope.ts';
import { parseAuthorizeRequest, parseIamRequest } from '#events/gateway.ts';
import { parseRotationEvent } from '#events/rotation.ts';
import { parseBatch } from '#events/sqs.ts';
import { parseUsage } from '#events/usage.ts';
import { parseExplain } from '#functions/authorize/answer.ts';
import { ANN, ASKED, createBench } from '../issue/harness.ts';

/** What fuzzing found (test/fuzz/), each by hand. */
describe('an event of another kind', () => {
  const named = { name: 'BadEventError', code: 'bad-event' };

  it.each([undefined, null, [], 'text', {}, { Records: [{}] }])(
    '%j is thrown by name, as no batch',
    (event) => {
      expect(() => parseBatch(event)).toThrow(expect.objectContaining(named));
    },
  );

  it.each([undefined, null, [], 'text', {}, { operation: 'issue' }])(
    '%j is thrown by name, as nothing to issue',
    async (event) => {
      await expect(createBench().run(event)).rejects.toMatchObject(named);
    },
  );
});

describe('a source that no address looks like', () => {
  const long = 'x'.repeat(65);
  const http = (sourceIp: string): object => ({
    version: '2.0',
    routeKey: 'GET /prices',
    requestContext: { http: { sourceIp } },
  });
  const rest = (sourceIp: string, vpceId: string): object => ({
    type: 'REQUEST',
    methodArn: 'arn',
    resource: '/prices',
    httpMethod: 'GET',
    requestContext: { identity: { sourceIp, vpceId } },
  });

  it.each([
    [http('10.1.2.3'), true],
    [http('test-invoke-source-ip'), true],
    [http(long), false],
    [rest('10.1.2.3', 'vpce-0123456789abcdef0'), true],
    [rest(long, 'vpce-0123456789abcdef0'), false],
    [rest('10.1.2.3', long), false],
    [http('\ud800'), false],
    [rest('10.1.2.3', 'vpce-\u202e'), false],
  ])('is no authorizer event, whatever it holds (%#)', (event, good) => {
    expect(parseAuthorizeRequest(event).ok).toBe(good);
  });
});

describe('the field that is named as unreadable', () => {
  const identity = { sourceIp: '10.1.2.3' };
  const rest = {
    type: 'REQUEST',
    methodArn: 'arn',
    resource: '/',
    httpMethod: 'GET',
    requestContext: { identity },
  };

  it.each([
    [{ ...rest, requestContext: { identity: {} } }, 'requestContext.identity.sourceIp'],
    [{ ...rest, headers: { authorization: 1 } }, 'headers.authorization'],
    [{ ...rest, headers: { [`twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`]: 1 } }, 'headers'],
    [{ ...rest, headers: { 'a\nb': 1 } }, 'headers'],
    [7, 'event'],
  ])('is never one that its sender named (%#)', (event, field) => {
    expect(parseAuthorizeRequest(event)).toEqual({ ok: false, error: { field } });
  });
});

describe('an object whose length cannot be compared', () => {
  /** As JSON can say it: neither of the two gives a primitive. */
  const evil: unknown = { length: { toString: 1, valueOf: 1 } };
  const ok = (read: { ok: boolean }): boolean => read.ok;
  const identity = { sourceIp: evil, vpceId: evil };
  const envelope = {
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.secretsmanager',
    account: evil,
    detail: {
      eventID: evil,
      eventName: evil,
      eventTime: evil,
      sourceIPAddress: evil,
      userIdentity: { arn: evil },
    },
  };

  it.each<[string, () => boolean]>([
    ['explain', () => parseExplain({ mode: 'explain', keyId: evil }) !== undefined],
    [
      'an authorizer event',
      () => ok(parseAuthorizeRequest({ type: 'REQUEST', requestContext: { identity } })),
    ],
    ['an API request', () => parseIamRequest({ body: evil }) !== undefined],
    ['a record', () => ok(parseEnvelope(envelope))],
    ['usage', () => ok(parseUsage({ kind: 'usage', v: 1, usages: [{ usageId: evil, client: evil }] }))],
    ['a list of usages', () => ok(parseUsage({ kind: 'usage', v: 1, usages: evil }))],
    ['a rotation', () => ok(parseRotationEvent({ Step: 'createSecret', RotationToken: evil }))],
    ['an order', () => ok(parseOrder({ action: 'revoke', tokenId: 'orders', reason: evil }, 0))],
    ['a declaration', () => ok(parseDeclaration(JSON.stringify({ id: evil, scopes: evil })))],
    ['an offer', () => ok(parseOffers(JSON.stringify([{ kind: 'exchange', scopes: evil }])))],
  ])('is refused in %s', (_what, reads) => {
    expect(reads()).toBe(false);
  });

  it('is refused in a batch, by name', () => {
    expect(() => parseBatch({ Records: evil })).toThrow('not an SQS batch');
  });

  it.each(['owner', 'approver', 'changeReference', 'purpose', 'scopes', 'networks'])(
    'is refused as %s of a token',
    async (field) => {
      const key = { 'Idempotency-Key': 'key-of-this-test' };
      const answer = await createBench().post({ ...ASKED, [field]: evil }, ANN, key);
      expect(answer).toMatchObject({ status: 400, body: { field } });
    },
  );
});

describe('a message with a field beyond its bounds', () => {
  const token = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`;
  const use = {
    usageId: 'usage-1',
    at: 1_795_600_000_000,
    keyId: '0001TSm0PiyImxIY',
    tokenId: 'orders',
    network: '203.0.113.7',
    client: 'curl/8.5.0',
    outcome: 'denied',
    reason: 'not-pending',
    count: 1,
    firstSeen: true,
  };
  const envelope = {
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.secretsmanager',
    account: '111122223333',
    detail: {
      eventID: 'b9c3d881-1e77-426c-abd3-5ca20d903380',
      eventName: 'GetSecretValue',
      eventSource: 'secretsmanager.amazonaws.com',
      eventTime: '2026-11-24T08:00:00Z',
    },
  };

  it('is read within them', () => {
    expect(parseUsage({ kind: 'usage', v: 1, usages: [use] }).ok).toBe(true);
    expect(parseEnvelope(envelope).ok).toBe(true);
  });

  it.each([
    ...[-1, 0.5, 1e18, 8_640_000_000_000_001, Number.MAX_SAFE_INTEGER].map((at) => ({ at })),
    ...[0, 1.5, 1_000_000_001, Number.MAX_SAFE_INTEGER].map((count) => ({ count })),
    ...['', 'a b', '#', '\ud800', token].flatMap((text) => [{ usageId: text }, { tokenId: text }]),
    ...['', 'Network', '\u202e', token].map((reason) => ({ reason })),
    { network: 'x'.repeat(65) },
    { client: 'x'.repeat(257) },
  ])('is no usage: %j', (part) => {
    const [field] = Object.keys(part);
    expect(parseUsage({ kind: 'usage', v: 1, usages: [{ ...use, ...part }] })).toEqual({
      ok: false,
      error: { field: `usages.0.${field}` },
    });
  });

  it.each([
    ...['', 'own', 'alerts', '11112222333', '1111222233334', '111122223333\n', token].map((account) => ({
      account,
    })),
    ...['', 'a#1', '\ud800', '\u0000', token].map((eventID) => ({ detail: { ...envelope.detail, eventID } })),
    { detail: { ...envelope.detail, eventName: 'x'.repeat(257) } },
    { detail: { ...envelope.detail, eventTime: `2026-11-24 ${'('.repeat(64)}` } },
  ])('is no record: %j', (part) => {
    expect(parseEnvelope({ ...envelope, ...part }).ok).toBe(false);
  });
});
