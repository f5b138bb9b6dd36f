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
 * Whether a MAC is the stored one (base64url), in time that depends on its length alone. Anything that is not
 * base64url of the same length is unequal, after a comparison of the same cost.
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
 * What is authenticated of authorising fields: their RFC 8785 form, so that the order of attributes does not
 * matter and no two different sets of fields give one message. A version's message carries its keyId: the fields
 * of one version are worth nothing on another.
 *
 * @throws TypeError when a number among the fields is not finite.
 */
export function fieldsMessage(fields: AuthorisingFields, keyId?: string): Uint8Array {
  const { tokenId, principal, scopes, audience, networks, hardMaxAt } = fields;
  if (!Number.isFinite(hardMaxAt)) throw new TypeError('hardMaxAt must be a finite number');
  const named = { tokenId, principal, scopes, audience, networks, hardMaxAt };
  const canonical = canonicalize(named) ?? '';
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
