import { hash } from 'node:crypto';

/**
 * A name-based UUID (RFC 9562): the same name has the same id in every run, so that runs compare. Over SHA-256 where
 * version 5 has SHA-1, which is not among our algorithms; OSCAL takes only versions 4 and 5.
 */
export function uuidOf(...name: readonly string[]): string {
  const hex = hash('sha256', name.join('\u0000'), 'hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
