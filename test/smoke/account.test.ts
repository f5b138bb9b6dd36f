import { describe, expect, it } from 'vitest';
import { isRead } from './account.ts';

const NAME = 'tokenward/smoke/orders-service';
const SECRET = `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${NAME}-AbCdEf`;
const ROLE = 'arn:aws:iam::111122223333:role/tokenward-smoke-sample-orders';
const record = (secretId: string, arn: string, more: object = {}): string =>
  JSON.stringify({
    userIdentity: { type: 'AssumedRole', sessionContext: { sessionIssuer: { type: 'Role', arn } } },
    requestParameters: { secretId },
    ...more,
  });

describe('a CloudTrail record of the read', () => {
  it.each([
    ['by ARN', record(SECRET, ROLE), true],
    ['by name', record(NAME, ROLE), true],
    ['of another secret', record(`${SECRET}x`, ROLE), false],
    ['by another role', record(SECRET, ROLE.replace('sample-orders', 'rotate')), false],
    ['refused', record(SECRET, ROLE, { errorCode: 'AccessDenied' }), false],
    ['without parameters', JSON.stringify({ requestParameters: null }), false],
    ['absent', undefined, false],
  ])('%s', (_, json, expected) => {
    expect(isRead(json, SECRET, ROLE)).toBe(expected);
  });
});
