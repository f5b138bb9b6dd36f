import { PARTS } from '#core/detection/parts.ts';
import type { Scratch } from './scratch.ts';

/** As many as there are parts of observations, so that a part's ids travel with it. */
const HEAPS = PARTS;
const HELD_EACH = 2_048;

/** Counts events that were delivered more than once, without keeping them: 8 bytes an event, on disk past the first. */
export interface EventIds {
  readonly add: (eventId: string) => void;
  /** How many of those added were there before. */
  readonly duplicates: () => number;
  /** The digests of each heap that has any, eight bytes each. */
  readonly heaps: () => Iterable<readonly [heap: number, digests: Buffer]>;
}

/**
 * Ids are told apart by 58 bits of a digest: among a hundred million events, one false duplicate is expected in
 * sixty runs. Only the summary's count depends on it; verdicts do not, since observations fold.
 */
export function createEventIds(scratch: Scratch): EventIds {
  const held = Array.from({ length: HEAPS }, () => new Float64Array(HELD_EACH));
  const sizes = new Int32Array(HEAPS);
  const nameOf = (heap: number): string => `ids-${heap}`;
  const heapOf = (heap: number): Buffer => {
    const kept = (held[heap] as Float64Array).subarray(0, sizes[heap]);
    return Buffer.concat([scratch.read(nameOf(heap)), Buffer.from(kept.buffer, 0, kept.byteLength)]);
  };
  return {
    add(eventId) {
      let low = 0x811c9dc5;
      let high = 0x1b873593;
      for (let at = 0; at < eventId.length; at++) {
        const unit = eventId.charCodeAt(at);
        low = Math.imul(low ^ unit, 0x01000193);
        high = Math.imul(high ^ unit, 0x85ebca6b) ^ (high >>> 13);
      }
      const heap = high >>> 26;
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
      for (let heap = 0; heap < HEAPS; heap++) count += repeatsIn([heapOf(heap)]);
      return count;
    },
    *heaps() {
      for (let heap = 0; heap < HEAPS; heap++) {
        const digests = heapOf(heap);
        if (digests.length > 0) yield [heap, digests];
      }
    },
  };
}

/** How many digests of one heap were there before. */
export function repeatsIn(heaps: readonly Uint8Array[]): number {
  const bytes = heaps.reduce((sum, { length }) => sum + length, 0);
  const all = new Float64Array(bytes / 8);
  const into = new Uint8Array(all.buffer);
  let at = 0;
  for (const heap of heaps) {
    into.set(heap, at);
    at += heap.length;
  }
  all.sort();
  let count = 0;
  for (let index = 1; index < all.length; index++) if (all[index] === all[index - 1]) count++;
  return count;
}
