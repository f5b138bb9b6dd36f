import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { PortError } from '#core/ports.ts';
import type { CheckpointSigner } from '#core/seal/ports.ts';
import { toPortError } from '../errors.ts';

/** RAW; longer messages would have to be hashed here. */
const MESSAGE_MAX_BYTES = 4_096;

/** Signs with one KMS key, ECC_NIST_P256: the private key never leaves the HSM (SC-12(3), SC-13). */
export function createSigner(client: KMSClient, keyArn: string): CheckpointSigner {
  let known: Uint8Array | undefined;
  return {
    async publicKey() {
      if (known !== undefined) return known;
      const reply = await attempt(client.send(new GetPublicKeyCommand({ KeyId: keyArn })));
      if (reply.KeySpec !== 'ECC_NIST_P256') throw bad('GetPublicKey', `a key of ${reply.KeySpec}`);
      known = demand(reply.PublicKey, 'GetPublicKey');
      return known;
    },
    async sign(text) {
      if (text.length > MESSAGE_MAX_BYTES) {
        const message = `KMS signs at most ${MESSAGE_MAX_BYTES} bytes as they are, not ${text.length}`;
        throw new PortError('message-too-long', { outcome: 'not-applied', retryable: false, message });
      }
      const command = new SignCommand({
        KeyId: keyArn,
        Message: text,
        MessageType: 'RAW',
        SigningAlgorithm: 'ECDSA_SHA_256',
      });
      return demand((await attempt(client.send(command))).Signature, 'Sign');
    },
  };
}

async function attempt<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toPortError(error);
  }
}

function demand(bytes: Uint8Array | undefined, operation: string): Uint8Array {
  if (bytes === undefined || bytes.length === 0) throw bad(operation, 'nothing');
  return bytes;
}

const bad = (operation: string, what: string): PortError =>
  new PortError('bad-reply', {
    outcome: 'not-applied',
    retryable: true,
    message: `KMS ${operation} answered with ${what}`,
  });
