import { describe, expect, it } from 'vitest';
import {
  BUNDLE,
  type BundleOnDisk,
  type BundleProblem,
  digestsOf,
  referencesIn,
  sha256,
  verifyEvidence,
} from '#core/evidence/bundle.ts';
import { noteKey } from '#core/seal/note.ts';
import type { Reported } from '#functions/report/run.ts';
import { run as seal } from '#functions/seal/run.ts';
import { ORDERS } from '#test/loop/system.ts';
import { createMemorySeal } from '#test/ports/memory-seal.ts';
import { createReporter, type Reporter } from './reporter.ts';

async function lived(emulated = false): Promise<Reporter> {
  const reporter = await createReporter(emulated);
  const { system, ports } = reporter;
  await system.register(ORDERS);
  await seal(
    {
      ...system.ports,
      store: ports.seal as never,
      archive: createMemorySeal(system.world).archive,
      signer: createMemorySeal(system.world).signer,
    },
    { origin: 'tokenward/123456789012/eu-central-1/prod', heartbeatMs: 300_000 },
    { reserveMs: 0, remainingMs: () => 60_000 },
  );
  return reporter;
}

const onDisk = (files: ReadonlyMap<string, string>): BundleOnDisk => ({
  digests: digestsOf(files),
  text: (path) => files.get(path) ?? '',
});

/** With other bytes in one file; the others are not digested again. */
const changed = (disk: BundleOnDisk, name: string, body: string | Uint8Array): BundleOnDisk => ({
  digests: new Map(disk.digests).set(name, sha256(body)),
  text: (path) => (path === name ? Buffer.from(body).toString('utf8') : disk.text(path)),
});
const problems = (disk: BundleOnDisk, { key }: Pick<Reporter, 'key'>): readonly BundleProblem[] =>
  verifyEvidence(disk, key);

const flipped = (text: string, at: number): Uint8Array => {
  const bytes = Buffer.from(text);
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
};

describe('a run of report', () => {
  it('writes a bundle that verifies, and names it as the latest', async () => {
    const reporter = await lived();
    const reported = await reporter.run();
    const files = reporter.bundle(reported);
    expect([...files.keys()].sort()).toEqual(reported.files);
    expect(reported.files).toEqual(expect.arrayContaining(Object.values(BUNDLE)));
    expect(problems(onDisk(files), reporter)).toEqual([]);
    expect(referencesIn(onDisk(files), reporter.system.world.clock.now())).toEqual([]);
    expect(JSON.parse(reporter.objects.get('latest.json') ?? '')).toEqual({
      prefix: reported.prefix,
      manifestSha256: reported.manifestSha256,
    });
  });

  it('sees the registry, the chains and the seal as they are', async () => {
    const reporter = await lived();
    const files = reporter.bundle(await reporter.run());
    const fact = (name: string) => JSON.parse(files.get(`evidence/${name}.json`) ?? '') as { value: never };
    expect(fact('inventory').value).toMatchObject({ tokens: 1, owners: 1, liveVersions: 1 });
    expect(fact('activity').value).toMatchObject({
      records: reporter.system.ports.registry.log.length,
      malformed: 0,
      imageless: 0,
      truncated: false,
    });
    expect(fact('seal').value).toMatchObject({ segments: 1, unsealed: 0, lost: [] });
  });

  it('reads no record from before its window', async () => {
    const reporter = await lived();
    reporter.system.world.clock.advance(31 * 86_400_000);
    const files = reporter.bundle(await reporter.run());
    expect(JSON.parse(files.get('evidence/activity.json') ?? '')).toMatchObject({ value: { records: 0 } });
  });

  it('takes a source that cannot be read for not seen, and goes on', async () => {
    const reporter = await lived();
    const good = await reporter.run();
    reporter.readers.keys = () => Promise.reject(new TypeError('no'));
    reporter.readers.template = () => Promise.reject('no');
    const blind = await reporter.run();
    expect(blind.satisfied).toBeLessThan(good.satisfied);
    const files = reporter.bundle(blind);
    expect(JSON.parse(files.get('evidence/keys.json') ?? '')).toEqual({
      seen: false,
      source: 'KMS DescribeKey',
      reason: 'TypeError',
    });
    expect(JSON.parse(files.get('evidence/queues.json') ?? '')).toMatchObject({ seen: false });
    expect(files.get('index.html')).toContain('SC-12');
    expect(files.get('index.html')).toContain('cannot see: TypeError');
  });

  it('says what changed since the run before, and chains their manifests', async () => {
    const reporter = await lived();
    const first = await reporter.run();
    expect(reporter.bundle(first).get('index.html')).toContain('This is the first run');
    const second = await reporter.run();
    expect(reporter.bundle(second).get('index.html')).toContain('Nothing since');
    reporter.readers.lock = async () => ({ bucket: 'log', mode: 'GOVERNANCE', days: 1, versioned: true });
    const third = await reporter.run();
    const page = reporter.bundle(third).get('index.html') ?? '';
    expect(page).toContain('<td>AU-9</td>');
    expect(page).toContain('<td>lock.retention</td>');
    expect(third.failing).toContain('lock.retention');
    expect(JSON.parse(reporter.bundle(third).get(BUNDLE.manifest) ?? '')).toMatchObject({
      previous: second.manifestSha256,
    });
  });

  it('keeps the restore drill that it is told of', async () => {
    const reporter = await lived();
    const drill = (reported: Reported) =>
      JSON.parse(reporter.bundle(reported).get('evidence/drill.json') ?? '') as unknown;
    expect(drill(await reporter.run())).toMatchObject({ seen: false });
    expect(drill(await reporter.run({ drill: { items: 7, differences: 0 } }))).toMatchObject({
      value: { items: 7, differences: 0 },
    });
    expect(drill(await reporter.run())).toMatchObject({ value: { items: 7 } });
  });

  it('on an emulator says so everywhere and shows nothing inherited', async () => {
    const [real, emulated] = [await lived(), await lived(true)];
    const [on, off] = [await real.run(), await emulated.run()];
    expect(off.satisfied).toBeLessThan(on.satisfied);
    const files = emulated.bundle(off);
    expect(files.get(BUNDLE.page)).toContain('Environment: emulated');
    expect(files.get(BUNDLE.results)).not.toContain('"value":"aws"');
  });

  it('lets the summary of a bundle that is gone be gone', async () => {
    const reporter = await lived();
    const first = await reporter.run();
    reporter.objects.delete(`${first.prefix}${BUNDLE.summary}`);
    expect(reporter.bundle(await reporter.run()).get('index.html')).toContain('This is the first run');
  });

  it('fails rather than count a chain that lost records while it was read', async () => {
    const reporter = await lived();
    const heads = await reporter.system.ports.registry.shardHeads();
    reporter.ports.registry.shardHeads = async () => heads.map((head) => ({ ...head, seq: head.seq + 5 }));
    const files = reporter.bundle(await reporter.run());
    expect(JSON.parse(files.get('evidence/activity.json') ?? '')).toMatchObject({
      seen: false,
      reason: 'truncated',
    });
  });
});

