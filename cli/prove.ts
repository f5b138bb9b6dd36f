import { leafHash } from '#core/seal/merkle.ts';
import { vkeyText } from '#core/seal/note.ts';
import { consistencyRanges, createProver, inclusionRanges } from '#core/seal/proof.ts';
import { parseRecord } from '#core/seal/segment.ts';
import { textOf, type Values } from './arguments.ts';
import { type Bundle, openBundle } from './bundle.ts';
import { CliError, EXIT, type ExitCode } from './fault.ts';
import { json } from './print.ts';
import type { Session } from './session.ts';
import { checkpointIn, keysIn, openedBy } from './verify-bundle.ts';

/**
 * What anybody with an RFC 6962 library needs to see for themselves that one record is in the log (AU-10): the last
 * checkpoint, the record's line, its place, and the proofs. Bytes and hashes are base64.
 */
export async function auditProve(values: Values, session: Session): Promise<ExitCode> {
  const [record, dir, vkey, seen] = ['record', 'bundle', 'vkey', 'since'].map((name) => textOf(values, name));
  if (record === undefined || dir === undefined || vkey === undefined) {
    throw new CliError('usage', 'give --record SHARD/SEQ, --bundle DIR and --vkey FILE');
  }
  const [, shard, seq] = /^(\d{1,3})\/(\d{1,12})$/.exec(record) ?? [];
  if (seq === undefined) throw new CliError('usage', '--record takes shard/seq, such as 17/1234');
  const keys = await keysIn(vkey);
  const bundle = await openBundle(dir);
  const note = (await bundle.checkpoint(bundle.segments.at(-1) ?? -1)) ?? '';
  const opened = openedBy(note, keys);
  if (!opened.ok) throw new CliError('refused', `the last checkpoint does not open (${opened.error.reason})`);
  const { key, checkpoint } = opened.value;
  const { size, origin, root } = checkpoint;
  const old = seen === undefined ? { note, size } : await checkpointIn(seen, keys);
  if (old.size > size)
    throw new CliError('refused', `the log has ${size} leaves, ${old.size} were seen: it is cut`);
  const found = await find(bundle, Number(shard), Number(seq));
  if (found === undefined || found.index >= size) {
    throw new CliError('refused', `record ${record} is not in the sealed log`);
  }
  const inclusion = createProver(inclusionRanges(found.index, size));
  const consistency = createProver(consistencyRanges(old.size, size));
  for await (const line of leavesOf(bundle)) {
    const leaf = leafHash(line);
    inclusion.add(leaf);
    consistency.add(leaf);
  }
  session.out(
    json({
      vkey: vkeyText(key),
      origin,
      note: base64(note),
      old: base64(old.note),
      leaf: base64(found.line),
      index: found.index,
      size,
      root,
      inclusion: inclusion.hashes().map(fromHex),
      consistency: consistency.hashes().map(fromHex),
    }),
  );
  return EXIT.done;
}

async function find(
  bundle: Bundle,
  shard: number,
  seq: number,
): Promise<{ readonly index: number; readonly line: string } | undefined> {
  const named = [`"seq":${seq},`, `"shard":${shard}`];
  let index = 0;
  for await (const line of leavesOf(bundle)) {
    const record = named.every((part) => line.includes(part)) ? parseRecord(line) : undefined;
    if (record?.shard === shard && record.seq === seq) return { index, line };
    index++;
  }
  return undefined;
}

async function* leavesOf(bundle: Bundle): AsyncGenerator<string> {
  for (const number of bundle.segments) yield* (await bundle.segment(number)).trimEnd().split('\n');
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const fromHex = (hash: string): string => Buffer.from(hash, 'hex').toString('base64');
