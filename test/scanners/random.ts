import { createHash } from 'node:crypto';
import { formatToken, TOKEN_ENTROPY_BYTES } from '#core/token/format.ts';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
export const BASE62: string = DIGITS + LOWER.toUpperCase() + LOWER;
const ENVIRONMENTS = [
  'dev',
  'prod',
  'staging',
  'eu1',
  '00',
  'abcdefghijkl',
  'example',
  '0123456789ab',
  'twd',
];

/** Random as SHAKE-256 of a seed and a count: a run can be had again. */
export interface Random {
  readonly bytes: (length: number) => Uint8Array;
  readonly below: (bound: number) => number;
  readonly pick: <T>(items: ArrayLike<T>) => T;
  /** Text of `length` characters out of `alphabet`. */
  readonly text: (length: number, alphabet?: string) => string;
  readonly hex: (length: number) => string;
  /** A token as the product makes it. */
  readonly token: (environment?: string) => string;
}

export function seeded(seed: string): Random {
  let count = 0;
  const bytes = (length: number): Uint8Array =>
    createHash('shake256', { outputLength: length }).update(`${seed}/${count++}`).digest();
  const below = (bound: number): number => Buffer.from(bytes(6)).readUIntBE(0, 6) % bound;
  const pick = <T>(items: ArrayLike<T>): T => items[below(items.length)] as T;
  const text = (length: number, alphabet: string = BASE62): string =>
    Array.from({ length }, () => pick(alphabet)).join('');
  const environment = (): string =>
    below(2) === 0 ? pick(ENVIRONMENTS) : text(2 + below(11), LOWER + DIGITS);
  return {
    bytes,
    below,
    pick,
    text,
    hex: (length) => text(length, '0123456789abcdef'),
    token: (name = environment()) => formatToken(name, bytes(TOKEN_ENTROPY_BYTES)).token.reveal(),
  };
}
