import { describe, expect, it } from 'vitest';
import { parseCustomResource } from '#events/custom-resource.ts';

const EVENT = {
  RequestType: 'Create',
  ResponseURL: 'https://cloudformation-custom-resource-response-euwest1.s3.amazonaws.com/x?X-Amz-Signature=y',
  StackId: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/tokens/5a9a4d30-c9a1-11f0-9b1a-0a1b2c3d4e5f',
  RequestId: '9f3c1d0b-7e6a-4c5d-8f3b-2a1908f7e6d5',
  LogicalResourceId: 'OrdersToken',
  ResourceProperties: { secretArn: 'arn', declaration: '{}' },
};

describe('parseCustomResource', () => {
  it.each([
    {},
    { ResponseURL: 'http://127.0.0.1:4566/response?signature=x' },
    { PhysicalResourceId: 'orders' },
    { PhysicalResourceId: 'failed-9f3c1d0b-7e6a-4c5d-8f3b-2a1908f7e6d5' },
    { PhysicalResourceId: '2026/11/24/[$LATEST]5a9a4d30' },
  ])('reads %j', (part) => {
    expect(parseCustomResource({ ...EVENT, ...part })).toMatchObject(part);
  });

  it.each([
    ...['', 'https://', 'http://[', 'ftp://host/x', 'file:///etc/passwd', 'https://user:word@host/x'].map(
      (ResponseURL) => ({ ResponseURL }),
    ),
    { StackId: 'stack' },
    { StackId: `arn:${'x'.repeat(1_001)}` },
    { RequestId: '' },
    { RequestId: 'a b' },
    { LogicalResourceId: 'x'.repeat(256) },
    { PhysicalResourceId: '"'.repeat(100) },
    { PhysicalResourceId: '\ud800' },
  ])('cannot answer %j, so it is none', (part) => {
    expect(parseCustomResource({ ...EVENT, ...part })).toBeUndefined();
  });
});
