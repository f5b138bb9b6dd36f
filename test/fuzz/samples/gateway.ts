import { at, isLike } from '../at.ts';
import { ACCOUNT } from '../bench.ts';

/** A request that API Gateway authenticated by SigV4, with every field that it sends. */
export const iamRequest = (
  path: string,
  userArn: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  uniqueId = 'AROARESPONDER',
): Intact => ({
  resource: path,
  path,
  httpMethod: 'POST',
  headers: {
    Accept: '*/*',
    'Content-Type': 'application/json',
    Host: 'abc.execute-api.eu-west-1.amazonaws.com',
    'X-Forwarded-For': '203.0.113.7',
    ...headers,
  },
  queryStringParameters: null,
  pathParameters: null,
  stageVariables: null,
  requestContext: {
    resourcePath: path,
    httpMethod: 'POST',
    path: `/prod${path}`,
    accountId: ACCOUNT,
    protocol: 'HTTP/1.1',
    stage: 'prod',
    requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    requestTimeEpoch: 1_795_600_000_000,
    identity: {
      accountId: ACCOUNT,
      accessKey: 'ASIAIOSFODNN7EXAMPLE',
      caller: `${uniqueId}:ann`,
      user: `${uniqueId}:ann`,
      userArn,
      sourceIp: '198.51.100.7',
      userAgent: 'aws-cli/2.31.0',
    },
    apiId: 'abc',
  },
  body,
  isBase64Encoded: false,
});

/** The parts of a request that the gateway writes, not its caller. */
export interface Intact {
  readonly path: string;
  readonly httpMethod: string;
  readonly requestContext: object;
  readonly [field: string]: unknown;
}

/**
 * Whether an event may still have come from the gateway: what it writes itself is as in a sample, and what it passes
 * on has the types that it passes on. Whatever a caller made of the rest, such a request is owed an answer.
 */
export function isIntact(event: unknown, sample: Intact): boolean {
  const same = ['path', 'httpMethod', 'isBase64Encoded'].every((field) => at(event, field) === sample[field]);
  const body = at(event, 'body');
  const headers = at(event, 'headers');
  return (
    same &&
    isLike(at(event, 'requestContext'), sample.requestContext) &&
    (typeof body === 'string' || body === null) &&
    typeof headers === 'object' &&
    headers !== null &&
    !Array.isArray(headers) &&
    Object.values(headers).every((value) => typeof value === 'string')
  );
}
