import { children, isNode, type Node, type Source } from './parse.ts';

/** One edge of the module graph, in whatever form the source states it. */
export interface Import {
  /** `undefined` where the specifier is computed, so that nothing can be said about it. */
  readonly specifier: string | undefined;
  readonly line: number;
  /** Erased at build: `import type`, `export type`, `import('…').T`. */
  readonly typeOnly: boolean;
  /** Imported names; `undefined` stands for all of them (namespace, default, `export *`, `import()`). */
  readonly names: readonly string[] | undefined;
}

/**
 * Every import of a file: declarations, re-exports, `import()`, `require()`, `import x = require()` and type
 * queries. They are read from the syntax tree, so neither a comment nor an odd layout hides one.
 */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  const visit = (node: Node): void => {
    const edge = read(node);
    if (edge !== undefined) found.push({ ...edge, line: source.lineOf(node.start) });
    for (const child of children(node)) visit(child);
  };
  visit(source.program);
  return found;
}

function read(node: Node): Omit<Import, 'line'> | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return edge(node.source, node.importKind === 'type', names(node.specifiers, 'imported'));
    case 'ExportNamedDeclaration':
      if (!isNode(node.source)) return undefined;
      return edge(node.source, node.exportKind === 'type', names(node.specifiers, 'local'));
    case 'ExportAllDeclaration':
      return edge(node.source, node.exportKind === 'type', undefined);
    case 'ImportExpression':
      return edge(node.source, false, undefined);
    case 'TSImportType':
      return edge(node.source, true, undefined);
    case 'TSExternalModuleReference':
      return edge(node.expression, false, undefined);
    case 'CallExpression':
      if (!isNode(node.callee) || node.callee.type !== 'Identifier' || node.callee.name !== 'require') return;
      return edge((node.arguments as unknown[])[0], false, undefined);
    default:
      return undefined;
  }
}

function edge(source: unknown, typeOnly: boolean, imported: Import['names']): Omit<Import, 'line'> {
  return { specifier: text(source), typeOnly, names: imported };
}

function text(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node.type === 'TSLiteralType') return text(node.literal);
  if (node.type === 'TemplateLiteral' && (node.expressions as unknown[]).length === 0) {
    const [only] = node.quasis as { value: { cooked: string } }[];
    return only?.value.cooked;
  }
  return undefined;
}

function names(specifiers: unknown, side: 'imported' | 'local'): readonly string[] | undefined {
  const found: string[] = [];
  for (const specifier of specifiers as Node[]) {
    if (specifier.importKind === 'type' || specifier.exportKind === 'type') continue;
    const name = specifier[side];
    if (specifier.type !== 'ImportSpecifier' && specifier.type !== 'ExportSpecifier') return undefined;
    if (!isNode(name)) return undefined;
    found.push(String(name.name ?? name.value));
  }
  return found;
}
