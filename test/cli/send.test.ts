import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { postOrder } from '#cli/send.ts';

const KEY = 'AKIDEXAMPLE';
const SECRET = 'example-secret-key';
const APPLIED = {
  outcome: 'unchanged',
  action: 'suspend',
  tokenIds: ['orders'],
  keyIds: [],
  plan: [],
  receipts: [],
};

let server: Server;
let seen: { method: string; url: string; headers: IncomingHttpHeaders; body: string } | undefined;

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', KEY);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRET);
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  vi.stubEnv('AWS_PROFILE', undefined);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = '', url = '', headers } = request;
    seen = { method, url, headers, body: Buffer.concat(parts).toString('utf8') };
    response.end(JSON.stringify(APPLIED));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await new Promise((closed) => server.close(closed));
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The signature by the published steps of Signature Version 4, from what came over the wire. */
function signatureOf(
  { method, url, headers, body }: NonNullable<typeof seen>,
  signedHeaders: string,
): string {
  const canonicalHeaders = signedHeaders.split(';').map((name) => `${name}:${headers[name]}\n`);
  const canonical = [method, url, '', canonicalHeaders.join(''), signedHeaders, sha256(body)].join('\n');
  const at = String(headers['x-amz-date']);
  const day = at.slice(0, 8);
  const toSign = [
    'AWS4-HMAC-SHA256',
    at,
    `${day}/eu-west-1/execute-api/aws4_request`,
    sha256(canonical),
  ].join('\n');
  const key = ['eu-west-1', 'execute-api', 'aws4_request'].reduce(hmac, hmac(`AWS4${SECRET}`, day));
  return hmac(key, toSign).toString('hex');
}

it.each(['v1', 'v1/'])(
  'posts the order to <api>/%s revocations, signed by the caller for execute-api',
  async (stage) => {
    const body = { action: 'suspend', tokenId: 'orders', reason: 'a “quoted” reason', incidentId: 'INC-7' };
    const { port } = server.address() as AddressInfo;
    expect(await postOrder(`http://127.0.0.1:${port}/${stage}`, body)).toEqual(APPLIED);
    if (seen === undefined) throw new Error('nothing came');
    expect([seen.method, seen.url, JSON.parse(seen.body)]).toEqual(['POST', '/v1/revocations', body]);
    const authorization =
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/;
    const [, signedHeaders = '', signature] = authorization.exec(String(seen.headers.authorization)) ?? [];
    expect(signedHeaders.split(';')).toEqual(expect.arrayContaining(['host', 'x-amz-date']));
    expect(signature).toBe(signatureOf(seen, signedHeaders));
  },
);
