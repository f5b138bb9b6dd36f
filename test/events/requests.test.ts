import { describe, expect, it } from 'vitest';
import { parseOrder } from '#core/response/orders.ts';
import { parseIamRequest } from '#events/gateway.ts';
import { answer } from '#functions/revoke/answer.ts';
import { ANN, ASKED, createBench } from '../issue/harness.ts';

/** What fuzzing found (test/fuzz/) about requests of callers, each by hand. */
describe('a request that a gateway authenticated', () => {
  const token = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`;
  const identity = {
    userArn: ANN.arn,
    caller: 'AROAEXAMPLE:ann',
    accountId: '111122223333',
    sourceIp: '10.1.2.3',
  };
  const request = (part: object = {}, who: object = {}, requestId = 'c6af9ac6-7b61'): object => ({
    httpMethod: 'POST',
    path: '/revocations',
    headers: { 'Idempotency-Key': 'key-of-this-test' },
    body: '{}',
    requestContext: { requestId, identity: { ...identity, ...who } },
    ...part,
  });

  it.each([
    [request()],
    [request({}, { userArn: 'arn:aws-us-gov:iam::111122223333:user/a/b/ann' })],
    [request({}, { userArn: 'arn:aws:iam::111122223333:root', caller: '111122223333' })],
    [request({}, { sourceIp: '2001:db8::1' })],
  ])('is read as the gateway writes it (%#)', (event) => {
    expect(parseIamRequest(event)?.body).toEqual({});
  });

  it.each([
    ...[
      'arn:aws:',
      'arn:aws:iam::1:root',
      'arn:aws:iam::111122223333:user/\ud800',
      `x ${ANN.arn}`,
      `${ANN.arn}\n`,
    ].map((userArn) => request({}, { userArn })),
    ...['', 'aroa:ann', token, `AROA:${token}`, 'AROA:\u202e'].map((caller) => request({}, { caller })),
    ...['', '\ud800', '10.1.2.3\n', token].map((sourceIp) => request({}, { sourceIp })),
    ...['', ' ', token].map((requestId) => request({}, {}, requestId)),
    request({}, { accountId: 'own' }),
  ])('is none with what a gateway never writes (%#)', (event) => {
    expect(parseIamRequest(event)).toBeUndefined();
  });

  it.each([
    ['a body too large', JSON.stringify({ offer: 'x'.repeat(65_536) })],
    ['6 MB', ' '.repeat(6 * 2 ** 20)],
    ['half a body', '{"offer":'],
    ['no body', null],
  ])('is answered in the form that the gateway demands, with %s', async (_what, body) => {
    const bench = createBench();
    const { memory } = bench;
    const config = { feedMaxAgeMs: 1_000, readTimeoutMs: 300 };
    const ports = { ...bench.ports, verifier: memory.verifier, keyControl: memory.keyControl };
    expect(parseIamRequest(request({ body }))).toMatchObject({ body: undefined });
    expect(await bench.run(request({ body }))).toMatchObject({ statusCode: 400 });
    expect(await answer(request({ body }), 'invocation-1', ports, config)).toMatchObject({ statusCode: 400 });
  });
});

describe('a refusal', () => {
  const token = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`;
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`key${at}`, at]));
  const key = { 'Idempotency-Key': 'key-of-this-test' };

  it('of an order repeats no secret, nothing unprintable and nothing long', () => {
    for (const part of [{ [token]: 1 }, { 'a\u202eb': 1 }, many]) {
      const read = parseOrder(
        { action: 'revoke', tokenId: 'orders', reason: 'x', incidentId: 'i', ...part },
        0,
      );
      const said = JSON.stringify(read);
      expect(read.ok).toBe(false);
      expect(said).not.toContain('ssss');
      expect(said).toMatch(/^[\x20-\x7e…]{1,1200}$/);
    }
  });

  it('of a token repeats no secret, nothing unprintable and nothing long', async () => {
    const bench = createBench();
    for (const part of [
      { [token]: 1 },
      { 'a\u202eb': 1 },
      many,
      { scopes: [token] },
      { networks: [`${token}\n`] },
    ]) {
      const { status, body } = await bench.post({ ...ASKED, ...part }, ANN, key);
      expect(status).toBe(400);
      expect(JSON.stringify(body)).not.toContain('ssss');
      expect(JSON.stringify(body)).toMatch(/^[\x20-\x7e…]{1,1200}$/);
    }
  });
});
