import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { keyOfWrite, type Write } from '../change.ts';
import type { RecordKey, RegistryRecord } from '../records.ts';
import type { AfterImage } from './entry.ts';

/** How a record is named in the log. */
export const itemOf = ({ pk, sk }: Pick<RecordKey, 'pk' | 'sk'>): string => `${pk}|${sk}`;

const KINDS: readonly (readonly [RegExp, RecordKey['kind']])[] = [
  [/^TOKEN#.*\|META$/, 'token'],
  [/^TOKEN#.*\|INTENT#.+$/, 'intent'],
  [/^KEY#.*\|KEY$/, 'version'],
  [/^SECRET#.*\|SECRET$/, 'secret'],
  [/^PEPPER#.*\|PEPPER$/, 'pepper'],
  [/^REQUEST#.*\|REQUEST$/, 'request'],
  [/^EVENT#.*\|EVENT$/, 'event'],
  [/^PROFILE#.*\|PROFILE$/, 'profile'],
  [/^HABITS#.*\|HABITS$/, 'habits'],
  [/^BREAKER#.*\|BREAKER$/, 'breaker'],
  [/^INCIDENT#.*\|INCIDENT$/, 'incident'],
  [/^QUARANTINE#.*\|QUARANTINE$/, 'quarantine'],
];

/** The key of an item as {@link itemOf} named it; `undefined` where it is none of ours. */
export function keyOfItem(item: string): RecordKey | undefined {
  const kind = KINDS.find(([pattern]) => pattern.test(item))?.[1];
  const split = item.lastIndexOf('|');
  return kind && { kind, pk: item.slice(0, split), sk: item.slice(split + 1) };
}

/** What a write leaves behind. */
export function afterImage(write: Write): AfterImage {
  const item = itemOf(keyOfWrite(write));
  if (write.kind === 'delete') return { item, rev: 0 };
  const stored = { ...write.record, rev: write.expect + 1 };
  const state = stateOf(stored);
  return {
    item,
    rev: stored.rev,
    sha256: digestOf(stored),
    ...('ttlSeconds' in stored && stored.ttlSeconds !== undefined ? { ttlSeconds: stored.ttlSeconds } : {}),
    ...(state === undefined ? {} : { state }),
  };
}

/**
 * Hex SHA-256 over a record in RFC 8785 form: the same for a record as decided and as read back. Half of a character
 * pair has no such form, and none in the table either: what is stored of it is U+FFFD, so that is digested.
 */
export function digestOf(record: RegistryRecord): string {
  return hash('sha256', canonicalize(wellFormed(record)) as string, 'hex');
}

function wellFormed<T>(value: T): T {
  const text = JSON.stringify(value);
  if (!LONE.test(text)) return value;
  return JSON.parse(text, (_, part) => (typeof part === 'string' ? part.toWellFormed() : part)) as T;
}

/** JSON writes half of a pair, and nothing else of the kind, as an escape (ECMA-262, QuoteJSONString). */
const LONE = /\\ud[89a-f]/;

function stateOf(record: RegistryRecord): AfterImage['state'] {
  switch (record.kind) {
    case 'token':
      return { standing: record.standing, class: record.class, principal: record.fields.principal.arn };
    case 'version':
      return {
        state: record.state,
        suspended: record.suspended,
        tokenId: record.fields.tokenId,
        expiresAt: new Date(record.expiresAt).toISOString(),
      };
    case 'intent':
    case 'incident':
    case 'pepper':
    case 'quarantine':
      return { state: record.state };
    case 'breaker':
    case 'event':
    case 'habits':
    case 'profile':
    case 'request':
    case 'secret':
      return undefined;
  }
}
