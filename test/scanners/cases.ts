import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CONTEXTS, SLOT } from './contexts.ts';
import { DECOYS, WRONG_CHECKSUMS } from './decoys.ts';
import type { Random } from './random.ts';

/** One file for the scanners, with at most one text in it that they are to judge. */
export interface Case {
  /** Within the project; says which case it is. */
  readonly path: string;
  readonly content: string;
  /** What stands in it: a token, or what only looks like one. */
  readonly planted: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Two hundred tokens as the product makes them, each in another context. */
export const tokenCases = (random: Random): Case[] =>
  CONTEXTS.map((_, at) => caseOf('token', at, random.token()));

/** Two hundred texts that are no token, in the same contexts. */
export const decoyCases = (random: Random): Case[] => made('decoy', DECOYS, random);

/** Forty texts that are a token but for the checksum. */
export const wrongChecksumCases = (random: Random): Case[] => made('checksum', WRONG_CHECKSUMS, random);

function made(
  group: string,
  kinds: Readonly<Record<string, (random: Random) => string>>,
  random: Random,
): Case[] {
  return Object.entries(kinds).flatMap(([kind, make], nth) =>
    Array.from({ length: 10 }, (_, at) =>
      // A stride that shares no factor with 200: a kind meets ten kinds of file.
      caseOf(
        `${group}/${kind.replaceAll(/\W/g, '-')}`,
        ((nth * 10 + at) * 27) % CONTEXTS.length,
        make(random),
      ),
    ),
  );
}

function caseOf(group: string, context: number, planted: string): Case {
  const { file, text } = CONTEXTS[context] as (typeof CONTEXTS)[number];
  const end = context % 2 === 0 ? '\n' : '';
  return {
    path: `${group}/${context}/${file}`,
    content: text.replace(SLOT, () => planted) + end,
    planted,
    line: text.slice(0, text.indexOf(SLOT)).split('\n').length,
  };
}

export async function writeFiles(
  root: string,
  files: Iterable<readonly [string, string | Uint8Array]>,
): Promise<void> {
  for (const [path, content] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}
