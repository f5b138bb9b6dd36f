import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { CONFUSABLES, HOSTILE_CHARACTERS } from './hostile.ts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECK = 6;

/** The checksum of a token's body, made here by other means than the product's: a forger knows the algorithm. */
function withChecksum(body: string): string {
  let left = crc32(body);
  let check = '';
  for (let at = 0; at < CHECK; at++) {
    check = (BASE62[left % 62] ?? '') + check;
    left = Math.floor(left / 62);
  }
  return body + check;
}

/** A token's parts, as far as a text has them. */
function partsOf(token: string): { prefix: string; environment: string; keyId: string; secret: string } {
  const [prefix = '', environment = '', keyId = '', rest = ''] = token.split('_');
  return { prefix, environment, keyId, secret: rest.slice(0, -CHECK) };
}

const joined = (parts: ReturnType<typeof partsOf>): string =>
  withChecksum(`${parts.prefix}_${parts.environment}_${parts.keyId}_${parts.secret}`);

const at = (text: string, where: number): number => (text.length === 0 ? 0 : where % text.length);

const replaced = (text: string, where: number, by: string): string =>
  text.slice(0, where) + by + text.slice(where + 1);

/** Another character of the alphabet in one place: never the same. */
function other(text: string, where: number, how: number): string {
  const place = at(text, where);
  const now = BASE62.indexOf(text[place] ?? '0');
  return replaced(text, place, BASE62[(now + 1 + (how % 61)) % 62] ?? '0');
}

/** One bit of one character turned over. */
function bitFlipped(text: string, where: number, bit: number): string {
  const place = at(text, where);
  return replaced(text, place, String.fromCharCode(text.charCodeAt(place) ^ (1 << (bit % 16))));
}

type Forgery = (token: string, where: number, how: number, stranger: string) => string;

/** What somebody does who has a token, part of one, or none, and knows the format by heart. */
export const FORGERIES: ReadonlyMap<string, Forgery> = new Map<string, Forgery>([
  ['one bit', (token, where, how) => bitFlipped(token, where, how)],
  ['one character', (token, where, how) => other(token, where, how)],
  [
    'another secret, checksum repaired',
    (token, where, how) => {
      const parts = partsOf(token);
      return joined({ ...parts, secret: other(parts.secret, where, how) });
    },
  ],
  [
    'another keyId, checksum repaired',
    (token, where, how) => {
      const parts = partsOf(token);
      return joined({ ...parts, keyId: other(parts.keyId, where, how) });
    },
  ],
  [
    "a stranger's keyId with its own secret",
    (token, _where, _how, stranger) => joined({ ...partsOf(token), keyId: partsOf(stranger).keyId }),
  ],
  [
    "its keyId with a stranger's secret",
    (token, _where, _how, stranger) => joined({ ...partsOf(token), secret: partsOf(stranger).secret }),
  ],
  [
    'another environment, checksum repaired',
    (token, where, how) => {
      const environment = ['prod', 'test', 'de', 'devv', 'DEV', '', 'dev_', 'd3v'][how % 8] ?? '';
      return joined({ ...partsOf(token), environment: where % 3 === 0 ? environment : `${environment}x` });
    },
  ],
  ['no secret', (token) => joined({ ...partsOf(token), secret: '0'.repeat(43) })],
  [
    'another checksum',
    (token, where, how) => token.slice(0, -CHECK) + other(token.slice(-CHECK), where, how),
  ],
  ['cut', (token, where) => token.slice(0, at(token, where))],
  ['its tail', (token, where) => token.slice(1 + at(token, where))],
  ['cut, checksum repaired', (token, where) => withChecksum(token.slice(0, at(token, where)))],
  [
    'longer',
    (token, where, how) => token + (how % 2 === 0 ? (BASE62[where % 62] ?? '') : '=').repeat(1 + (how % 9)),
  ],
  ['longer, checksum repaired', (token, where) => withChecksum(token + (BASE62[where % 62] ?? ''))],
  [
    'doubled',
    (token, _where, how) => token + (['', ' ', ',', ', ', '\n', ';', '\u0000'][how % 7] ?? '') + token,
  ],
  [
    'a character put in',
    (token, where, how) => {
      const place = where % (token.length + 1);
      const character = HOSTILE_CHARACTERS[how % HOSTILE_CHARACTERS.length] ?? '';
      return token.slice(0, place) + character + token.slice(place);
    },
  ],
  [
    'a look-alike',
    (token, where) => {
      const alike = [...token].flatMap((character, index) => (CONFUSABLES.has(character) ? [index] : []));
      const place = alike[at(alike.join(), where) % Math.max(1, alike.length)] ?? 0;
      return replaced(token, place, CONFUSABLES.get(token[place] ?? '') ?? '\uff10');
    },
  ],
  [
    'another case',
    (token, where, how) => {
      if (how % 3 === 0) return token.toUpperCase();
      if (how % 3 === 1) return token.toLowerCase();
      const place = at(token, where);
      const character = token[place] ?? '';
      const upper = character.toUpperCase();
      return replaced(token, place, character === upper ? character.toLowerCase() : upper);
    },
  ],
  [
    'another coding',
    (token, _where, how) => {
      const bytes = Buffer.from(token, 'utf8');
      const codings = [
        bytes.toString('base64'),
        bytes.toString('base64url'),
        bytes.toString('hex'),
        encodeURIComponent(token).replace(/[0-9a-f]/g, (c) => `%${c.charCodeAt(0).toString(16)}`),
        [...token].reverse().join(''),
        JSON.stringify(token),
        `'${token}'`,
        `<${token}>`,
        token.replaceAll('_', '-'),
        token.normalize('NFKD').replace('t', '\uff54'),
      ];
      return codings[how % codings.length] ?? '';
    },
  ],
  [
    'a digest of it',
    (token, _where, how) => {
      const digest = createHash('sha256').update(token);
      return how % 2 === 0 ? digest.digest('hex') : digest.digest('base64url');
    },
  ],
  [
    'made up',
    (_token, where, how) => {
      const digest = createHash('sha512').update(`${where}/${how}`).digest();
      const text = Array.from(digest, (byte) => BASE62[byte % 62]).join('');
      return withChecksum(`twd_dev_${text.slice(0, 16)}_${text.slice(16, 59)}`);
    },
  ],
  ['very long', (token, where) => token + 'A'.repeat(where)],
]);
