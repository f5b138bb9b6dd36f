import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { createKeyModule } from '#adapters/kms/key-module.ts';
import type { KeyModule } from '#core/ports.ts';
import { createWire, refusal, type Wire, type WireAnswer } from '../wire.ts';

const PEPPER_KEY = 'arn:aws:kms:eu-west-1:111122223333:key/pepper';
const MAC_KEY = 'arn:aws:kms:eu-west-1:111122223333:key/mac';
const CONTEXT = { purpose: 'tokenward-pepper', version: '1' };
const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64');

function keysOn(...answers: WireAnswer[]): { keys: KeyModule; calls: Wire['calls'] } {
  const wire = createWire(...answers);
  const client = new KMSClient(wire.config);
  return {
    keys: createKeyModule(client, { pepperKeyArn: PEPPER_KEY, macKeyArn: MAC_KEY }),
    calls: wire.calls,
  };
}

describe('createKeyModule', () => {
  it('draws as many bytes as were asked for', async () => {
    const { keys, calls } = keysOn({ json: { Plaintext: base64(Buffer.alloc(43, 7)) } });
    expect(await keys.randomBytes(43)).toHaveLength(43);
    expect(calls[0]).toMatchObject({ operation: 'GenerateRandom', body: { NumberOfBytes: 43 } });
  });

  it('takes no fewer', async () => {
    const { keys } = keysOn({ json: { Plaintext: base64(Buffer.alloc(42, 7)) } });
    await expect(keys.randomBytes(43)).rejects.toMatchObject({ code: 'bad-reply' });
  });

  it.each([0, 1025, 1.5, Number.NaN])('asks KMS for %d bytes never', async (length) => {
    const { keys, calls } = keysOn({});
    await expect(keys.randomBytes(length)).rejects.toThrow(RangeError);
    expect(calls).toEqual([]);
  });

  it('wraps under the pepper key and the context', async () => {
    const { keys, calls } = keysOn({ json: { CiphertextBlob: base64('wrapped') } });
    expect(Buffer.from(await keys.newWrappedKey(CONTEXT)).toString()).toBe('wrapped');
    expect(calls[0]).toMatchObject({
      operation: 'GenerateDataKeyWithoutPlaintext',
      body: { KeyId: PEPPER_KEY, KeySpec: 'AES_256', EncryptionContext: CONTEXT },
    });
  });

  it('unwraps with that key alone, into a secret', async () => {
    const { keys, calls } = keysOn({ json: { Plaintext: base64('planted') } });
    const key = await keys.unwrap(Buffer.from('wrapped'), CONTEXT);
    expect(`${key} ${JSON.stringify({ key })}`).not.toContain('planted');
    expect(Buffer.from(key.reveal()).toString()).toBe('planted');
    expect(calls[0]?.body).toEqual({
      KeyId: PEPPER_KEY,
      CiphertextBlob: base64('wrapped'),
      EncryptionContext: CONTEXT,
    });
  });

  it('makes MACs under the MAC key', async () => {
    const { keys, calls } = keysOn({ json: { Mac: base64('mac') } });
    expect(Buffer.from(await keys.mac(Buffer.from('message'))).toString()).toBe('mac');
    expect(calls[0]?.body).toEqual({
      KeyId: MAC_KEY,
      MacAlgorithm: 'HMAC_SHA_256',
      Message: base64('message'),
    });
  });

  it('says which variable is missing when there is no MAC key', async () => {
    const wire = createWire({});
    const keys = createKeyModule(new KMSClient(wire.config), { pepperKeyArn: PEPPER_KEY });
    await expect(keys.mac(Buffer.from('message'))).rejects.toMatchObject({
      code: 'no-mac-key',
      message: expect.stringContaining('MAC_KEY_ARN'),
    });
    expect(wire.calls).toEqual([]);
  });

  it.each([
    'AccessDeniedException',
    'DisabledException',
    'KMSInvalidStateException',
    'InvalidCiphertextException',
  ])('throws %s as a fault that changed nothing', async (code) => {
    const { keys } = keysOn(refusal(code));
    await expect(keys.unwrap(Buffer.from('x'), CONTEXT)).rejects.toMatchObject({
      name: 'PortError',
      outcome: 'not-applied',
    });
  });

  it('takes an empty answer for no answer', async () => {
    const { keys } = keysOn({ json: {} });
    await expect(keys.newWrappedKey(CONTEXT)).rejects.toMatchObject({ code: 'bad-reply' });
    await expect(keys.unwrap(Buffer.from('x'), CONTEXT)).rejects.toMatchObject({ code: 'bad-reply' });
    await expect(keys.mac(Buffer.from('x'))).rejects.toMatchObject({ code: 'bad-reply' });
  });
});
