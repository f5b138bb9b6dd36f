import { FORGERIES } from './credential.ts';
import { CONFUSABLES, HOSTILE_CHARACTERS, HOSTILE_JSON, HOSTILE_KEYS, nested } from './hostile.ts';
import { grow, type Node, render, type Slot, slotsOf } from './tree.ts';

/** One change of a sample: which kind, in which place, and two numbers for its details. All of them any number. */
export type Edit = readonly [kind: number, place: number, what: number, how: number];

/** What edits draw on: tokens that are genuine in the world at hand. */
export interface Context {
  readonly tokens: readonly string[];
}

export interface Kind {
  readonly name: string;
  /** How often, in parts of all. */
  readonly weight: number;
  readonly apply: (slot: Slot, edit: Edit, all: readonly Slot[], context: Context) => void;
  /** In which places it can be done. */
  readonly fits?: (slot: Slot) => boolean;
}

const raw = (json: string): Node => ({ kind: 'raw', json });
const string = (text: string): Node => ({ kind: 'string', text });
const of = <T>(list: readonly T[], at: number): T => list[at % list.length] as T;

const isString = ({ node }: Slot): boolean => node.kind === 'string';
const isNested = ({ node }: Slot): boolean => node.kind === 'nested';
const isObject = ({ node }: Slot): boolean => node.kind === 'object';
const inObject = ({ among }: Slot): boolean => among !== undefined;
const textOf = ({ node }: Slot): string => (node.kind === 'string' ? node.text : '');
const TOKEN = /twd_[a-z0-9]+_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}/;
const hasToken = (slot: Slot): boolean => TOKEN.test(textOf(slot));

/** A copy that can be changed without the original. */
const copyOf = (node: Node): Node => {
  if (node.kind === 'array') return { kind: 'array', items: node.items.map(copyOf) };
  if (node.kind === 'object')
    return { kind: 'object', entries: node.entries.map(([k, v]) => [k, copyOf(v)]) };
  if (node.kind === 'nested') return { kind: 'nested', inner: copyOf(node.inner), bent: [...node.bent] };
  return node;
};

/** JSON of a shape that nobody asked for, the same for the same number. */
function wild(number: number, depth = 0): Node {
  const next = (number * 48_271 + 11) % 2_147_483_647;
  const what = next % 7;
  if (depth > 3 || what < 4) return raw(of(HOSTILE_JSON, next >> 3));
  const parts = Array.from({ length: next % 5 }, (_, index) => wild(next + index * 7_919 + 1, depth + 1));
  if (what === 4) return { kind: 'array', items: parts };
  return {
    kind: 'object',
    entries: parts.map((part, index) => [of(HOSTILE_KEYS, (next >> 5) + index * 3), part]),
  };
}

