import { describe, expect, it } from 'vitest';
import { parseOrder } from '#core/response/orders.ts';
import { parseDeclaration, parseOffers } from '#core/token/declaration.ts';
import { parseCloudTrail } from '#events/cloudtrail.ts';
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

describe('a source that is longer than any address', () => {
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
    ['a record', () => ok(parseCloudTrail(envelope))],
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
