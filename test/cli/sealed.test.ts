import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leafHash } from '#core/seal/merkle.ts';
import { checkpointName, segmentName } from '#core/seal/names.ts';
import { openCheckpoint, vkeyText } from '#core/seal/note.ts';
import { verifyConsistency, verifyInclusion } from '#core/seal/proof.ts';
import { ORDERS } from '#test/loop/system.ts';
import { createSealer, type Sealer } from '#test/seal/sealer.ts';
import { createDesk, type Desk, type Ran } from './harness.ts';

let dir: string;
let sealer: Sealer;
let desk: Desk;
let clock: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tokenward-bundle-'));
  sealer = await createSealer();
  await sealer.live(9, 0, 12);
  clock = new Date(sealer.world.clock.now()).toISOString();
  desk = createDesk();
  const { objects } = sealer.seal.archive;
  desk.log = {
    key: sealer.key,
    reader: {
      async *names(prefix) {
        yield* [...objects.keys(), 'stray.txt'].filter((name) => name.startsWith(prefix)).sort();
      },
      read: async (name) => Buffer.from(objects.get(name) ?? ''),
    },
  };
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const run = (...line: string[]): Promise<Ran> => desk.run(['audit', ...line]);
const put = async (name: string, text: string | Uint8Array): Promise<string> => {
  const path = join(dir, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
};
async function exported(): Promise<{ out: string; vkey: string }> {
  const out = join(dir, 'bundle');
  expect((await run('export', '--out', out)).code).toBe(0);
  return { out, vkey: await put('log.vkey', `${(await run('key')).out}\n`) };
}
const verify = ({ out, vkey }: { out: string; vkey: string }, ...more: string[]): Promise<Ran> =>
  run('verify', '--bundle', out, '--vkey', vkey, '--as-of', clock, ...more);

describe('audit export', () => {
  it('writes every file as stored, and no one twice', async () => {
    const { out } = await exported();
    for (const [name, body] of sealer.seal.archive.objects) {
      expect(await readFile(join(out, name), 'utf8')).toBe(body);
    }
    expect((await run('export', '--out', out, '--json')).out).toContain('"fetched": 0');
    await sealer.live(1);
    expect((await run('export', '--out', out, '--json')).out).toContain('"fetched": 2');
  });

  it('leaves a segment that has no checkpoint yet', async () => {
    sealer.seal.archive.objects.set(segmentName(2), 'being written');
    const { out } = await exported();
    await expect(readFile(join(out, segmentName(2)))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('must know where to', async () => {
    expect(await run('export')).toMatchObject({ code: 2, err: expect.stringContaining('--out') });
  });
});

describe('audit key', () => {
  it('prints the key as verifiers take it', async () => {
    expect((await run('key')).out).toBe(vkeyText(sealer.key));
    expect(JSON.parse((await run('key', '--json')).out)).toEqual({ vkey: vkeyText(sealer.key) });
  });
});

describe('audit verify --bundle', () => {
  it('holds, and says how much', async () => {
    const bundle = await exported();
    const ran = await verify(bundle);
    expect([ran.code, ran.out]).toEqual([
      0,
      '21 records in 2 segments, sealed up to 2026-11-24T08:02:00.000Z: every record, chain and checkpoint holds',
    ]);
    expect(ran.where).toEqual([]);
    expect(JSON.parse((await verify(bundle, '--json')).out)).toMatchObject({
      holds: true,
      records: 21,
      segments: 2,
      size: 23,
      checkpoint: { size: 23 },
      findings: [],
    });
  });

  it('holds since a checkpoint that was seen', async () => {
    const bundle = await exported();
    const seen = await put('seen.txt', sealer.seal.archive.objects.get(checkpointName(0)) ?? '');
    expect((await verify(bundle, '--since', seen)).code).toBe(0);
    await rm(join(bundle.out, segmentName(1)));
    await rm(join(bundle.out, checkpointName(1)));
    const last = await put('last.txt', sealer.seal.archive.objects.get(checkpointName(1)) ?? '');
    const cut = await verify(bundle, '--since', last, '--json');
    expect([cut.code, JSON.parse(cut.out).findings]).toEqual([
      1,
      [{ reason: 'behind-trusted', segment: 0, detail: '23 leaves were seen, 10 are there' }],
    ]);
  });

  it('says which record is wrong, and ends in 1', async () => {
    const bundle = await exported();
    const body = sealer.seal.archive.objects.get(segmentName(1)) ?? '';
    await put(`bundle/${segmentName(1)}`, body.replace('act 15', 'act 51'));
    const ran = await verify(bundle);
    expect(ran.code).toBe(1);
    expect(ran.out).toMatch(/│ 1 +│ \d+ +│ \d+\/\d+ +│ edited/);
    expect(ran.out).toContain('root-mismatch');
    expect(ran.err).toContain('docs/runbook.md');
  });

  it('takes bytes that are no text for an edit, whatever they read like', async () => {
    await sealer.ports.registry.commit({
      writes: [],
      audit: [
        { action: 'token.warned', at: 0, actor: { kind: 'system', id: 'sweep' }, reason: 'a \ufffd b' },
      ],
      feed: [],
    });
    await sealer.live(0);
    const bundle = await exported();
    expect((await verify(bundle)).code).toBe(0);
    const bytes = Buffer.from(sealer.seal.archive.objects.get(segmentName(2)) ?? '');
    const at = bytes.indexOf('\ufffd');
    await put(
      `bundle/${segmentName(2)}`,
      Buffer.concat([bytes.subarray(0, at), Buffer.of(0xff), bytes.subarray(at + 3)]),
    );
    expect((await verify(bundle)).code).toBe(1);
  });

  it('misses the segments that only a checkpoint tells of', async () => {
    const bundle = await exported();
    await rm(join(bundle.out, segmentName(1)));
    const ran = await verify(bundle, '--json');
    expect(JSON.parse(ran.out).findings).toEqual([
      { reason: 'missing-segment', segment: 1, detail: 'up to 1' },
    ]);
  });

  it('is stale where nobody says that it is of the past', async () => {
    const { out, vkey } = await exported();
    sealer.world.clock.advance(3_600_000);
    desk.system.world.clock.advance(3_600_000);
    const ran = await run('verify', '--bundle', out, '--vkey', vkey);
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('stale');
  });

  it.each([
    ['without a key', (bundle: { out: string }) => ['--bundle', bundle.out], 2, 'needs --vkey'],
    [
      'with a key that is none',
      (bundle: { out: string }) => ['--bundle', bundle.out, '--vkey', 'bad.vkey'],
      2,
      'no verifier key',
    ],
    [
      'with a key that is not there',
      (bundle: { out: string }) => ['--bundle', bundle.out, '--vkey', 'gone'],
      1,
      'cannot be read',
    ],
    ['of what is no bundle', () => ['--bundle', '.', '--vkey', 'log.vkey'], 1, 'audit export'],
    [
      'as of no time',
      (bundle: { out: string }) => ['--bundle', bundle.out, '--vkey', 'log.vkey', '--as-of', 'x'],
      2,
      'ISO 8601',
    ],
    [
      'since what is no checkpoint',
      (bundle: { out: string }) => ['--bundle', bundle.out, '--vkey', 'log.vkey', '--since', 'bad.vkey'],
      1,
      'malformed',
    ],
    ['without a bundle', () => ['--vkey', 'log.vkey'], 2, 'go with --bundle'],
  ])('%s says so', async (_what, line, code, says) => {
    const bundle = await exported();
    await put('bad.vkey', 'nothing\n');
    const words = line(bundle).map((word) =>
      /^(log|bad)\.vkey$|^gone$|^\.$/.test(word) ? join(dir, word) : word,
    );
    expect(await run('verify', ...words)).toMatchObject({ code, err: expect.stringContaining(says) });
  });
});

describe('audit prove', () => {
  const hex = (text: string): string => Buffer.from(text, 'base64').toString('hex');

  it('proves a record, and that the log continues what was seen, to whoever knows RFC 6962', async () => {
    const { out, vkey } = await exported();
    const seen = await put('seen.txt', sealer.seal.archive.objects.get(checkpointName(0)) ?? '');
    const old = openCheckpoint(sealer.seal.archive.objects.get(checkpointName(0)) ?? '', sealer.key);
    if (!old.ok) throw new Error(old.error.reason);
    for (const { shard, seq } of sealer.ports.registry.log) {
      const ran = await run(
        'prove',
        '--record',
        `${shard}/${seq}`,
        '--bundle',
        out,
        '--vkey',
        vkey,
        '--since',
        seen,
      );
      const { leaf, index, size, root, inclusion, consistency } = JSON.parse(ran.out);
      const line = Buffer.from(leaf, 'base64').toString();
      expect(JSON.parse(line)).toMatchObject({ shard, seq });
      expect(verifyInclusion({ index, size, root, leaf: leafHash(line), proof: inclusion.map(hex) })).toBe(
        true,
      );
      expect(
        verifyConsistency({
          oldSize: old.value.size,
          oldRoot: old.value.root,
          size,
          root,
          proof: consistency.map(hex),
        }),
      ).toBe(true);
    }
  });

  it.each([
    ['nothing', [], 2, 'give --record'],
    ['no place', ['--record', 'x'], 2, 'shard/seq'],
    ['a record that is not there', ['--record', '0/999'], 1, 'is not in the sealed log'],
  ])('of %s says so', async (_what, line, code, says) => {
    const { out, vkey } = await exported();
    const where = line.length === 0 ? [] : ['--bundle', out, '--vkey', vkey];
    expect(await run('prove', ...line, ...where)).toMatchObject({ code, err: expect.stringContaining(says) });
  });

  it('does not start from a checkpoint that the key did not sign, or that is ahead', async () => {
    const { out, vkey } = await exported();
    const other = await createSealer();
    const wrong = await put('wrong.vkey', vkeyText(other.key));
    const first = ['prove', '--record', '0/1', '--bundle', out];
    expect(await run(...first, '--vkey', wrong)).toMatchObject({
      code: 1,
      err: expect.stringContaining('wrong-key'),
    });
    const ahead = await put('ahead.txt', sealer.seal.archive.objects.get(checkpointName(1)) ?? '');
    await rm(join(out, segmentName(1)));
    expect(await run(...first, '--vkey', vkey, '--since', ahead)).toMatchObject({
      code: 1,
      err: expect.stringContaining('it is cut'),
    });
  });
});

describe('audit show', () => {
  const order = { reason: 'seen in a paste', incidentId: 'INC-7' };
  async function acted(): Promise<void> {
    await desk.system.register();
    await desk.system.register({
      ...ORDERS,
      id: 'billing',
      principal: 'arn:aws:iam::111122223333:role/billing',
    });
    desk.system.world.clock.advance(60_000);
    await desk.run(['suspend', 'orders', '--reason', order.reason, '--incident', order.incidentId, '--yes']);
  }
  const actions = async (...line: string[]): Promise<string[]> =>
    JSON.parse((await run('show', '--json', ...line)).out)
      .map(({ action, tokenId }: { action: string; tokenId?: string }) => `${tokenId} ${action}`)
      .sort();

  it('answers who, from where, why, and what caused it', async () => {
    await acted();
    const { out } = await run('show', '--incident', 'INC-7');
    expect(out).toMatch(
      /token\.suspended.*orders.*iam:arn:\S+ann.*203\.0\.113\.7.*INC-7.*request-1.*seen in a paste/,
    );
  });

  it('answers by actor, by principal and by time, alone or together', async () => {
    await acted();
    const ann = 'arn:aws:sts::111122223333:assumed-role/tokenward-dev-responder/ann';
    expect(await actions('--actor', ann)).toEqual(['orders token.suspended']);
    expect(await actions('--principal', 'arn:aws:iam::111122223333:role/billing')).toEqual([
      'billing rotation.minted',
      'billing token.registered',
      'billing version.issued',
    ]);
    expect(await actions('--from', '2026-11-24T08:01:00Z')).toEqual(['orders token.suspended']);
    expect(await actions('--to', '2026-11-24T08:00:30Z', '--token', 'orders')).toEqual([
      'orders rotation.minted',
      'orders token.registered',
      'orders version.issued',
    ]);
    expect(await actions('--actor', ann, '--principal', 'arn:aws:iam::111122223333:role/billing')).toEqual(
      [],
    );
  });

  it('answers from a bundle, with no AWS', async () => {
    const { out } = await exported();
    const ran = await run('show', '--bundle', out, '--token', 'token-15');
    expect(ran.out).toMatch(/token-15.*act 15/);
    expect(ran.err).toBe('1 records');
    expect(ran.where).toEqual([]);
  });

  it('must be asked something, and in words that it knows', async () => {
    expect(await run('show')).toMatchObject({ code: 2, err: expect.stringContaining('at least one') });
    expect(await run('show', '--from', 'yesterday')).toMatchObject({
      code: 2,
      err: expect.stringContaining('ISO 8601'),
    });
  });
});
