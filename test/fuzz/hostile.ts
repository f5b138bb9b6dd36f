const deep = (depth: number, open: string, close: string): string =>
  `${open.repeat(depth)}null${close.repeat(depth)}`;

/** Values that break readers of JSON, by their text (failures.md's list of numbers, keys and characters among them). */
export const HOSTILE_JSON: readonly string[] = [
  ...['null', 'true', 'false', '""', '[]', '{}', '[null]', '[[]]', '[{}]', '{"":null}'],
  ...['0', '-0', '1', '-1', '1.5', '1e400', '-1e400', '1e308', '5e-324', '1E21', '0.1e-7'],
  ...['9007199254740991', '9007199254740993', '-9007199254740992', '12345678901234567890', '4294967296'],
  ...[
    '8640000000000000',
    '8640000000000001',
    '-8640000000000001',
    '253402300800000',
    '99999999999999999999999',
  ],
  ...['"0"', '"1"', '"true"', '"false"', '"null"', '"undefined"', '"NaN"', '"Infinity"', '"10n"', '"1e400"'],
  ...['"[object Object]"', '"__proto__"', '"constructor"', '"prototype"', '"hasOwnProperty"', '"then"'],
  '{"__proto__":{"polluted":true}}',
  '{"__proto__":null}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"prototype":{"polluted":true}}',
  '[{"__proto__":{"polluted":true}}]',
  '{"__proto__":{"toString":"polluted","then":"polluted"}}',
  '{"toString":1,"valueOf":1,"toJSON":1,"then":1,"length":4294967295}',
  '{"length":-1,"0":"a"}',
  '{"$ref":"#"}',
  ...['"\\ud800"', '"\\udfff\\ud800"', '"\\u0000"', '"\\u202e"', '"\\ufeff"', '"\\u2028"', '"\\u0085"'],
  ...['"\\ud83d\\ude00"', '"e\\u0301"', '"\\uff54\\uff57\\uff44"', '"\\u0430rn:aws"'],
  ...['"../../../etc/passwd"', '"%00"', '"\\r\\nX-Injected: 1"', '"-1"', '"*"', '"#"', '"|"'],
  deep(64, '[', ']'),
  deep(64, '{"a":', '}'),
];

/** Keys that are more than keys to a careless reader. */
export const HOSTILE_KEYS: readonly string[] = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON', 'then', 'hasOwnProperty'],
  ...[
    '__defineGetter__',
    '__lookupSetter__',
    'length',
    'name',
    '0',
    '-1',
    '',
    ' ',
    '\u0000',
    '\ud800',
    '\u202e',
  ],
  ...['Authorization', 'AUTHORIZATION', 'mode', 'keyId', 'kind', 'detail', 'detail-type', 'body', 'Records'],
];

/** Characters that end, hide, reverse or halve a text, or mean something in a key or a pattern. */
export const HOSTILE_CHARACTERS: readonly string[] = [
  ...['\u0000', '\n', '\r\n', '\t', ' ', '\u00a0', '\u0085', '\u007f', '\u001b[31m'],
  ...[
    '\ud800',
    '\udc00',
    '\udfff\ud800',
    '\u202e',
    '\u2066',
    '\u200b',
    '\u200d',
    '\ufeff',
    '\u2028',
    '\u2029',
  ],
  ...[
    '"',
    "'",
    '\\',
    '#',
    '|',
    '/',
    ':',
    '*',
    '?',
    '_',
    '-',
    '.',
    '%',
    '%00',
    '$',
    '{',
    '}',
    '[',
    '<',
    '&',
    '+',
    '=',
  ],
  ...['\u{1f600}', 'e\u0301', '\u00e9', '\u212a', '\u017f', '\u0131', '\u0130', '\ufb01', '\u0660', '\u2163'],
];

/** Letters and digits with others that look like them. */
export const CONFUSABLES: ReadonlyMap<string, string> = new Map([
  ['a', '\u0430'],
  ['c', '\u0441'],
  ['d', '\u0501'],
  ['e', '\u0435'],
  ['i', '\u0456'],
  ['o', '\u043e'],
  ['p', '\u0440'],
  ['s', '\u0455'],
  ['t', '\uff54'],
  ['w', '\uff57'],
  ['x', '\u0445'],
  ['y', '\u0443'],
  ['A', '\u0391'],
  ['B', '\u0392'],
  ['K', '\u212a'],
  ['O', '\u039f'],
  ['0', '\uff10'],
  ['1', '\u0661'],
  ['l', '\u04cf'],
  ['_', '\uff3f'],
  [' ', '\u2003'],
  ['/', '\u2215'],
  [':', '\uff1a'],
  ['-', '\u2010'],
]);

/** Objects and arrays within each other, `depth` of them, by their text. */
export const nested = (depth: number, what: 'arrays' | 'objects'): string =>
  what === 'arrays' ? deep(depth, '[', ']') : deep(depth, '{"a":', '}');
