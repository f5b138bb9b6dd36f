import { type Bus, PortError } from '#core/ports.ts';
import { saveList } from './saved.ts';
import type { Restore, World } from './world.ts';

export interface PublishedEvent {
  readonly type: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface MemoryBus extends Bus {
  readonly events: readonly PublishedEvent[];
  /** As it is now; see {@link World.save}. */
  save(): Restore;
}

const EVENT_MAX_BYTES = 256 * 1024;

/** A bus that keeps what was published, as it would arrive: through JSON. */
export function createMemoryBus(world: World): MemoryBus {
  const events: PublishedEvent[] = [];
  return {
    events,
    save: () => saveList(events),
    publish: (published) =>
      world.call('bus', 'publish', [published], async () => {
        const arriving = published.map(({ type, detail }) => ({ type, text: JSON.stringify(detail) }));
        if (arriving.some(({ type, text }) => Buffer.byteLength(type + text) > EVENT_MAX_BYTES)) {
          throw new PortError('event-too-large', { outcome: 'not-applied', retryable: false });
        }
        events.push(...arriving.map(({ type, text }) => ({ type, detail: JSON.parse(text) })));
      }),
  };
}
