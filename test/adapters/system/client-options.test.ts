import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KMSClient } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyModule } from '#adapters/kms/key-module.ts';
import { clientOptions } from '#adapters/system/client-options.ts';
import type { KeyModule } from '#core/ports.ts';

const THROTTLED = JSON.stringify({ __type: 'ThrottlingException', message: 'slow down' });
const RANDOM = JSON.stringify({ Plaintext: Buffer.alloc(8).toString('base64') });

let server: Server;
let asked: number;
let answer: ((count: number) => { status: number; body: string }) | undefined;

beforeEach(async () => {
  asked = 0;
  answer = undefined;
  server = createServer((_request, response) => {
    asked++;
    const reply = answer?.(asked);
    if (reply === undefined) return;
    response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.1' }).end(reply.body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

function keysWith(options: Parameters<typeof clientOptions>[0]): KeyModule {
  const client = new KMSClient({
    ...clientOptions(options),
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return createKeyModule(client, { pepperKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/pepper' });
}

describe('clientOptions', () => {
  it('ends a call that gets no answer, as one that may have been applied', async () => {
    const started = performance.now();
    const call = keysWith({ connectMs: 200, requestMs: 100, attempts: 1 }).randomBytes(8);
    await expect(call).rejects.toMatchObject({ code: 'TimeoutError', outcome: 'maybe-applied' });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(asked).toBe(1);
  });

  it('asks three times in all when throttled, and then knows only of the last', async () => {
    answer = () => ({ status: 400, body: THROTTLED });
    const call = keysWith({ connectMs: 200, requestMs: 1_000 }).randomBytes(8);
    await expect(call).rejects.toMatchObject({
      code: 'ThrottlingException',
      outcome: 'maybe-applied',
      retryable: true,
    });
    expect(asked).toBe(3);
  });

  it('succeeds when a later attempt does', async () => {
    answer = (count) => (count < 3 ? { status: 400, body: THROTTLED } : { status: 200, body: RANDOM });
    expect(await keysWith({ connectMs: 200, requestMs: 1_000 }).randomBytes(8)).toHaveLength(8);
  });
});
