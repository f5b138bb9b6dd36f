import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { draw } from './draw.ts';
import type { CloudTrailRecord } from './record.ts';

const folder = mkdtempSync(join(tmpdir(), 'traffic-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = join(import.meta.dirname, 'write.ts');
const SIZE = ['--seed', '9', '--days', '2', '--credentials', '80'];
const { records, traffic } = draw({ seed: 9, credentials: 80, days: 2 });

function write(name: string, ...more: string[]): string {
  const out = join(folder, name);
  execFileSync(process.execPath, [script, ...SIZE, '--out', out, ...more]);
  return out;
}

const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('the writer', () => {
  it('writes the stream, the bindings, the labels and the geo table', () => {
    const out = write('plain');
    expect(lines(readFileSync(join(out, 'records.ndjson'), 'utf8'))).toEqual(records);
    expect(JSON.parse(readFileSync(join(out, 'bindings.json'), 'utf8'))).toEqual(traffic.bindings);
    expect(JSON.parse(readFileSync(join(out, 'labels.json'), 'utf8'))).toEqual(traffic.labels());
    expect(lines(readFileSync(join(out, 'geo.ndjson'), 'utf8'))).toEqual(traffic.geo);
  });

  it('compresses, and wraps in envelopes', () => {
    const out = write('wrapped', '--format', 'envelopes', '--gz');
    const read = lines(gunzipSync(readFileSync(join(out, 'records.ndjson.gz'))).toString());
    expect(read.map((each) => (each as { detail: CloudTrailRecord }).detail)).toEqual(records);
  });

  it("writes CloudTrail's own files", () => {
    const out = write('files', '--format', 'files', '--gz');
    const files = globSync('AWSLogs/**/*.json.gz', { cwd: out });
    const ids = files.flatMap((file) => {
      const { Records } = JSON.parse(gunzipSync(readFileSync(join(out, file))).toString());
      return (Records as CloudTrailRecord[]).map(({ eventID }) => eventID);
    });
    expect(new Set(ids)).toEqual(new Set(records.map(({ eventID }) => eventID)));
    expect(ids.length).toBeGreaterThan(records.length);
  });

  it.each([
    ['no folder', ['--seed', '1']],
    ['an unknown kind', [...SIZE, '--out', folder, '--kind', 'sorcery']],
    ['an unknown format', [...SIZE, '--out', folder, '--format', 'xml']],
  ])('refuses %s and says how it is used', (_name, args) => {
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('--seed N --out DIR');
  });
});
