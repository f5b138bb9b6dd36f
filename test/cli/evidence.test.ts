import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vkeyText } from '#core/seal/note.ts';
import type { ReportEvent } from '#events/report.ts';
import { ORDERS } from '#test/loop/system.ts';
import { createReporter, type Reporter } from '#test/report/reporter.ts';
import { createDesk, type Desk, type Ran } from './harness.ts';

let dir: string;
let reporter: Reporter;
let desk: Desk;
let asked: ReportEvent[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tokenward-evidence-'));
  reporter = await createReporter();
  await reporter.system.register(ORDERS);
  desk = createDesk();
  asked = [];
  desk.report = {
    make: (request) => {
      asked.push(request);
      return reporter.run(request);
    },
    reader: {
      async *names() {},
      read: async (name) => Buffer.from(reporter.objects.get(name) ?? ''),
    },
    key: reporter.key,
  };
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const run = (...line: string[]): Promise<Ran> => desk.run(['evidence', ...line]);
const put = async (name: string, text: string): Promise<string> => {
  await writeFile(join(dir, name), text);
  return join(dir, name);
};
async function collected(): Promise<{ out: string; vkey: string }> {
  const out = join(dir, 'bundle');
  expect(await run('--out', out)).toMatchObject({ code: 0 });
  return { out, vkey: await put('evidence.vkey', `${(await run('key')).out}\n`) };
}
const verify = ({ out, vkey }: { out: string; vkey: string }, ...more: string[]): Promise<Ran> =>
  run('verify', '--bundle', out, '--vkey', vkey, ...more);

describe('evidence', () => {
  it('takes the bundle away as it was written, and says what is in it', async () => {
    const out = join(dir, 'bundle');
    const ran = await run('--out', out);
    expect(ran.out).toMatch(/^\d+ controls satisfied, \d+ not shown, \d+ not assessed: .*index\.html/);
    expect(asked).toEqual([{}]);
    const [prefix] = [...reporter.objects.keys()].filter((name) => name.endsWith('index.html'));
    expect(await readFile(join(out, 'index.html'), 'utf8')).toBe(reporter.objects.get(prefix ?? ''));
  });

  it('tells the report of a drill, as audit compare printed it', async () => {
    const drill = await put('drill.json', JSON.stringify({ equals: false, items: 12, differences: [{}] }));
    const ran = await run('--out', join(dir, 'bundle'), '--drill', drill, '--json');
    expect(asked).toEqual([{ drill: { items: 12, differences: 1 } }]);
    expect(JSON.parse(ran.out)).toMatchObject({
      failing: expect.arrayContaining(['drill.restore']),
      problems: [],
    });
    const nonsense = await put('nonsense.json', '[]');
    expect(await run('--out', dir, '--drill', nonsense)).toMatchObject({ code: 2 });
    expect(await run('--out', dir, '--drill', join(dir, 'none'))).toMatchObject({ code: 1 });
  });

  it('ends in 1 where a check fails, if asked to, and always where the bundle does not hold', async () => {
    const strict = await run('--out', join(dir, 'a'), '--strict');
    expect(strict.code).toBe(1);
    expect(strict.out).toContain('failing: seal.current');
    const { report } = desk;
    if (report === undefined) throw new Error('no report');
    desk.report = { ...report, reader: { ...report.reader, read: async () => Buffer.from('{}') } };
    const bent = await run('--out', join(dir, 'b'));
    expect(bent).toMatchObject({ code: 1 });
    expect(bent.err).toContain('does not hold');
  });

  it('writes nothing outside its directory', async () => {
    const { report } = desk;
    if (report === undefined) throw new Error('no report');
    desk.report = {
      ...report,
      make: async (request) => ({ ...(await report.make(request)), files: ['../x.json'] }),
    };
    const ran = await run('--out', join(dir, 'bundle'));
    expect(ran).toMatchObject({ code: 3 });
    await expect(readFile(join(dir, 'x.json'))).rejects.toThrow();
  });

  it.each([[[]], [['--out=']], [['bundle']], [['--out', 'a', '--quick']]])('refuses %j', async (line) => {
    expect(await run(...line)).toMatchObject({ code: 2 });
  });
});

describe('evidence verify', () => {
  it('accepts what was collected, offline, and says when and where it was made', async () => {
    const bundle = await collected();
    const before = desk.report;
    desk.report = undefined;
    const ran = await verify(bundle);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.out).toContain('the signature, every digest and every reference hold');
    expect(ran.out).toContain('environment aws');
    expect(JSON.parse((await verify(bundle, '--json')).out)).toEqual({ holds: true, problems: [] });
    expect(before).toBeDefined();
  });

  it('names the file that was changed', async () => {
    const bundle = await collected();
    const path = join(bundle.out, 'evidence/keys.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('Enabled', 'enabled'));
    const ran = await verify(bundle);
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.out).toContain('evidence/keys.json');
    expect(ran.err).toContain('1 findings');
  });

  it('takes no other key, no missing bundle and no half a question', async () => {
    const bundle = await collected();
    const other = await put('other.vkey', `${vkeyText((await createReporter()).key)}\n`);
    expect(await verify({ ...bundle, vkey: other })).toMatchObject({ code: 1 });
    const both = await put(
      'both.vkey',
      (await readFile(other, 'utf8')) + (await readFile(bundle.vkey, 'utf8')),
    );
    expect(await verify({ ...bundle, vkey: both })).toMatchObject({ code: 0 });
    expect(await verify({ ...bundle, out: join(dir, 'none') })).toMatchObject({ code: 1 });
    expect(await run('verify', '--bundle', bundle.out)).toMatchObject({ code: 2 });
    expect(await run('verify', '--vkey', bundle.vkey)).toMatchObject({ code: 2 });
  });
});
