import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, visitorKeys } from 'oxc-parser';

/** One node of the syntax tree, as far as the checks look at it. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly [field: string]: unknown;
}

export interface Source {
  /** Path from the repository's root, with forward slashes. */
  readonly file: string;
  readonly program: Node;
  /** One-based line of an offset. */
  readonly lineOf: (offset: number) => number;
}

/** Something that a check found wrong, for one line of one file. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Parses one file; a file that does not parse is an error, since no rule could be judged on it. */
export function parse(root: string, file: string): Source {
  const text = readFileSync(join(root, file), 'utf8');
  const { program, errors } = parseSync(file, text);
  if (errors[0] !== undefined) throw new Error(`${file} does not parse: ${errors[0].message}`);
  return {
    file,
    program: program as unknown as Node,
    lineOf: (offset) => text.slice(0, offset).split('\n').length,
  };
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The children of a node in source order. */
export function children(node: Node): Node[] {
  const found: Node[] = [];
  for (const field of visitorKeys[node.type] ?? []) {
    const value = node[field];
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) found.push(child);
  }
  return found;
}
