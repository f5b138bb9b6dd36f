import * as z from 'zod/mini';
import { tokenMessage } from '#core/crypto/hmac.ts';
import type { KeyModule, MacEngine } from '#core/ports.ts';
import { Secret } from '#core/secret.ts';
import { formatToken, parseToken, TOKEN_ENTROPY_BYTES } from '#core/token/format.ts';
import type { Issuer, Minted } from './issuer.ts';

const VALUE = z.object({ token: z.string(), keyId: z.string(), expiresAt: z.string(), audience: z.string() });

/**
 * Our own bearer tokens. Minting has no effect outside: what was never put into the vault never existed, so an
 * attempt whose value is not in the vault is simply made anew. Entropy comes from KMS GenerateRandom.
 */
export function createApiTokenIssuer(
  environment: string,
  ports: { keys: KeyModule; mac: MacEngine },
): Issuer {
  const sealed = (token: Secret<string>): Promise<Minted['tokenMac']> =>
    ports.mac.make(tokenMessage(token.reveal()));
  return {
    name: 'api-token',
    async mint(facts) {
      const { keyId, token } = formatToken(environment, await ports.keys.randomBytes(TOKEN_ENTROPY_BYTES));
      const expiresAt = new Date(facts.expiresAt).toISOString();
      const value = Secret.of(
        JSON.stringify({ token: token.reveal(), keyId, expiresAt, audience: facts.audience }),
      );
      return { keyId, tokenMac: await sealed(token), value };
    },
    async recognise(value) {
      const token = readTokenValue(value);
      return token === undefined
        ? undefined
        : { keyId: token.keyId, tokenMac: await sealed(token.token), value };
    },
  };
}

/** The token inside a vaulted value; `undefined` when the value is not one of ours. */
export function readTokenValue(value: Secret<string>): { keyId: string; token: Secret<string> } | undefined {
  let json: unknown;
  try {
    json = JSON.parse(value.reveal());
  } catch {
    return undefined;
  }
  const read = VALUE.safeParse(json);
  if (!read.success) return undefined;
  const token = parseToken(read.data.token);
  return token.ok && token.value.keyId === read.data.keyId ? token.value : undefined;
}
