import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkpointName } from '#core/seal/names.ts';
import {
  checkpointText,
  type NoteKey,
  noteKey,
  openCheckpoint,
  signedNote,
  vkeyText,
} from '#core/seal/note.ts';
import type { CheckpointSigner } from '#core/seal/ports.ts';
import { createSealer, POLICY, type Sealer } from '#test/seal/sealer.ts';
import { createDesk, type Ran } from './harness.ts';

/** The drill of docs/runbook.md, "The signing key of the log": another key takes over, and the log stays one log. */

let dir: string;
let sealer: Sealer;
let second: { readonly signer: CheckpointSigner; readonly key: NoteKey };

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tokenward-signing-'));
  sealer = await createSealer();
  second = successor();
  await sealer.live(9, 5);
  for (const count of [7, 0, 3]) {
    await sealer.act(count);
    await sealer.run({ signer: second.signer });
    sealer.world.clock.advance(60_000);
  }
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function successor(): typeof second {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return {
    key: noteKey(POLICY.origin, spki),
    signer: { publicKey: async () => spki, sign: async (text) => sign('sha256', text, privateKey) },
  };
}

async function put(name: string, text: string): Promise<string> {
  const path = join(dir, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

/** `audit verify --bundle`, as an assessor runs it, with the keys in this order. */
async function verify(keys: readonly NoteKey[], ...more: string[]): Promise<Ran> {
  for (const [name, body] of sealer.seal.archive.objects) await put(join('log', name), body);
  const vkey = await put('log.vkey', keys.map((key) => `${vkeyText(key)}\n`).join(''));
  const asOf = new Date(sealer.world.clock.now()).toISOString();
  const line = ['audit', 'verify', '--bundle', join(dir, 'log'), '--vkey', vkey, '--as-of', asOf];
  return createDesk().run([...line, '--json', ...more]);
}

const noteAt = (segment: number): string => sealer.seal.archive.objects.get(checkpointName(segment)) ?? '';

describe('checkpoints under two keys', () => {
  it('verify across the change, also since a checkpoint of the first', async () => {
    expect(openCheckpoint(noteAt(1), sealer.key).ok).toBe(true);
    expect(openCheckpoint(noteAt(2), second.key).ok).toBe(true);
    const whole = await verify([sealer.key, second.key]);
    expect([whole.code, whole.out]).toEqual([0, expect.stringContaining('"holds": true')]);
    for (const segment of [0, 1, 2, 3]) {
      const since = await put('seen.txt', noteAt(segment));
      expect((await verify([sealer.key, second.key], '--since', since)).code, String(segment)).toBe(0);
    }
  });

  it('need both keys, in the order in which they were used', async () => {
    for (const keys of [
      [sealer.key],
      [second.key],
      [second.key, sealer.key],
      [sealer.key, successor().key],
    ]) {
      const { code, out } = await verify(keys);
      expect([code, out]).toEqual([1, expect.stringContaining('wrong-key')]);
    }
  });

  it('are not signed by a key whose time is over: whoever kept it adds nothing', async () => {
    const opened = openCheckpoint(noteAt(3), second.key);
    if (!opened.ok) throw new Error(opened.error.reason);
    const text = checkpointText(opened.value);
    const old = sign('sha256', Buffer.from(text), sealer.seal.signer.privateKey);
    sealer.seal.archive.objects.set(checkpointName(3), signedNote(text, sealer.key, old));
    const { code, out } = await verify([sealer.key, second.key]);
    expect(code).toBe(1);
    expect(JSON.parse(out).findings).toEqual([{ reason: 'wrong-key', segment: 3 }]);
  });

  it('prove a record to whoever knows the key of the last one', async () => {
    await verify([sealer.key, second.key]);
    const seen = await put('seen.txt', noteAt(0));
    const line = ['audit', 'prove', '--record', '0/1', '--bundle', join(dir, 'log')];
    const { code, out } = await createDesk().run([...line, '--vkey', join(dir, 'log.vkey'), '--since', seen]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ vkey: vkeyText(second.key), origin: POLICY.origin });
  });
});
