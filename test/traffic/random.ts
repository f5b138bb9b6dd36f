/**
 * Random draws that a seed determines. `fork` gives an independent stream by name, so that a behaviour added beside
 * others leaves their draws as they were. The generator is sfc32 (Doty-Humphrey, PractRand): fast and long enough.
 */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** Whole, from `low` to `high`, both included. */
  int(low: number, high: number): number;
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** By weight; weights need not sum to one. */
  weighted<T>(items: readonly (readonly [T, number])[]): T;
  /** Distinct items, at most `count`, in random order. */
  sample<T>(items: readonly T[], count: number): T[];
  exponential(mean: number): number;
  lognormal(median: number, spread: number): number;
  /** Knuth's method: meant for small means. */
  poisson(mean: number): number;
  normal(mean: number, deviation: number): number;
  text(length: number, alphabet: string): string;
  uuid(): string;
  fork(name: string): Random;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));

/** A 32-bit hash of text (FNV-1a, then murmur3's final mix), from a start value. */
function hash32(text: string, start: number): number {
  let h = start ^ 0x811c9dc5;
  for (let index = 0; index < text.length; index++) h = Math.imul(h ^ text.charCodeAt(index), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export function createRandom(seed: string): Random {
  let a = hash32(seed, 1);
  let b = hash32(seed, 2);
  let c = hash32(seed, 3);
  let counter = 1;

  function u32(): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  }
  for (let round = 0; round < 12; round++) u32();

  const next = (): number => u32() / 4294967296;
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const normal = (mean: number, deviation: number): number =>
    mean + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

  function pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from');
    return items[Math.floor(next() * items.length)] as T;
  }

  return {
    next,
    int,
    normal,
    pick,
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    weighted(items) {
      let left = next() * items.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [item, weight] of items) {
        left -= weight;
        if (left < 0) return item;
      }
      return pick(items)[0];
    },
    sample(items, count) {
      const rest = items.slice();
      const most = Math.min(count, rest.length);
      for (let index = 0; index < most; index++) {
        const other = int(index, rest.length - 1);
        const held = rest[index] as (typeof rest)[number];
        rest[index] = rest[other] as (typeof rest)[number];
        rest[other] = held;
      }
      return rest.slice(0, most);
    },
    exponential: (mean) => -mean * Math.log(1 - next()),
    lognormal: (median, spread) => median * Math.exp(normal(0, spread)),
    poisson(mean) {
      const floor = Math.exp(-mean);
      let product = next();
      let count = 0;
      while (product > floor) {
        product *= next();
        count++;
      }
      return count;
    },
    text(length, alphabet) {
      let out = '';
      for (let index = 0; index < length; index++) out += alphabet[Math.floor(next() * alphabet.length)];
      return out;
    },
    uuid() {
      const [w, x, y, z] = [u32(), (u32() & 0xffff0fff) | 0x4000, (u32() & 0x3fffffff) | 0x80000000, u32()];
      return `${hex(w)}-${hex(x).slice(0, 4)}-${hex(x).slice(4)}-${hex(y).slice(0, 4)}-${hex(y).slice(4)}${hex(z)}`;
    },
    fork: (name) => createRandom(`${seed}/${name}`),
  };
}

const hex = (word: number): string =>
  `${HEX[(word >>> 24) & 255]}${HEX[(word >>> 16) & 255]}${HEX[(word >>> 8) & 255]}${HEX[word & 255]}`;
