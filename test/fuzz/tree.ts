/**
 * JSON as its text sees it, so that an input can be what no value in memory is: a key named twice, a number beyond
 * every number, half of a surrogate pair, a text inside a text that breaks off.
 */
export type Node =
  | { readonly kind: 'object'; readonly entries: [string, Node][] }
  | { readonly kind: 'array'; readonly items: Node[] }
  | { readonly kind: 'string'; readonly text: string }
  /** Anything else, by its JSON text. */
  | { readonly kind: 'raw'; readonly json: string }
  /** JSON text inside a string: a body, a declaration. What is in `bent` happens to that text before it is quoted. */
  | { readonly kind: 'nested'; inner: Node; readonly bent: ((text: string) => string)[] };

/** Marks a part of a sample that travels as JSON text inside a string. */
export class Nested {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** A sample as a tree of its own, which may be changed. */
export function grow(value: unknown): Node {
  if (typeof value === 'string') return { kind: 'string', text: value };
  if (value instanceof Nested) return { kind: 'nested', inner: grow(value.value), bent: [] };
  if (Array.isArray(value)) return { kind: 'array', items: value.map(grow) };
  if (typeof value === 'object' && value !== null) {
    return { kind: 'object', entries: Object.entries(value).map(([key, part]) => [key, grow(part)]) };
  }
  return { kind: 'raw', json: JSON.stringify(value) ?? 'null' };
}

/** The text of a tree; not always one that parses, where a nested text was bent. */
export function render(node: Node): string {
  switch (node.kind) {
    case 'raw':
      return node.json;
    case 'string':
      return JSON.stringify(node.text);
    case 'array':
      return `[${node.items.map(render).join(',')}]`;
    case 'object':
      return `{${node.entries.map(([key, part]) => `${JSON.stringify(key)}:${render(part)}`).join(',')}}`;
    case 'nested':
      return JSON.stringify(node.bent.reduce((text, bend) => bend(text), render(node.inner)));
  }
}

/** One place in a tree. */
export interface Slot {
  readonly node: Node;
  /** Under which key, where it is in an object. */
  readonly key?: string;
  /** Where it is in an object: its entries, and which of them it is. */
  readonly among?: { readonly entries: [string, Node][]; readonly at: number };
  put(next: Node): void;
}

/** Every place in a tree, the root first. */
export function slotsOf(root: Node, put: (next: Node) => void): Slot[] {
  const slots: Slot[] = [{ node: root, put }];
  for (let at = 0; at < slots.length; at++) {
    const { node } = slots[at] as Slot;
    if (node.kind === 'array') {
      node.items.forEach((item, index) => {
        slots.push({ node: item, put: (next) => (node.items[index] = next) });
      });
    }
    if (node.kind === 'object') {
      const { entries } = node;
      entries.forEach((entry, index) => {
        const [key, part] = entry;
        slots.push({ node: part, key, among: { entries, at: index }, put: (next) => (entry[1] = next) });
      });
    }
    if (node.kind === 'nested') slots.push({ node: node.inner, put: (next) => (node.inner = next) });
  }
  return slots;
}

/** The text of a sample with something else in one place. */
export function replaced(sample: unknown, place: number, make: (node: Node) => Node): string {
  let root = grow(sample);
  const slot = slotsOf(root, (next) => {
    root = next;
  })[place];
  slot?.put(make(slot.node));
  return render(root);
}
