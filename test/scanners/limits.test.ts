import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatToken, TOKEN_ENTROPY_BYTES } from '#core/token/format.ts';
import { SCANNERS } from './all.ts';
import { writeFiles } from './cases.ts';
import { BASE62, seeded } from './random.ts';
import type { Scanner } from './scanner.ts';

const random = seeded(process.env.SCANNERS_SEED ?? '1');
const token = (): string => random.token('prod');
const LONG = 5_000;
const encoded = (text: string, encoding: BufferEncoding): string => Buffer.from(text).toString(encoding);

/** A file for each row of the table in scanners/README.md. */
const FILES: Readonly<Record<string, readonly [path: string, content: string | Buffer, tokens?: number]>> = {
  'a token anywhere in a text, after any character': ['any.txt', `x${token()}\n`],
  'its shape with a wrong checksum': ['checksum.txt', token().replace('prod', 'dev')],
  'a token that letters or digits follow directly': ['glued.txt', `${token()}root@host:~#`],
  'a token in Base64': ['base64.txt', encoded(`token:${token()}`, 'base64')],
  'a token in hexadecimal': ['hex.txt', encoded(token(), 'hex')],
  'a token in percent-encoding': ['percent.txt', encoded(token(), 'hex').replaceAll(/../g, '%$&')],
  'a token over two lines, or put together from two strings': [
    'cut.ts',
    token().replace(/.{50}/, "$&' +\n'"),
  ],
  'a token of little variety, as no generator makes': [
    'zeros.txt',
    formatToken('prod', new Uint8Array(TOKEN_ENTROPY_BYTES)).token.reveal(),
  ],
  'a token that holds `false` in any case (2 in a million)': ['false.txt', tokenEndingIn('fAlSe')],
  'a token of an environment whose name holds `false`': ['environment.txt', random.token('falsetto')],
  'every token of a file of 380 kB without a blank line': [
    'long.csv',
    Array.from({ length: LONG }, () => `${token()}\n`).join(''),
    LONG,
  ],
  'in a YAML file, a token in a comment on a line of its own': ['comment.yaml', `# ${token()}\na: b\n`],
  'in a file that is not UTF-8, but Latin-1': ['latin.txt', Buffer.from(`é ${token()}`, 'latin1')],
  'in a file in UTF-16': ['utf16.txt', Buffer.from(token(), 'utf16le')],
  'in a file named *.svg': ['a.svg', token()],
  'in a file named *.css or *.map': ['a.css', token()],
  'in a file named package-lock.json': ['package-lock.json', `{"t":"${token()}"}`],
  'in a file named *swagger*': ['swagger.json', `{"t":"${token()}"}`],
  'in a folder named node_modules': ['node_modules/a/b.js', token()],
  "on a line with the scanner's own mark to let it pass": [
    'mark.py',
    `# secretlint-disable-line gitleaks:allow\n# pragma: allowlist nextline secret\nT = "${token()}" # gitleaks:allow\n`,
  ],
};

let project: string;
let rows: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  const readme = await readFile(join(import.meta.dirname, '../../scanners/README.md'), 'utf8');
  const [, section = ''] = readme.split('## What is found, and what is not');
  const table = section.split('\n').filter((row) => row.startsWith('|'));
  const cells = table.slice(2).map((row) => row.split('|').map((cell) => cell.trim()));
  rows = new Map(cells.map(([, name = '', ...verdicts]) => [name, verdicts.slice(0, 3)]));
  project = await mkdtemp(join(tmpdir(), 'tokenward-limits-'));
  await writeFiles(
    project,
    Object.values(FILES).map(([path, content]) => [path, content]),
  );
});

afterAll(() => rm(project, { recursive: true, force: true }));

it('has a file for each row of the table', () => {
  expect([...rows.keys()]).toEqual(Object.keys(FILES));
});

describe.each(SCANNERS)('%s', (_, start) => {
  let scanner: Scanner;

  beforeAll(async () => {
    scanner = await start();
  });

  it('finds what the table says, and no more', async () => {
    const column = SCANNERS.findIndex(([, other]) => other === start);
    await scanner.adopt(project);
    const found = Map.groupBy(await scanner.scan(project), ({ path }) => path);
    const measured = Object.entries(FILES).map(([name, [path, , tokens = 1]]) => [
      name,
      found.get(path)?.length === tokens ? 'found' : '–',
    ]);
    expect(measured).toEqual([...rows].map(([name, verdicts]) => [name, verdicts[column]]));
  });
});

/** A token whose secret, and not the checksum behind it, ends in `word`. */
function tokenEndingIn(word: string): string {
  const secret = `0${random.text(42 - word.length)}${word}`;
  const number = [...secret].reduce((sum, letter) => sum * 62n + BigInt(BASE62.indexOf(letter)), 0n);
  const bytes = Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
  return formatToken('prod', Buffer.concat([random.bytes(11), bytes])).token.reveal();
}
