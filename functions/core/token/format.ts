import { crc32 } from 'node:zlib';
import { ok, type Result, refuse } from '../result.ts';
import { Secret } from '../secret.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const KEY_ID_LENGTH = 16;
const SECRET_LENGTH = 43;
const CHECK_LENGTH = 6;

/** Fixed and scannable: the rules for gitleaks, secretlint and detect-secrets look for it. */
export const TOKEN_PREFIX = 'twd';

const KEY_ID_BYTES = 11;

/** The random bytes of a token's secret part. */
export const SECRET_BYTES = 32;

/** How many random bytes one token takes: 11 for the keyId (88 bits), 32 for the secret (256 bits). */
export const TOKEN_ENTROPY_BYTES: number = KEY_ID_BYTES + SECRET_BYTES;

/** Longest text that can be a token: prefix, environment of at most 12 characters, separators, the rest. */
export const TOKEN_MAX_LENGTH: number =
  TOKEN_PREFIX.length + 1 + 12 + 1 + KEY_ID_LENGTH + 1 + SECRET_LENGTH + CHECK_LENGTH;

const KEY_ID = new RegExp(`^[0-9A-Za-z]{${KEY_ID_LENGTH}}$`);
const ENVIRONMENT = /^[a-z0-9]{2,12}$/;

/** What each ASCII character counts as a digit; 255: it is none. A loop over it takes a third of what a pattern takes. */
const DIGITS: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) =>
  ALPHABET.indexOf(String.fromCharCode(code)),
);

const HELD = new RegExp(`(${TOKEN_PREFIX}_[a-z0-9]{2,12}_[0-9A-Za-z]{${KEY_ID_LENGTH}}_)[0-9A-Za-z]+`, 'g');

/** Text of others as it may be kept (S5): of whatever has a token's shape, all but the secret, cut off or whole. */
export const withoutSecrets = (text: string): string => text.replace(HELD, '$1[redacted]');

/** Whether a text holds something of a token's shape, whole or cut off, which no record may (S5). */
export const holdsToken = (text: string): boolean => text.search(HELD) >= 0;

/** A token whose shape and checksum are right; whether it is genuine only its MAC can say. */
export interface UnverifiedToken {
  readonly environment: string;
  /** Public: the only part that may be logged. */
  readonly keyId: string;
  readonly token: Secret<string>;
}

/** Whether a text can be a keyId; check it before it becomes part of a table key. */
export const isKeyId = (text: string): boolean => KEY_ID.test(text);

/**
 * Makes a token from {@link TOKEN_ENTROPY_BYTES} bytes of a validated generator (SC-13, IA-5(1)).
 *
 * @throws RangeError when the bytes are too few or the environment is not `[a-z0-9]{2,12}`.
 */
export function formatToken(environment: string, entropy: Uint8Array): UnverifiedToken {
  if (entropy.length !== TOKEN_ENTROPY_BYTES) {
    throw new RangeError(`a token takes ${TOKEN_ENTROPY_BYTES} random bytes, not ${entropy.length}`);
  }
  if (!ENVIRONMENT.test(environment)) throw new RangeError('environment must match [a-z0-9]{2,12}');
  const keyId = base62(entropy.subarray(0, KEY_ID_BYTES), KEY_ID_LENGTH);
  const body = `${TOKEN_PREFIX}_${environment}_${keyId}_${base62(entropy.subarray(KEY_ID_BYTES), SECRET_LENGTH)}`;
  return { environment, keyId, token: Secret.of(body + checksum(body)) };
}

/**
 * Refuses garbage before any read: length, then shape, then CRC-32. The checksum is no security, it spares the
 * store (F30, detection of typos and truncation).
 */
export function parseToken(text: string): Result<UnverifiedToken, { reason: 'malformed' | 'checksum' }> {
  const check = text.length - CHECK_LENGTH;
  const secret = check - SECRET_LENGTH;
  const keyId = secret - 1 - KEY_ID_LENGTH;
  const environment = text.slice(TOKEN_PREFIX.length + 1, keyId - 1);
  const shaped =
    text.length <= TOKEN_MAX_LENGTH &&
    text.startsWith(`${TOKEN_PREFIX}_`) &&
    text.charAt(keyId - 1) === '_' &&
    text.charAt(secret - 1) === '_' &&
    ENVIRONMENT.test(environment) &&
    isBase62(text, keyId, secret - 1) &&
    isBase62(text, secret, text.length);
  if (!shaped) return refuse({ reason: 'malformed' });
  if (crc32(text.slice(0, check)) !== numberIn(text, check)) return refuse({ reason: 'checksum' });
  return ok({ environment, keyId: text.slice(keyId, secret - 1), token: Secret.of(text) });
}

function checksum(body: string): string {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, crc32(body));
  return base62(bytes, CHECK_LENGTH);
}

const digitAt = (text: string, at: number): number => DIGITS[text.charCodeAt(at)] ?? 255;

function isBase62(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (digitAt(text, at) > 61) return false;
  return true;
}

/** The number that base62 digits write from a position on; few enough of them to be exact. */
function numberIn(text: string, from: number): number {
  let number = 0;
  for (let at = from; at < text.length; at++) number = number * 62 + digitAt(text, at);
  return number;
}

function base62(bytes: Uint8Array, length: number): string {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  let text = '';
  for (let i = 0; i < length; i++) {
    text = ALPHABET.charAt(Number(number % 62n)) + text;
    number /= 62n;
  }
  return text;
}
