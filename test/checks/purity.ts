import { children, type Finding, isNode, type Node, type Source } from './parse.ts';

/** Globals that neither read nor change anything outside their arguments. `Date` and `Math` are judged apart. */
const PURE_GLOBALS = new Set(
  `Array ArrayBuffer BigInt Boolean Buffer DataView Date Error Infinity JSON Map Math NaN Number Object Promise
  RangeError Reflect RegExp Set String Symbol SyntaxError TextDecoder TextEncoder TypeError URL URLSearchParams
  Uint16Array Uint32Array Uint8Array WeakMap WeakSet atob btoa decodeURIComponent encodeURIComponent isFinite isNaN
  parseFloat parseInt structuredClone undefined`.split(/\s+/),
);

/** Not to be used even as the name of a local, which would hide a use of the global from this check. */
const IMPURE_GLOBALS = new Set(
  'process crypto performance globalThis global self fetch console setTimeout setInterval setImmediate require eval'.split(
    ' ',
  ),
);

/** TypeScript's own expressions that wrap a value. */
const WRAPPERS = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
]);

/**
 * Finds what makes a file of the core impure: the clock, randomness, the environment, I/O. Everything that is
 * not declared in the file must be on the list of pure globals; of `Date` only `new Date(value)`, `Date.UTC` and
 * `Date.parse` pass, of `Math` everything but `random`.
 */
export function impurities(source: Source): Finding[] {
  const declared = new Set<string>();
  const found: Finding[] = [];
  collect(source.program, declared);
  const visit = (node: Node): void => {
    const what = impurity(node, declared);
    if (what !== undefined) {
      const message = `core is pure: ${what}; take the value as an argument`;
      found.push({ file: source.file, line: source.lineOf(node.start), message });
    }
    for (const child of evaluated(node)) visit(child);
  };
  visit(source.program);
  return found;
}

function impurity(node: Node, declared: ReadonlySet<string>): string | undefined {
  if (node.type === 'MetaProperty' && isIdentifier(node.meta, 'import')) return 'no import.meta';
  if (node.type !== 'Identifier') return undefined;
  const name = String(node.name);
  if (name === 'Date') return 'of Date only new Date(value), Date.UTC and Date.parse';
  if (name === 'Math') return 'of Math only its functions by name, without random';
  if (IMPURE_GLOBALS.has(name)) return `no ${name}`;
  return declared.has(name) || PURE_GLOBALS.has(name)
    ? undefined
    : `${name} is not on the list of pure globals`;
}

function isPureDate(node: Node): boolean {
  if (node.type !== 'NewExpression' || !isIdentifier(node.callee, 'Date')) return false;
  const [first] = node.arguments as Node[];
  return first !== undefined && first.type !== 'SpreadElement';
}

function isPureMember(node: Node): boolean {
  if (node.type !== 'MemberExpression' || node.computed === true || !isNode(node.property)) return false;
  const name = String(node.property.name);
  if (isIdentifier(node.object, 'Math')) return name !== 'random';
  return isIdentifier(node.object, 'Date') && (name === 'UTC' || name === 'parse');
}

function isIdentifier(node: unknown, name: string): boolean {
  return isNode(node) && node.type === 'Identifier' && node.name === name;
}

/** The parts of a node that are evaluated and not yet judged: no types, no property names, no import or export lists. */
function evaluated(node: Node): Node[] {
  if (isPureDate(node)) return node.arguments as Node[];
  if (isPureMember(node)) return [];
  if (node.type === 'BinaryExpression' && node.operator === 'instanceof') return [node.left as Node];
  if (node.type === 'Identifier' || /^(Import|ExportAll)Declaration$/.test(node.type)) return [];
  if (node.type === 'ExportNamedDeclaration') return isNode(node.declaration) ? [node.declaration] : [];
  if (node.type.startsWith('TS')) return WRAPPERS.has(node.type) ? [node.expression as Node] : [];
  const name = node.type === 'MemberExpression' ? node.property : node.key;
  return children(node).filter((child) => child !== node.label && (child !== name || node.computed === true));
}

/** Collects every name that the file declares, whatever its scope. */
function collect(node: Node, into: Set<string>): void {
  const patterns: unknown[] = [];
  if (node.type === 'VariableDeclarator' || /^(Function|Class)/.test(node.type)) patterns.push(node.id);
  if (node.type === 'CatchClause') patterns.push(node.param);
  if (/^Import(Default|Namespace)?Specifier$/.test(node.type)) patterns.push(node.local);
  if (Array.isArray(node.params)) patterns.push(...node.params);
  for (const pattern of patterns) bind(pattern, into);
  for (const child of children(node)) collect(child, into);
}

function bind(pattern: unknown, into: Set<string>): void {
  if (!isNode(pattern)) return;
  if (pattern.type === 'Identifier') into.add(String(pattern.name));
  else if (pattern.type === 'AssignmentPattern') bind(pattern.left, into);
  else if (pattern.type === 'Property') bind(pattern.value, into);
  else if (/^(RestElement|ObjectPattern|ArrayPattern)$/.test(pattern.type))
    for (const part of children(pattern)) bind(part, into);
}