describe('a bundle that was touched', () => {
  it('is found by any byte of its envelope and of its manifest', async () => {
    const reporter = await lived();
    const files = reporter.bundle(await reporter.run());
    const disk = onDisk(files);
    for (const name of [BUNDLE.envelope, BUNDLE.manifest]) {
      const text = files.get(name) ?? '';
      const passed = Array.from({ length: Buffer.byteLength(text) }, (_, at) => at).filter(
        (at) => problems(changed(disk, name, flipped(text, at)), reporter).length === 0,
      );
      expect([name, passed]).toEqual([name, []]);
    }
  });

  it('is found by a byte of any other file', async () => {
    const reporter = await lived();
    const files = reporter.bundle(await reporter.run());
    const disk = onDisk(files);
    const others = [...files].filter(([name]) => name !== BUNDLE.envelope && name !== BUNDLE.manifest);
    expect(others.length).toBeGreaterThan(10);
    for (const [name, text] of others) {
      const length = Buffer.byteLength(text);
      for (const at of [0, 1, Math.floor(length / 2), length - 2, length - 1]) {
        expect(problems(changed(disk, name, flipped(text, at)), reporter)).toEqual([
          { file: name, problem: 'changed' },
        ]);
      }
    }
  });

  it('is found by a file that is missing or does not belong', async () => {
    const reporter = await lived();
    const files = reporter.bundle(await reporter.run());
    for (const name of files.keys()) {
      const rest = new Map(files);
      rest.delete(name);
      expect(problems(onDisk(rest), reporter)).toEqual([{ file: name, problem: 'missing' }]);
    }
    expect(problems(changed(onDisk(files), 'notes.txt', 'x'), reporter)).toEqual([
      { file: 'notes.txt', problem: 'not in the manifest' },
    ]);
  });

  it('is not accepted under another key, or with the envelope of another bundle', async () => {
    const reporter = await lived();
    const [first, second] = [await reporter.run(), await reporter.run()];
    const files = reporter.bundle(second);
    const other = await createReporter();
    expect(problems(onDisk(files), other)).toEqual([{ file: BUNDLE.envelope, problem: 'wrong-key' }]);
    const renamed = { ...reporter, key: noteKey('other', reporter.key.spki) };
    expect(problems(onDisk(files), renamed)).toEqual([{ file: BUNDLE.envelope, problem: 'wrong-key' }]);
    const old = reporter.bundle(first).get(BUNDLE.envelope) ?? '';
    expect(problems(changed(onDisk(files), BUNDLE.envelope, old), reporter)).toEqual([
      { file: BUNDLE.manifest, problem: 'changed' },
    ]);
  });
});
