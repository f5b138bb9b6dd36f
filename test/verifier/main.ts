import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { leafHash } from '#core/seal/merkle.ts';
import { checkpointName, segmentName } from '#core/seal/names.ts';
import { openCheckpoint, vkeyText } from '#core/seal/note.ts';
import { consistencyRanges, inclusionRanges, proofOver } from '#core/seal/proof.ts';
import { createDesk } from '#test/cli/harness.ts';
import { createSealer, POLICY, type Sealer } from '#test/seal/sealer.ts';
import { evidenceHolds } from './evidence.ts';

/**
 * Has what the sealer writes judged by an independent verifier in Go: every leaf of a log and every two of its
 * checkpoints must be accepted, and with any one byte of a claim changed it must be refused. So it is with a bundle
 * of evidence.
 */

/** As test/verifier/main.go reads it. */
interface Claim {
  readonly vkey: string;
  readonly origin: string;
  readonly note: Buffer;
  readonly old: Buffer;
  readonly leaf: Buffer;
  readonly index: number;
  readonly inclusion: readonly Buffer[];
  readonly consistency: readonly Buffer[];
}

const FOLDER = import.meta.dirname;

function go(args: readonly string[], input = ''): string {
  const ran = spawnSync('go', args, {
    cwd: FOLDER,
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, GOFLAGS: '-mod=readonly' },
  });
  if (ran.error !== undefined && 'code' in ran.error && ran.error.code === 'ENOENT') {
    throw new Error(
      'no `go` on the path: the independent verifier needs Go 1.25 or newer (https://go.dev/dl)',
    );
  }
  if (ran.status !== 0) throw new Error(`go ${args.join(' ')} ended in ${ran.status}:\n${ran.stderr}`);
  return ran.stdout;
}

/** A claim for each leaf under each checkpoint that holds it, continuing each checkpoint before. */
function claimsOf({ seal, key }: Sealer): Claim[] {
  const { objects } = seal.archive;
  const numbers = Array.from({ length: objects.size / 2 }, (_, number) => number);
  const leaves = numbers.flatMap((number) => (objects.get(segmentName(number)) ?? '').trimEnd().split('\n'));
  const hashes = leaves.map(leafHash);
  const notes = numbers.map((number) => {
    const note = objects.get(checkpointName(number)) ?? '';
    const opened = openCheckpoint(note, key);
    if (!opened.ok) throw new Error(`checkpoint ${number}: ${opened.error.reason}`);
    return { note, size: opened.value.size };
  });
  const vkey = vkeyText(key);
  return notes.flatMap(({ note, size }, at) =>
    leaves.slice(0, size).map((leaf, index): Claim => {
      const old = notes[index % (at + 1)] as { note: string; size: number };
      return {
        vkey,
        origin: POLICY.origin,
        note: Buffer.from(note),
        old: Buffer.from(old.note),
        leaf: Buffer.from(leaf),
        index,
        inclusion: proofOver(inclusionRanges(index, size), hashes.slice(0, size)).map(fromHex),
        consistency: proofOver(consistencyRanges(old.size, size), hashes.slice(0, size)).map(fromHex),
      };
    }),
  );
}

const fromHex = (hash: string): Buffer => Buffer.from(hash, 'hex');

/** The claim with each byte of each of its parts changed in turn. */
function* flipped(claim: Claim): Generator<Claim> {
  const { note, old, leaf, index, inclusion, consistency } = claim;
  for (const bytes of flips(note)) if (!sameSignature(bytes, note)) yield { ...claim, note: bytes };
  for (const bytes of flips(old)) if (!sameSignature(bytes, old)) yield { ...claim, old: bytes };
  for (const bytes of flips(leaf)) yield { ...claim, leaf: bytes };
  yield { ...claim, index: index + 1 };
  for (const [at, hash] of inclusion.entries()) {
    for (const bytes of flips(hash)) yield { ...claim, inclusion: inclusion.with(at, bytes) };
  }
  for (const [at, hash] of consistency.entries()) {
    for (const bytes of flips(hash)) yield { ...claim, consistency: consistency.with(at, bytes) };
  }
}

function* flips(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    yield changed;
  }
}

/** Base64 has spare bits at its end: a character changed there stands for the same signature, and Go's reader takes it. */
function sameSignature(changed: Buffer, note: Buffer): boolean {
  const at = note.lastIndexOf(' ') + 1;
  const signature = (bytes: Buffer): string =>
    Buffer.from(bytes.toString('latin1', at), 'base64').toString('hex');
  return (
    changed.subarray(0, at).equals(note.subarray(0, at)) &&
    signature(changed) === signature(note) &&
    changed.at(-1) === note.at(-1)
  );
}

/** The verdicts, in order. */
const judge = (claims: readonly Claim[]): string[] => judgeText(claims.map(lineOf).join('\n'));

const judgeText = (claims: string): string[] => go(['run', '.'], claims).trimEnd().split('\n');

/** What the command says of the last record, with the first checkpoint as the one that was seen. */
async function provenByCommand({ seal, key, ports }: Sealer): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'tokenward-proven-'));
  try {
    const files = new Map([...seal.archive.objects, ['log.vkey', vkeyText(key)]]);
    for (const [name, text] of files) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text);
    }
    const { shard, seq } = ports.registry.log.at(-1) ?? { shard: 0, seq: 0 };
    const options = { bundle: '.', vkey: 'log.vkey', since: checkpointName(0) };
    const paths = Object.entries(options).flatMap(([name, path]) => [`--${name}`, join(dir, path)]);
    const ran = await createDesk().run(['audit', 'prove', '--record', `${shard}/${seq}`, ...paths]);
    if (ran.code !== 0) throw new Error(ran.err);
    return ran.out;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const lineOf = (claim: Claim): string =>
  JSON.stringify({
    ...claim,
    note: claim.note.toString('base64'),
    old: claim.old.toString('base64'),
    leaf: claim.leaf.toString('base64'),
    inclusion: claim.inclusion.map((hash) => hash.toString('base64')),
    consistency: claim.consistency.map((hash) => hash.toString('base64')),
  });

async function main(): Promise<boolean> {
  const sealer = await createSealer();
  await sealer.live(5, 1, 0, 9, 3);
  const genuine = claimsOf(sealer);
  const verdicts = judge(genuine);
  const refused = verdicts.filter((verdict) => verdict !== 'accepted');
  const checkpoints = sealer.seal.archive.objects.size / 2;
  console.log(`${genuine.length} claims under ${checkpoints} checkpoints: ${refused.length} refused`);
  for (const verdict of refused.slice(0, 3)) console.error(verdict);

  const byCommand = judgeText(await provenByCommand(sealer)).join();
  console.log(`the claim that "tokenward audit prove" prints: ${byCommand}`);

  const base = genuine.findLast(
    ({ consistency, inclusion }) => consistency.length > 1 && inclusion.length > 1,
  );
  if (base === undefined) throw new Error('no claim has both proofs');
  const bent = [...flipped(base)];
  const judged = judge(bent);
  const taken = bent.filter((_, at) => judged[at] === 'accepted');
  console.log(`${bent.length} claims with one byte changed: ${taken.length} accepted`);
  for (const claim of taken.slice(0, 3)) console.error(lineOf(claim));
  const whole = [refused, taken].every(({ length }) => length === 0) && judged.length === bent.length;
  return (await evidenceHolds(judgeText)) && whole && byCommand === 'accepted';
}

try {
  if (!(await main())) process.exitCode = 1;
} catch (fault) {
  console.error(fault instanceof Error ? fault.message : fault);
  process.exitCode = 1;
}
