import type { Scratch } from './scratch.ts';

const HEAPS = 256;
const HELD_EACH = 2_048;

/** Counts events that were delivered more than once, without keeping them: 8 bytes an event, on disk past the first. */
export interface EventIds {
  readonly add: (eventId: string) => void;
  /** How many of those added were there before. */
  readonly duplicates: () => number;
}

/**
 * Ids are told apart by 60 bits of a digest: among a hundred million events, one false duplicate is expected in a
 * hundred runs. Only the summary's count depends on it; verdicts do not, since observations fold.
 */
export function createEventIds(scratch: Scratch): EventIds {
  const held = Array.from({ length: HEAPS }, () => new Float64Array(HELD_EACH));
  const sizes = new Int32Array(HEAPS);
  const nameOf = (heap: number): string => `ids-${heap}`;
  return {
    add(eventId) {
      let low = 0x811c9dc5;
      let high = 0x1b873593;
      for (let at = 0; at < eventId.length; at++) {
        const unit = eventId.charCodeAt(at);
        low = Math.imul(low ^ unit, 0x01000193);
        high = Math.imul(high ^ unit, 0x85ebca6b) ^ (high >>> 13);
      }
      const heap = high >>> 24;
      const values = held[heap] as Float64Array;
      const size = sizes[heap] as number;
      values[size] = (low >>> 0) + (high & 0xfffff) * 2 ** 32;
      sizes[heap] = size + 1;
      if (size + 1 < HELD_EACH) return;
      scratch.append(nameOf(heap), new Uint8Array(values.buffer, 0, HELD_EACH * 8));
      sizes[heap] = 0;
    },
    duplicates() {
      let count = 0;
      for (let heap = 0; heap < HEAPS; heap++) {
        const stored = scratch.read(nameOf(heap));
        const kept = (held[heap] as Float64Array).subarray(0, sizes[heap]);
        const all = new Float64Array(stored.length / 8 + kept.length);
        new Uint8Array(all.buffer).set(stored);
        all.set(kept, stored.length / 8);
        all.sort();
        for (let at = 1; at < all.length; at++) if (all[at] === all[at - 1]) count++;
      }
      return count;
    },
  };
}
