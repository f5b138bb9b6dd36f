import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { createSigner } from '#adapters/kms/signer.ts';
import { createWire, refusal, type WireAnswer } from '../wire.ts';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/signing';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const signerOn = (...answers: WireAnswer[]) => {
  const wire = createWire(...answers);
  return { signer: createSigner(new KMSClient(wire.config), KEY), calls: wire.calls };
};

describe('createSigner', () => {
  it('asks for the public key once', async () => {
    const { signer, calls } = signerOn({ json: { PublicKey: base64('spki'), KeySpec: 'ECC_NIST_P256' } });
    expect(Buffer.from(await signer.publicKey()).toString()).toBe('spki');
    await signer.publicKey();
    expect(calls).toMatchObject([{ operation: 'GetPublicKey', body: { KeyId: KEY } }]);
  });

  it('signs the text itself, by ECDSA with SHA-256', async () => {
    const { signer, calls } = signerOn({ json: { Signature: base64('signature') } });
    expect(Buffer.from(await signer.sign(Buffer.from('text'))).toString()).toBe('signature');
    expect(calls[0]).toMatchObject({
      operation: 'Sign',
      body: { KeyId: KEY, Message: base64('text'), MessageType: 'RAW', SigningAlgorithm: 'ECDSA_SHA_256' },
    });
  });

  it('takes no other kind of key, and no empty answer', async () => {
    const other = signerOn({ json: { PublicKey: base64('spki'), KeySpec: 'RSA_2048' } });
    await expect(other.signer.publicKey()).rejects.toMatchObject({ code: 'bad-reply' });
    await expect(signerOn({ json: {} }).signer.sign(Buffer.from('text'))).rejects.toMatchObject({
      code: 'bad-reply',
    });
  });

  it('throws a refusal as a fault that changed nothing', async () => {
    const { signer } = signerOn(refusal('DisabledException'));
    await expect(signer.sign(Buffer.from('text'))).rejects.toMatchObject({
      name: 'PortError',
      outcome: 'not-applied',
    });
  });
});
