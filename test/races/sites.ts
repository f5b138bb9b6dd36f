import { readdirSync } from 'node:fs';
import { children, isNode, type Node, parse } from '../checks/parse.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

/** By what a function of ours writes after it has read; `decideAndCommit` is itself the way to do so safely. */
const CALLS = new Set(['decideAndCommit', 'commitAndPublish']);

/** Verbs of the ports that change what others may be changing too, by the port that has them. */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  registry: ['commit', 'remember'],
  cursors: ['replace'],
  keyControl: ['quarantine', 'unquarantine', 'setStatus'],
  vault: ['put', 'moveCurrent', 'clearPending', 'rotate', 'cancelRotation'],
};

/** Where these are made, and not used. */
const MAKERS = ['functions/apply/decide.ts', 'functions/apply/commit.ts'];

export interface Site {
  readonly id: string;
  readonly file: string;
  /** Lines, from 1, that the call or declaration takes. */
  readonly from: number;
  readonly to: number;
  /** Something a container keeps: no call that a stack could show. */
  readonly kept: boolean;
}

/**
 * Every place in functions/ that reads and then writes what another run may write meanwhile, as
 * `file function what`: writes to registry and vault outside the adapters, and what a container keeps between two
 * requests, in the closure of a `create…`. Read from the syntax tree.
 */
export function sitesOfReadThenWrite(root: string = ROOT): readonly Site[] {
  const found: Site[] = [];
  const files = readdirSync(`${root}functions`, { recursive: true, encoding: 'utf8' })
    .map((file) => `functions/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.ts') && !MAKERS.includes(file))
    .sort();
  for (const file of files) {
    const source = parse(root, file);
    const note = (node: Node, within: string, what: string, kept: boolean): void => {
      found.push({
        id: `${file.slice('functions/'.length)} ${within} ${what}`,
        file,
        from: source.lineOf(node.start),
        to: source.lineOf(Number(node.end)),
        kept,
      });
    };
    const visit = (node: Node, within: string): void => {
      const name = functionName(node);
      const inside = name ?? within;
      const verb = file.startsWith('functions/adapters/') ? undefined : writtenBy(node);
      if (verb !== undefined) note(node, within, verb, false);
      if (node.type === 'VariableDeclaration' && /^create[A-Z]/.test(within)) {
        for (const kept of keptBy(node)) note(node, within, kept, true);
      }
      for (const child of children(node)) visit(child, inside);
    };
    visit(source.program, '');
  }
  return numbered(found);
}

/** The name under which a function is declared; functions without one belong to where they stand. */
function functionName(node: Node): string | undefined {
  return node.type === 'FunctionDeclaration' && isNode(node.id) ? String(node.id.name) : undefined;
}

function writtenBy(node: Node): string | undefined {
  if (node.type !== 'CallExpression' || !isNode(node.callee)) return undefined;
  const { callee } = node;
  if (callee.type === 'Identifier') return CALLS.has(String(callee.name)) ? String(callee.name) : undefined;
  if (callee.type !== 'MemberExpression' || !isNode(callee.property) || !isNode(callee.object))
    return undefined;
  const verb = String(callee.property.name);
  const port = portOf(callee.object);
  return VERBS[port]?.includes(verb) ? `${port}.${verb}` : undefined;
}

const portOf = (object: Node): string =>
  String(object.type === 'MemberExpression' && isNode(object.property) ? object.property.name : object.name);

/** `let`, and maps and sets. */
function keptBy(declaration: Node): string[] {
  return (declaration.declarations as Node[]).flatMap(({ id, init }) => {
    if (!isNode(id) || id.type !== 'Identifier') return [];
    const collects =
      isNode(init) &&
      init.type === 'NewExpression' &&
      isNode(init.callee) &&
      ['Map', 'Set'].includes(String(init.callee.name));
    return declaration.kind === 'let' || collects ? [String(id.name)] : [];
  });
}

/** The second of the same in one function is another place. */
function numbered(found: readonly Site[]): readonly Site[] {
  const times = new Map<string, number>();
  return found.map((site) => {
    const time = (times.get(site.id) ?? 0) + 1;
    times.set(site.id, time);
    return time === 1 ? site : { ...site, id: `${site.id} (${time})` };
  });
}
