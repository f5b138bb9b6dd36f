/** Whatever an object of anybody inherits from. */
const SHARED: readonly (readonly [name: string, shared: object])[] = [
  ['Object.prototype', Object.prototype],
  ['Array.prototype', Array.prototype],
  ['String.prototype', String.prototype],
  ['Number.prototype', Number.prototype],
  ['Boolean.prototype', Boolean.prototype],
  ['Function.prototype', Function.prototype],
  ['RegExp.prototype', RegExp.prototype],
  ['Date.prototype', Date.prototype],
  ['Error.prototype', Error.prototype],
  ['Promise.prototype', Promise.prototype],
  ['Map.prototype', Map.prototype],
  ['Set.prototype', Set.prototype],
  ['Object', Object],
  ['JSON', JSON],
];

const own = (shared: object): Map<string | symbol, PropertyDescriptor> =>
  new Map(
    Reflect.ownKeys(shared)
      .map((key) => [key, Reflect.getOwnPropertyDescriptor(shared, key)] as const)
      .flatMap(([key, descriptor]) => (descriptor === undefined ? [] : [[key, descriptor] as const])),
  );

const AS_LOADED = SHARED.map(([name, shared]) => ({ name, shared, properties: own(shared) }));

const isSame = (a: PropertyDescriptor | undefined, b: PropertyDescriptor): boolean =>
  a !== undefined && Object.is(a.value, b.value) && a.get === b.get && a.set === b.set;

/**
 * What of the shared prototypes is not as it was when this module was loaded, by name; and puts it back, so that
 * one pollution is not found in everything that comes after it.
 */
export function mendPrototypes(): readonly string[] {
  const changed: string[] = [];
  for (const { name, shared, properties } of AS_LOADED) {
    for (const key of Reflect.ownKeys(shared)) {
      if (properties.has(key)) continue;
      changed.push(`${name}.${String(key)}`);
      Reflect.deleteProperty(shared, key);
    }
    for (const [key, descriptor] of properties) {
      if (isSame(Reflect.getOwnPropertyDescriptor(shared, key), descriptor)) continue;
      changed.push(`${name}.${String(key)}`);
      Reflect.defineProperty(shared, key, descriptor);
    }
  }
  return changed;
}

/** The cheap question for after each input: whether anything was added to what objects and arrays inherit. */
export const isPolluted = (): boolean =>
  Reflect.ownKeys(Object.prototype).length !== AS_LOADED[0]?.properties.size ||
  Reflect.ownKeys(Array.prototype).length !== AS_LOADED[1]?.properties.size;

const NODES_MOST = 5_000;

/** Whether plain data holds an object that inherits from one of the input's making. */
export function inheritsStrangely(value: unknown): boolean {
  const open: unknown[] = [value];
  for (let seen = 0; open.length > 0 && seen < NODES_MOST; seen++) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    const prototype: object | null = Object.getPrototypeOf(next);
    if (prototype !== null && !Object.hasOwn(prototype, 'constructor')) return true;
    for (const part of Object.values(next)) open.push(part);
  }
  return false;
}
