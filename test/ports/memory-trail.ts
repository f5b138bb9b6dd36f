import { PortError } from '#core/ports.ts';
import type { Cursor } from '#core/reconcile/cursor.ts';
import type { CursorStore, EventHistory, EventQueue, TrailFiles } from '#core/reconcile/ports.ts';
import { saveList, saveMap, together } from './saved.ts';
import type { Restore, World } from './world.ts';

/** What the reader of a trail has of the world, in memory. */
export interface MemoryTrail {
  readonly files: TrailFiles & {
    readonly stored: Map<string, string>;
    /** How many names a page has. */
    page: number;
    /** Puts a file there as CloudTrail would have delivered it at a time; gives its name. */
    deliver(at: number, records: readonly unknown[], options?: { region?: string; unique?: string }): string;
    /** Names whose bytes end too early. */
    readonly broken: Set<string>;
  };
  readonly history: EventHistory & {
    readonly events: { region: string; name: string; at: number; record: unknown }[];
  };
  readonly cursors: CursorStore & { readonly stored: Map<string, Cursor> };
  readonly queue: EventQueue & { readonly bodies: string[] };
  save(): Restore;
}

const ACCOUNT = '111122223333';
const HISTORY_PAGE = 50;

export function createMemoryTrail(world: World): MemoryTrail {
  const stored = new Map<string, string>();
  const broken = new Set<string>();
  const cursors = new Map<string, Cursor>();
  const bodies: string[] = [];
  const events: MemoryTrail['history']['events'] = [];
  let made = 0;
  const files: MemoryTrail['files'] = {
    stored,
    broken,
    page: 1_000,
    deliver(at, records, { region = 'eu-west-1', unique } = {}) {
      made++;
      const [day = '', clock = ''] = new Date(at).toISOString().split('T');
      const stamp = `${day.replaceAll('-', '')}T${clock.slice(0, 5).replace(':', '')}Z`;
      const end = unique ?? String(made).padStart(16, '0');
      const name = `AWSLogs/${ACCOUNT}/CloudTrail/${region}/${day.replaceAll('-', '/')}/${ACCOUNT}_CloudTrail_${region}_${stamp}_${end}.json.gz`;
      stored.set(name, JSON.stringify({ Records: records }));
      return name;
    },
    list: (prefix, after) =>
      world.call('trail', 'list', [prefix, after], async () => {
        const names = [...stored.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
        return { names: names.slice(0, files.page), more: names.length > files.page };
      }),
    async *bytes(name) {
      const text = await world.call('trail', 'bytes', [name], async () => stored.get(name));
      if (text === undefined) throw new PortError('NoSuchKey', { outcome: 'not-applied', retryable: false });
      // In pieces that no record respects.
      const half = Math.ceil(text.length / 2);
      yield Buffer.from(text.slice(0, half));
      if (broken.has(name)) throw new PortError('broken-file', { outcome: 'not-applied', retryable: false });
      yield Buffer.from(text.slice(half));
    },
  };
  return {
    files,
    history: {
      events,
      lookup: (asked) =>
        world.call('history', 'lookup', [asked], async () => {
          const found = events
            .filter(
              ({ region, name, at }) =>
                region === asked.region && name === asked.name && at >= asked.from && at < asked.to,
            )
            .sort((a, b) => b.at - a.at);
          const start = Number(asked.page ?? '0');
          const records = found.slice(start, start + HISTORY_PAGE).map(({ record }) => record);
          const next = start + HISTORY_PAGE;
          return { records, ...(next < found.length ? { page: String(next) } : {}) };
        }),
    },
    cursors: {
      stored: cursors,
      read: (region) => world.call('cursors', 'read', [region], async () => cursors.get(region)),
      replace: (cursor) =>
        world.call('cursors', 'replace', [cursor], async () => {
          if ((cursors.get(cursor.region)?.rev ?? 0) !== cursor.rev) return false;
          cursors.set(cursor.region, { ...cursor, rev: cursor.rev + 1 });
          return true;
        }),
    },
    queue: {
      bodies,
      send: (more) =>
        world.call('queue', 'send', [more], async () => {
          bodies.push(...more);
        }),
    },
    save: () => together([saveMap(stored), saveMap(cursors), saveList(bodies), saveList(events)]),
  };
}
