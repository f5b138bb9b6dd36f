import { createHash } from 'node:crypto';
import { create } from '#core/change.ts';
import { fieldsMessage, tokenMessage } from '#core/crypto/hmac.ts';
import type { MacEngine, Registry } from '#core/ports.ts';
import type { VersionRecord } from '#core/records.ts';
import { formatToken, TOKEN_ENTROPY_BYTES } from '#core/token/format.ts';
import { ANN, NOW, version } from '../core/builders.ts';

/** A version that verifies, and the token it belongs to. */
export interface Registered {
  readonly text: string;
  readonly keyId: string;
}

/** A token of `dev` as its name alone decides it. */
export function tokenNamed(name: string, environment = 'dev'): Registered {
  const entropy = createHash('sha512').update(name).digest().subarray(0, TOKEN_ENTROPY_BYTES);
  const { keyId, token } = formatToken(environment, entropy);
  return { text: token.reveal(), keyId };
}

/** Stores a current version with its genuine MACs. */
export async function registered(
  name: string,
  ports: { readonly registry: Registry; readonly mac: MacEngine },
  part: Partial<VersionRecord> = {},
): Promise<Registered> {
  const { text, keyId } = tokenNamed(name);
  const bare = version({ keyId, ...part });
  const record = {
    ...bare,
    fieldsMac: await ports.mac.make(fieldsMessage(bare.fields, keyId)),
    tokenMac: await ports.mac.make(tokenMessage(text)),
    ...part,
  };
  await ports.registry.commit({
    writes: [create(record)],
    audit: [{ action: 'version.issued', at: NOW, actor: ANN, keyId }],
    feed: [],
  });
  return { text, keyId };
}
