import {
  DecryptCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateMacCommand,
  GenerateRandomCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { type KeyModule, PortError } from '#core/ports.ts';
import { Secret } from '#core/secret.ts';
import { toPortError } from '../errors.ts';

/** Which keys a function may use. */
export interface KmsKeys {
  /** Wraps peppers: symmetric, ENCRYPT_DECRYPT. */
  readonly pepperKeyArn: string;
  /** Makes MACs under strictFips: HMAC_256, GENERATE_VERIFY_MAC. */
  readonly macKeyArn?: string;
}

const RANDOM_MAX_BYTES = 1024;

/** KMS as the core sees it: random bytes, wrapped keys, MACs (SC-12, SC-13). */
export function createKeyModule(client: KMSClient, { pepperKeyArn, macKeyArn }: KmsKeys): KeyModule {
  return {
    async randomBytes(length) {
      if (!Number.isInteger(length) || length < 1 || length > RANDOM_MAX_BYTES) {
        throw new RangeError(`KMS gives 1 to ${RANDOM_MAX_BYTES} random bytes at once, not ${length}`);
      }
      const reply = await attempt(client.send(new GenerateRandomCommand({ NumberOfBytes: length })));
      const bytes = demand(reply.Plaintext, 'GenerateRandom', 'Plaintext');
      if (bytes.length !== length) throw short('GenerateRandom', `${bytes.length} of ${length} bytes`);
      return bytes;
    },

    async newWrappedKey(context) {
      const command = new GenerateDataKeyWithoutPlaintextCommand({
        KeyId: pepperKeyArn,
        KeySpec: 'AES_256',
        EncryptionContext: { ...context },
      });
      const reply = await attempt(client.send(command));
      return demand(reply.CiphertextBlob, 'GenerateDataKeyWithoutPlaintext', 'CiphertextBlob');
    },

    async unwrap(wrapped, context) {
      const command = new DecryptCommand({
        KeyId: pepperKeyArn,
        CiphertextBlob: wrapped,
        EncryptionContext: { ...context },
      });
      const reply = await attempt(client.send(command));
      return Secret.of(demand(reply.Plaintext, 'Decrypt', 'Plaintext'));
    },

    async mac(message) {
      if (macKeyArn === undefined) {
        throw new PortError('no-mac-key', {
          outcome: 'not-applied',
          retryable: false,
          message:
            'a MAC was asked of KMS without a key for it; set MAC_KEY_ARN together with STRICT_FIPS=true',
        });
      }
      const command = new GenerateMacCommand({
        KeyId: macKeyArn,
        MacAlgorithm: 'HMAC_SHA_256',
        Message: message,
      });
      const reply = await attempt(client.send(command));
      return demand(reply.Mac, 'GenerateMac', 'Mac');
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

function demand(bytes: Uint8Array | undefined, operation: string, field: string): Uint8Array {
  if (bytes === undefined || bytes.length === 0) throw short(operation, `no ${field}`);
  return bytes;
}

const short = (operation: string, what: string): PortError =>
  new PortError('bad-reply', {
    outcome: 'not-applied',
    retryable: true,
    message: `KMS ${operation} answered with ${what}`,
  });
