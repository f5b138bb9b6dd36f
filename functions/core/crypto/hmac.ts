import { createHmac, timingSafeEqual } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { AuthorisingFields } from '../records.ts';
import type { Secret } from '../secret.ts';

/**
 * HMAC-SHA-256 (FIPS 198-1, RFC 2104), 32 bytes.
 *
 * @see RFC 4231, whose vectors test it.
 */
export function hmacSha256(key: Secret<Uint8Array>, message: Uint8Array): Uint8Array {
  return createHmac('sha256', key.reveal()).update(message).digest();
}

/**
 * Whether a MAC is the stored one (base64url), in time that does not depend on where they differ. A stored text
 * of any other length is unequal, after a comparison of the same cost.
 */
export function equalMacs(value: Uint8Array, expected: string): boolean {
  const stored = Buffer.from(expected, 'base64url');
  if (stored.length === value.length) return timingSafeEqual(stored, value);
  timingSafeEqual(value, value);
  return false;
}

/** What is authenticated of a whole token, secret and checksum included. */
export const tokenMessage = (token: string): Uint8Array => framed('tokenward/token/1', token);

/**
 * What is authenticated of authorising fields: all of them in RFC 8785 form, so that the order of attributes does
 * not matter, no two different sets of fields give one message, and a field added later cannot be forgotten here.
 * A version's message carries its keyId: the seal of one version is worth nothing on another.
 *
 * @throws Error on what RFC 8785 cannot carry: a number that is not finite, a lone surrogate.
 */
export function fieldsMessage(fields: AuthorisingFields, keyId?: string): Uint8Array {
  const canonical = String(canonicalize(fields));
  return keyId === undefined
    ? framed('tokenward/token-fields/1', canonical)
    : framed('tokenward/version-fields/1', keyId, canonical);
}

/** Each part behind its length in four bytes: no part can run into the next (SP 800-185's reason for encoding). */
function framed(...parts: readonly string[]): Uint8Array {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}
