import { createHash } from 'node:crypto';
import type { KeyModule, MacEngine } from '#core/ports.ts';

/** GenerateMac's own limit, in bytes. */
const KMS_MESSAGE_MAX = 4096;

/**
 * MACs made inside KMS, each one (strictFips): the key never leaves the validated module (SC-13). MACs made under
 * a pepper are unknown to it.
 */
export function createKmsMac(keyModule: Pick<KeyModule, 'mac'>): MacEngine {
  const compute = async (message: Uint8Array): Promise<string> =>
    Buffer.from(await keyModule.mac(fitting(message))).toString('base64url');
  return {
    async make(message) {
      return { pepper: 'kms', value: await compute(message) };
    },
    remake: (message, pepper) => (pepper === 'kms' ? compute(message) : undefined),
  };
}

/** A message that KMS would refuse for its length goes as its digest, behind a tag that no short message begins with. */
function fitting(message: Uint8Array): Uint8Array {
  if (message.length <= KMS_MESSAGE_MAX) return message;
  const digest = createHash('sha256').update(message).digest();
  return Buffer.concat([Buffer.from('tokenward/long-message/1\0', 'utf8'), digest]);
}
