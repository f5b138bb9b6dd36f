import { type Item, toItem } from '#adapters/dynamodb/items.ts';
import { keys } from '#core/keys.ts';
import { DUE_SHARDS } from '#core/ports.ts';
import type { TokenRecord, VersionRecord } from '#core/records.ts';
import { dueKey, dueShardOf } from '#core/storage.ts';
import type { DueOrder, Population } from './dynamo/expiry.ts';
import { itemBytes } from './dynamo/size.ts';

/** A token and its versions, newest first: what every member of a population looks like. */
export interface Template {
  readonly token: TokenRecord;
  readonly versions: readonly VersionRecord[];
}

/** So many tokens like one, each retiring version due a little later than that of the token before. */
export interface Crowd extends Population {
  /** Read units of one pass over every token and version, eventually consistent, in pages of 1 MB. */
  readonly scanUnits: number;
}

const PAGE_BYTES = 1024 ** 2;

/**
 * Members are numbered, and everything about one follows from its number: its ids, and when its retiring version
 * ends, spread evenly over `spanMs` from `from` on. The rest of their due times lies beyond and is not indexed: a
 * query that ends at now never reads it.
 */
export function createCrowd(size: number, template: Template, span: { from: number; ms: number }): Crowd {
  const digits = String(size).length;
  const tokenIdOf = (member: number): string => `service-${String(member).padStart(digits, '0')}`;
  const keyIdOf = (member: number, nth: number): string =>
    `${String(member).padStart(digits, '0')}v${String(nth).padStart(15 - digits, '0')}`;
  const dueAtOf = (member: number): number => span.from + Math.floor((span.ms * member) / size);
  const nthRetiring = template.versions.findIndex(({ state }) => state === 'retiring');
  if (nthRetiring < 0) throw new RangeError('the template has no retiring version');

  function tokenOf(member: number): TokenRecord {
    const tokenId = tokenIdOf(member);
    const versions = template.token.versions.map((ref, nth) => ({ ...ref, keyId: keyIdOf(member, nth) }));
    return { ...template.token, tokenId, fields: { ...template.token.fields, tokenId }, versions };
  }
  function versionOf(member: number, nth: number): VersionRecord | undefined {
    const like = template.versions[nth];
    if (like === undefined) return undefined;
    const retiring = nth === nthRetiring ? { expiresAt: dueAtOf(member), dueAt: dueAtOf(member) } : {};
    const fields = { ...like.fields, tokenId: tokenIdOf(member) };
    return { ...like, keyId: keyIdOf(member, nth), fields, ...retiring };
  }
  const item = (record: TokenRecord | VersionRecord | undefined): Item | undefined =>
    record === undefined ? undefined : toItem(record, record.rev);

  const shards = Array.from({ length: DUE_SHARDS }, (): number[] => []);
  for (let member = 0; member < size; member++) {
    shards[dueShardOf(keys.version(keyIdOf(member, nthRetiring)).pk)]?.push(member);
  }
  const orders = new Map(
    shards.map((members, shard): [string, DueOrder] => [
      dueKey(shard),
      {
        size: members.length,
        at(index) {
          const member = members[index] ?? 0;
          return { dueAt: dueAtOf(member), ...keys.version(keyIdOf(member, nthRetiring)) };
        },
      },
    ]),
  );

  const bytesEach = [tokenOf(0), ...template.versions.map((_, nth) => versionOf(0, nth))].reduce(
    (bytes, record) => bytes + itemBytes(item(record) ?? {}),
    0,
  );
  const pages = Math.ceil((bytesEach * size) / PAGE_BYTES);
  return {
    scanUnits: Math.ceil((bytesEach * size) / 4_096 + pages / 2) / 2,
    item(pk, sk) {
      const id = pk.slice(pk.indexOf('#') + 1);
      if (pk.startsWith('TOKEN#service-') && sk === 'META') return item(tokenOf(Number(id.slice(8))));
      const [, member, nth] = /^(\d+)v(\d+)$/.exec(id) ?? [];
      return pk.startsWith('KEY#') && member !== undefined
        ? item(versionOf(Number(member), Number(nth)))
        : undefined;
    },
    due: (partition) => orders.get(partition) ?? { size: 0, at: () => ({ dueAt: 0, pk: '', sk: '' }) },
  };
}
