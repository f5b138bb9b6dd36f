import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { AuthorisingFields } from '../records.ts';
import type { Secret } from '../secret.ts';

/**
 * HMAC-SHA-256 (FIPS 198-1, RFC 2104) under one key, for many messages: gives the 32 bytes in base64url, as they are
 * stored. The key is imported once: `createHmac` on bytes costs six times as much as on a key object.
 *
 * @see RFC 4231, whose vectors test it.
 */
export function hmacSha256(key: Secret<Uint8Array>): (message: Uint8Array) => string {
  const imported = createSecretKey(key.reveal());
  return (message) => createHmac('sha256', imported).update(message).digest('base64url');
}

/**
 * Whether a MAC is the stored one, both in base64url, in time that does not depend on where they differ. A stored
 * text of any other length is unequal, after a comparison of the same cost.
 */
export function equalMacs(value: string, expected: string): boolean {
  const made = Buffer.from(value);
  const stored = Buffer.from(expected);
  if (stored.length === made.length) return timingSafeEqual(stored, made);
  timingSafeEqual(made, made);
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
  const canonical = canonicalFields(fields);
  return keyId === undefined
    ? framed('tokenward/token-fields/1', canonical)
    : framed('tokenward/version-fields/1', keyId, canonical);
}

/**
 * RFC 8785 takes ECMAScript's own form of strings and numbers, and orders names: fields known by name are written in
 * order and serialised in one go. Whatever else an object holds is for the whole algorithm, five times as slow.
 */
function canonicalFields(fields: AuthorisingFields): string {
  const { audience, hardMaxAt, networks, principal, scopes, tokenId } = fields;
  const { arn, uniqueId } = principal;
  const known =
    Object.keys(fields).length === 6 &&
    Object.keys(principal).length === (uniqueId === undefined ? 1 : 2) &&
    Number.isFinite(hardMaxAt);
  const text = JSON.stringify({
    audience,
    hardMaxAt,
    networks,
    principal: { arn, uniqueId },
    scopes,
    tokenId,
  });
  // A lone surrogate would be written as its escape.
  return known && !text.includes('\\ud') ? text : String(canonicalize(fields));
}

/** Each part behind its length in four bytes: no part can run into the next (SP 800-185's reason for encoding). */
function framed(...parts: readonly string[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += 4 + Buffer.byteLength(part);
  const message = Buffer.allocUnsafe(length);
  let at = 0;
  for (const part of parts) {
    const written = message.write(part, at + 4);
    message.writeUInt32BE(written, at);
    at += 4 + written;
  }
  return message;
}
