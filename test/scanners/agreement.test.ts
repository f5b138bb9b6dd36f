import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TOKEN_MAX_LENGTH } from '#core/token/format.ts';
import { SCANNERS } from './all.ts';
import { writeFiles } from './cases.ts';
import { judged } from './decoys.ts';
import { BASE62, seeded } from './random.ts';
import type { Scanner } from './scanner.ts';

const SEED = Number(process.env.SCANNERS_SEED ?? '1');
const LINES = 4_000;

const character = fc.constantFrom(...BASE62, ...'_-.:;,=+/\\"\'`<>()[]{}|&*#@!?~^ \té令');
/** Each another one: detect-secrets reports a token once a file. */
const token = fc.noBias(fc.bigInt(0n, 2n ** 64n)).map((seed) => seeded(`${SEED}/${seed}`).token());
const edit = fc.record({
  at: fc.nat(),
  remove: fc.nat(1),
  put: fc.string({ unit: character, maxLength: 1 }),
});
const edited = fc
  .tuple(token, fc.array(edit, { maxLength: 2 }))
  .map(([text, edits]) => edits.reduce((all, one) => replaced(all, one), text));
/** All that comes near the shape: each part a little too short or too long, in any case. */
const near = fc.stringMatching(
  /^(twd_){1,2}([0-9a-z]{1,14}|[0-9A-Za-z]{2,12})_[0-9A-Za-z]{15,17}_[0-9A-Za-z]{47,51}$/,
  { size: 'max' },
);
/** Nearer still, and with the checksum that it would have. */
const shaped =
  /^twd_([0-9a-z]{1,14}_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}|[0-9A-Za-z]{2,4}_[0-9A-Za-z]{15,17}_[0-9A-Za-z]{48,50})$/;
const checked = fc
  .stringMatching(shaped, { size: 'max' })
  .map((text) => text.slice(0, -6) + checksum(text.slice(0, -6)));
/** The beginning of one before another, where a search that never goes back passes over the second. */
const begun = fc.tuple(token, fc.nat(), token).map(([first, at, second]) => first.slice(0, at % 90) + second);
const around = fc.string({ unit: character, maxLength: 3 });
const line = fc
  .tuple(around, fc.oneof(token, edited, near, checked, begun), around)
  .map((parts) => parts.join(''));

interface Piece {
  readonly verdict: ReturnType<typeof judged>;
  /** What follows it in the line; nothing at its end. */
  readonly next: string;
}

/** Every way to cut a text out of a line, and what the product says to it. */
function* pieces(text: string): Generator<Piece> {
  for (let at = 0; at < text.length; at++) {
    for (let end = at + 1; end <= Math.min(text.length, at + TOKEN_MAX_LENGTH); end++) {
      yield { verdict: judged(text.slice(at, end)), next: text.charAt(end) };
    }
  }
}

const holdsToken = (text: string): boolean => [...pieces(text)].some(({ verdict }) => verdict === 'token');
const holdsShape = (text: string): boolean =>
  [...pieces(text)].some(({ verdict, next }) => verdict !== 'malformed' && !/[0-9A-Za-z]/.test(next));

const lines = fc.sample(line, { numRuns: LINES, seed: SEED });
let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'tokenward-agreement-'));
  // Blank lines between them, at which gitleaks may cut a long file.
  await writeFiles(project, [['lines.txt', lines.map((text) => `${text}\n\n`).join('')]]);
});

afterAll(() => rm(project, { recursive: true, force: true }));

describe.each(SCANNERS)('%s', (_, start) => {
  let scanner: Scanner;

  beforeAll(async () => {
    scanner = await start();
  });

  it(`finds a token in those of ${LINES} lines in which the product's own parser finds one, and in no other`, async () => {
    await scanner.adopt(project);
    const found = new Set((await scanner.scan(project)).map((each) => each.line));
    const holds = scanner.checksum ? holdsToken : holdsShape;
    const expected = lines.flatMap((text, at) => (holds(text) ? [2 * at + 1] : []));
    expect(Math.min(expected.length, LINES - expected.length)).toBeGreaterThan(LINES / 5);
    expect([...found].sort((a, b) => a - b)).toEqual(expected);
  });
});

function replaced(text: string, { at, remove, put }: { at: number; remove: number; put: string }): string {
  const from = at % (text.length + 1);
  return text.slice(0, from) + put + text.slice(from + remove);
}

function checksum(body: string): string {
  let rest = crc32(body);
  let digits = '';
  for (; digits.length < 6; rest = Math.floor(rest / 62)) digits = BASE62.charAt(rest % 62) + digits;
  return digits;
}