const BENDS: readonly ((text: string, how: number) => string)[] = [
  (text, how) => text.slice(0, how % (text.length + 1)),
  (text, how) => text.slice(how % (text.length + 1)),
  (text, how) => {
    const place = how % (text.length + 1);
    return text.slice(0, place) + of(HOSTILE_CHARACTERS, how) + text.slice(place);
  },
  (text) => `\ufeff${text}`,
  (text) => `${text}${text}`,
  (text, how) => `${text}${of(['}', ']', ',', ' ', '\u0000', '//', ';'], how)}`,
  (text) => JSON.stringify(text),
  (text) => text.replaceAll('"', "'"),
  (text, how) =>
    text.replace(/:/, `:${of(['NaN', 'undefined', '0x10', '01', '+1', '.5', '1n', '-'], how)},"x":`),
  (_text, how) =>
    (how % 2 === 0 ? '' : ' '.repeat(1 + (how % 4_096))) + of(['', 'null', '[]', '0', '""'], how),
  (text) => Buffer.from(text, 'utf8').toString('base64'),
  (text) => text.replace(/^\{/, '{"__proto__":{"polluted":true},'),
];

/** How long a text grows, in UTF-16 units: mostly short, now and then beyond what a queue carries. */
const LENGTHS = [65, 129, 257, 513, 1_025, 2_049, 4_097, 8_193, 65_537, 262_145];

/** How much one edit may add, in UTF-16 units. */
const MANY_MOST = 524_288;

/** Every kind of edit; simpler ones first, so that a failure shrinks to them. */
const KINDS: readonly Kind[] = [
  {
    name: 'removed',
    weight: 8,
    fits: inObject,
    apply: ({ among }) => among?.entries.splice(among.at, 1),
  },
  {
    name: 'hostile value',
    weight: 22,
    apply: (slot, [, , what]) => slot.put(raw(of(HOSTILE_JSON, what))),
  },
  {
    name: 'character',
    weight: 14,
    fits: isString,
    apply: (slot, [, , what, how]) => {
      const text = textOf(slot);
      const place = how % (text.length + 1);
      const cut = what % 3 === 0 ? 1 : 0;
      slot.put(string(text.slice(0, place) + of(HOSTILE_CHARACTERS, what) + text.slice(place + cut)));
    },
  },
  {
    name: 'look-alike',
    weight: 4,
    fits: isString,
    apply: (slot, [, , what]) => {
      const text = textOf(slot);
      const [letter, alike] = of([...CONFUSABLES], what);
      slot.put(string(what % 2 === 0 ? text.replace(letter, alike) : text.replaceAll(letter, alike)));
    },
  },
  {
    name: 'another case',
    weight: 3,
    fits: isString,
    apply: (slot, [, , what]) =>
      slot.put(string(what % 2 === 0 ? textOf(slot).toUpperCase() : textOf(slot).toLowerCase())),
  },
  {
    name: 'cut',
    weight: 4,
    fits: isString,
    apply: (slot, [, , what, how]) => {
      const text = textOf(slot);
      const place = how % (text.length + 1);
      slot.put(string(what % 2 === 0 ? text.slice(0, place) : text.slice(place)));
    },
  },
  {
    name: "another field's value",
    weight: 8,
    apply: (slot, [, , what], all) => slot.put(copyOf(of(all, what).node)),
  },
  {
    name: 'wrapped',
    weight: 4,
    apply: (slot, [, , what, how]) => {
      const { node } = slot;
      if (what % 2 === 0) slot.put({ kind: 'array', items: how % 2 === 0 ? [node] : [node, copyOf(node)] });
      else slot.put({ kind: 'object', entries: [[of(HOSTILE_KEYS, how), node]] });
    },
  },
  {
    name: 'text for what it says',
    weight: 3,
    apply: (slot) => slot.put(slot.node.kind === 'string' ? raw('0') : string(render(slot.node))),
  },
  {
    name: 'hostile key',
    weight: 10,
    fits: isObject,
    apply: ({ node }, [, , what, how], all) => {
      if (node.kind !== 'object') return;
      const value = how % 3 === 0 ? copyOf(of(all, how >> 2).node) : wild(how);
      node.entries.splice(how % (node.entries.length + 1), 0, [of(HOSTILE_KEYS, what), value]);
    },
  },
  {
    name: 'key named twice',
    weight: 6,
    fits: inObject,
    apply: ({ among, node, key = '' }, [, , what, how]) => {
      const twin: [string, Node] = [key, how % 3 === 0 ? copyOf(node) : raw(of(HOSTILE_JSON, what))];
      among?.entries.splice(how % 2 === 0 ? among.at : among.at + 1, 0, twin);
    },
  },
  {
    name: 'another key',
    weight: 4,
    fits: inObject,
    apply: ({ among, key = '' }, [, , what, how]) => {
      const entry = among?.entries[among.at];
      if (entry === undefined) return;
      const names = [
        key.toUpperCase(),
        `${key} `,
        `\u200b${key}`,
        key.replace('e', '\u0435'),
        of(HOSTILE_KEYS, how),
      ];
      entry[0] = of(names, what);
    },
  },
  {
    name: 'wild value',
    weight: 5,
    apply: (slot, [, , what, how]) => slot.put(wild(what * 65_536 + how)),
  },
  {
    name: 'bent JSON',
    weight: 10,
    fits: isNested,
    apply: ({ node }, [, , what, how]) => {
      if (node.kind === 'nested') node.bent.push((text) => of(BENDS, what)(text, how));
    },
  },
  {
    name: 'forged token',
    weight: 12,
    fits: hasToken,
    apply: (slot, [, place, what, how], _all, { tokens }) => {
      const forge = of([...FORGERIES.values()], what);
      slot.put(
        string(textOf(slot).replace(TOKEN, (token) => forge(token, how, place + how, of(tokens, place)))),
      );
    },
  },
  {
    name: 'token where none belongs',
    weight: 5,
    apply: (slot, [, , what, how], _all, { tokens }) => {
      const token = of(tokens, what);
      const { node, among } = slot;
      if (how % 5 === 0 && among !== undefined) among.entries.splice(among.at, 0, [token, copyOf(node)]);
      else if (how % 2 === 0 && node.kind === 'string') slot.put(string(`${node.text} ${token}`));
      else slot.put(string(token));
    },
  },
  {
    name: 'many',
    weight: 1,
    apply: (slot, [, , what]) => {
      const { node } = slot;
      const room = Math.floor(MANY_MOST / (render(node).length + 1));
      const count = Math.min(of([21, 65, 101, 257, 1_025], what), room);
      if (node.kind === 'object') {
        for (let at = 0; at < count; at++) node.entries.push([`k${at}`, raw('0')]);
      } else slot.put({ kind: 'array', items: Array.from({ length: count }, () => node) });
    },
  },
  {
    name: 'long',
    weight: 1,
    apply: (slot, [, , what, how]) => {
      const unit =
        slot.node.kind === 'string' && slot.node.text !== '' ? slot.node.text : of(HOSTILE_CHARACTERS, how);
      // The longest are dear: one in a hundred of these.
      const length = of(LENGTHS.slice(0, how % 100 === 0 ? LENGTHS.length : -2), what);
      slot.put(string(unit.repeat(Math.ceil(length / unit.length)).slice(0, length)));
    },
  },
  {
    name: 'deep',
    weight: 1,
    apply: (slot, [, , what, how]) =>
      slot.put(
        raw(nested(how % 50 === 0 ? 10_000 : 10 + (what % 200), how % 2 === 0 ? 'arrays' : 'objects')),
      ),
  },
];

/** How often each kind of edit, by name, where it is not by its own weight. */
export type Weights = Readonly<Record<string, number>>;

/** Kinds of edits, each as often as its weight says: all of them, or those that are named. */
export const kindsBy = (weights?: Weights): readonly Kind[] =>
  KINDS.flatMap((kind) =>
    Array.from({ length: weights === undefined ? kind.weight : (weights[kind.name] ?? 0) }, () => kind),
  );

/**
 * A sample with edits, as JSON text. Places are counted in the tree as the edits before left it; a kind that fits
 * nowhere in this sample is done to no place.
 *
 * @returns the text, and the names of the kinds that were applied
 */
export function edited(
  sample: unknown,
  edits: readonly Edit[],
  kinds: readonly Kind[],
  context: Context,
): { readonly text: string; readonly applied: readonly string[] } {
  let root = grow(sample);
  const applied: string[] = [];
  for (const edit of edits) {
    const kind = of(kinds, edit[0]);
    const all = slotsOf(root, (next) => {
      root = next;
    });
    const fitting = kind.fits === undefined ? all : all.filter(kind.fits);
    if (fitting.length === 0) continue;
    kind.apply(of(fitting, edit[1]), edit, all, context);
    applied.push(kind.name);
  }
  return { text: render(root), applied };
}
