import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkpointOf, compose, type Read, type SealPolicy, sealed } from '#core/seal/decide.ts';
import { EMPTY_TREE, rootOf } from '#core/seal/merkle.ts';
import { type Checkpoint, checkpointText, noteKey, signedNote } from '#core/seal/note.ts';
import { type SealState, UNSEALED } from '#core/seal/state.ts';
import {
  endOfLog,
  type LogView,
  readCheckpoint,
  readSegment,
  type Trust,
  UNREAD,
} from '#core/seal/verify.ts';
import { chainOf, NOW, readOf } from './chains.ts';

const policy: SealPolicy = { origin: 'tokenward/111122223333/eu-west-1/dev', heartbeatMs: 300_000 };
/** By when a segment of {@link NOW} promises the next. */
const DUE = NOW + policy.heartbeatMs + 300_000;
const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const signerOf = ({ publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })) => {
  const own = noteKey(policy.origin, publicKey.export({ type: 'spki', format: 'der' }));
  const sealWith = (checkpoint: Checkpoint): string => {
    const text = checkpointText(checkpoint);
    return signedNote(text, own, sign('sha256', Buffer.from(text), privateKey));
  };
  return { key: own, noteOf: sealWith };
};
const { key, noteOf } = signerOf(pair);
const segmentOf = (read: Read, state: SealState, at: number) => {
  const { segment } = compose(state, read, at, policy);
  if (segment === undefined) throw new Error('nothing was composed');
  return segment;
};
const first = segmentOf(readOf([3, 2]), UNSEALED, NOW);
const after = sealed(UNSEALED, first);
/** A heartbeat, sealed at the given time. */
const beatAt = (at: number) => segmentOf([], after, at);
const viewOf = (trust: Trust): LogView => readSegment(UNREAD, 0, first.body, trust).view;

describe('a log read piece by piece', () => {
  it('promises a time, and may use it to the last millisecond', () => {
    const view = viewOf({ key });
    expect(readSegment(view, 1, beatAt(DUE).body, { key }).findings).toEqual([]);
    expect(readSegment(view, 1, beatAt(DUE + 1).body, { key }).findings).toMatchObject([
      { reason: 'silence' },
    ]);
    expect(endOfLog(view, DUE, { key })).toEqual([]);
    expect(endOfLog(view, DUE + 1, { key })).toMatchObject([{ reason: 'stale' }]);
  });

  it('may have been silent before what is trusted, but not from there on', () => {
    const late = beatAt(DUE + 1);
    const upTo = { key, since: checkpointOf(late) };
    expect(readSegment(viewOf(upTo), 1, late.body, upTo).findings).toEqual([]);
    const from = { key, since: checkpointOf(first) };
    expect(readSegment(viewOf(from), 1, late.body, from).findings).toMatchObject([{ reason: 'silence' }]);
  });

  it('does not hold where its signature is over another size with the same root', () => {
    const { size, ...checkpoint } = checkpointOf(first);
    expect(readCheckpoint(viewOf({ key }), noteOf({ ...checkpoint, size }), { key }).findings).toEqual([]);
    expect(
      readCheckpoint(viewOf({ key }), noteOf({ ...checkpoint, size: size + 1 }), { key }).findings,
    ).toEqual([{ reason: 'root-mismatch', segment: 0, detail: '4 leaves were signed, 3 are there' }]);
  });

  it('begins with every log that was seen empty', () => {
    const since = { origin: policy.origin, size: 0, root: rootOf(EMPTY_TREE) };
    expect(endOfLog(viewOf({ key, since }), NOW, { key, since })).toEqual([]);
  });

  it('begins with the first record of each chain', () => {
    const { head } = chainOf(3, 1);
    const rest = chainOf(3, 2, head);
    const cut = segmentOf(
      [{ wanted: { shard: 3, from: 2, count: 2, head: rest.head.hash }, records: rest.records }],
      { ...UNSEALED, shards: [head] },
      NOW,
    );
    expect(readSegment(UNREAD, 0, cut.body, { key }).findings).toMatchObject([
      { reason: 'gap', shard: 3, seq: 1 },
    ]);
  });

  it('says of a last line without an end that it has none', () => {
    expect(readSegment(UNREAD, 0, first.body.slice(0, -1), { key }).findings).toEqual([
      { reason: 'truncated', segment: 0, line: 3, detail: 'the last line does not end' },
    ]);
  });
});

describe('keys that take over', () => {
  const [second, third, stranger] = [signerOf(), signerOf(), signerOf()];
  const trust: Trust = { key, successors: [second.key, third.key] };
  const checkpoint = checkpointOf(first);
  const opened = (note: string, signer = 0) => {
    const { view, findings } = readCheckpoint({ ...viewOf(trust), signer }, note, trust);
    return [view.signer, ...findings.map(({ reason }) => reason)];
  };

  it('sign in turn, each from when it first does', () => {
    expect(opened(noteOf(checkpoint))).toEqual([0]);
    expect(opened(second.noteOf(checkpoint))).toEqual([1]);
    expect(opened(third.noteOf(checkpoint))).toEqual([2]);
    expect(opened(second.noteOf(checkpoint), 1)).toEqual([1]);
    expect(opened(third.noteOf(checkpoint), 1)).toEqual([2]);
  });

  it('sign nothing any more once another has', () => {
    expect(opened(noteOf(checkpoint), 1)).toEqual([1, 'wrong-key']);
    expect(opened(second.noteOf(checkpoint), 2)).toEqual([2, 'wrong-key']);
    expect(opened(stranger.noteOf(checkpoint))).toEqual([0, 'wrong-key']);
  });

  it('do not vouch for what one of them has signed badly', () => {
    const changed = noteOf(checkpoint).replace(/\n\d+\n/, '\n99\n');
    const both = `${changed}${second.noteOf(checkpoint).split('\n').at(-2)}\n`;
    expect(opened(both)).toEqual([0, 'bad-signature']);
    const sound = `${third.noteOf(checkpoint)}${noteOf({ ...checkpoint, size: 1 })
      .split('\n')
      .at(-2)}\n`;
    expect(opened(sound)).toEqual([0, 'bad-signature']);
  });

  it('are none where none is named', () => {
    const alone = readCheckpoint(viewOf({ key }), second.noteOf(checkpoint), { key });
    expect(alone.findings).toEqual([{ reason: 'wrong-key', segment: 0 }]);
  });
});
