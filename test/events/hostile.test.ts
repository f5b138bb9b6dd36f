import { describe, expect, it } from 'vitest';
import { parseAuthorizeRequest } from '#events/gateway.ts';
import { parseBatch } from '#events/sqs.ts';
import { createBench } from '../issue/harness.ts';

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
