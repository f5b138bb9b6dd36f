import type { Act, Emission } from './stage.ts';

interface Waiting {
  readonly act: Act;
  readonly order: number;
  next: Emission;
}

const earlier = (a: Waiting, b: Waiting): boolean =>
  a.next.at < b.next.at || (a.next.at === b.next.at && a.order < b.order);

/**
 * Joins acts into one stream in the order of time, from `start` up to `end`, holding one emission of each act: memory
 * does not grow with the time that passes. An act that goes back in time is a fault of its author, and throws.
 */
export function* merge(acts: Iterable<Act>, start: number, end: number): Generator<Emission> {
  const heap: Waiting[] = [];
  let order = 0;
  for (const act of acts) {
    const next = advance(act, start, Number.NEGATIVE_INFINITY);
    if (next !== undefined) heap.push({ act, order: order++, next });
  }
  for (let index = (heap.length >> 1) - 1; index >= 0; index--) sink(heap, index);
  for (let first = heap[0]; first !== undefined && first.next.at < end; first = heap[0]) {
    yield first.next;
    const next = advance(first.act, start, first.next.at);
    if (next !== undefined) first.next = next;
    else {
      const last = heap.pop();
      if (last !== undefined && last !== first) heap[0] = last;
    }
    if (heap.length > 0) sink(heap, 0);
  }
}

function advance(act: Act, start: number, since: number): Emission | undefined {
  let before = since;
  for (;;) {
    const { value, done } = act.next();
    if (done === true || value === undefined) return undefined;
    if (value.at < before)
      throw new RangeError(`${value.record.eventName} goes ${before - value.at} ms back in time`);
    if (value.at >= start) return value;
    before = value.at;
  }
}

function sink(heap: Waiting[], from: number): void {
  const moved = heap[from] as Waiting;
  let at = from;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && earlier(heap[child + 1] as Waiting, heap[child] as Waiting)) child++;
    if (!earlier(heap[child] as Waiting, moved)) break;
    heap[at] = heap[child] as Waiting;
    at = child;
  }
  heap[at] = moved;
}
