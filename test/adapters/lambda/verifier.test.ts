import { LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { createVerifier } from '#adapters/lambda/verifier.ts';
import type { Verifier } from '#core/ports.ts';
import { createWire, refusal, type Wire, type WireAnswer } from '../wire.ts';

const KEY_ID = 'abcdefABCDEF0123';
const ANSWER = {
  keyId: KEY_ID,
  wouldAllow: false,
  reason: 'revoked',
  feedGeneration: 7,
  at: 1_800_000_000_000,
};

function verifierOn(...answers: WireAnswer[]): { verifier: Verifier; calls: Wire['calls'] } {
  const wire = createWire(...answers);
  return {
    verifier: createVerifier(new LambdaClient(wire.config), 'tokenward-dev-authorize'),
    calls: wire.calls,
  };
}

describe('createVerifier', () => {
  it('asks by keyId alone', async () => {
    const { verifier, calls } = verifierOn({ json: ANSWER });
    expect(await verifier.explain(KEY_ID)).toEqual(ANSWER);
    expect(calls[0]?.path).toContain('/functions/tokenward-dev-authorize/invocations');
    expect(calls[0]?.body).toEqual({ mode: 'explain', keyId: KEY_ID });
  });

  it.each([
    ['no JSON', { text: 'no' }],
    ['another shape', { json: { ...ANSWER, wouldAllow: 'false' } }],
    ['another key', { json: { ...ANSWER, keyId: 'other' } }],
    ['too much', { json: { ...ANSWER, reason: 'x'.repeat(10_000) } }],
    ['null', { json: null }],
  ])('refuses %s', async (_what, answer) => {
    const { verifier } = verifierOn(answer);
    await expect(verifier.explain(KEY_ID)).rejects.toMatchObject({ code: 'bad-reply' });
  });

  it('tells a failed function by its error type, not its message', async () => {
    const { verifier } = verifierOn({
      headers: { 'x-amz-function-error': 'Unhandled' },
      json: { errorType: 'ConfigError', errorMessage: 'planted' },
    });
    const failure = await verifier.explain(KEY_ID).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'verifier-failed',
      message: 'tokenward-dev-authorize failed: ConfigError',
    });
  });

  it('throws what Lambda refuses', async () => {
    const { verifier } = verifierOn(refusal('TooManyRequestsException', 'slow down', 429));
    await expect(verifier.explain(KEY_ID)).rejects.toMatchObject({ name: 'PortError' });
  });
});
