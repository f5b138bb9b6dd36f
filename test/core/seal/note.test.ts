import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  checkpointText,
  type NoteKey,
  noteKey,
  openCheckpoint,
  parseVkey,
  parseVkeys,
  signedNote,
  vkeyText,
} from '#core/seal/note.ts';

const pair = (namedCurve = 'prime256v1') => generateKeyPairSync('ec', { namedCurve });
const spkiOf = (keys: ReturnType<typeof pair>): Uint8Array =>
  keys.publicKey.export({ type: 'spki', format: 'der' });
const ORIGIN = 'tokenward/111122223333/eu-west-1/prod';
const ours = pair();
const key = noteKey(ORIGIN, spkiOf(ours));
const checkpoint: Checkpoint = { origin: ORIGIN, size: 4_711, root: 'ab'.repeat(32) };
const noteOf = (text: string, by: NoteKey = key, from = ours.privateKey): string =>
  signedNote(text, by, sign('sha256', Buffer.from(text), from));

describe('a checkpoint', () => {
  it('is origin, size and root, a line each', () => {
    expect(checkpointText(checkpoint)).toBe(
      `${ORIGIN}\n4711\n${Buffer.from('ab'.repeat(32), 'hex').toString('base64')}\n`,
    );
  });

  it('opens under the key that signed it', () => {
    const note = noteOf(checkpointText(checkpoint));
    expect(note).toMatch(/\n\n— tokenward\/111122223333\/eu-west-1\/prod [A-Za-z0-9+/=]+\n$/);
    expect(openCheckpoint(note, key)).toEqual({ ok: true, value: checkpoint });
  });

  it('opens at any size', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (size) => {
        expect(openCheckpoint(noteOf(checkpointText({ ...checkpoint, size })), key)).toMatchObject({
          value: { size },
        });
      }),
      { numRuns: 20 },
    );
  });

  it('does not open with any bit of it changed', () => {
    const note = Buffer.from(noteOf(checkpointText(checkpoint)));
    for (let bit = 0; bit < note.length * 8; bit++) {
      const changed = Buffer.from(note);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(openCheckpoint(changed.toString(), key).ok, `bit ${bit}`).toBe(false);
    }
  });

  it('passes over the signatures of others, and wants its own', () => {
    const text = checkpointText(checkpoint);
    const other = pair();
    const witness = noteKey('witness.example', spkiOf(other));
    const line = noteOf(text, witness, other.privateKey).split('\n').at(-2);
    expect(openCheckpoint(`${noteOf(text)}${line}\n`, key).ok).toBe(true);
    expect(openCheckpoint(`${text}\n${line}\n`, key)).toEqual({ ok: false, error: { reason: 'wrong-key' } });
    const sameName = noteKey(ORIGIN, spkiOf(other));
    expect(openCheckpoint(noteOf(text, sameName, other.privateKey), key)).toMatchObject({
      error: { reason: 'wrong-key' },
    });
    const pretender = { ...sameName, id: key.id };
    const forged = noteOf(text, pretender, other.privateKey);
    expect(openCheckpoint(forged, key)).toMatchObject({ error: { reason: 'bad-signature' } });
    const both = `${noteOf(text)}${forged.split('\n').at(-2)}\n`;
    expect(openCheckpoint(both, key)).toMatchObject({ error: { reason: 'bad-signature' } });
  });

  it('opens up to 16,384 bytes and 16 signatures, the shortest of one byte', () => {
    const sound = noteOf(checkpointText(checkpoint));
    const filled = (bytes: number): string => {
      const rest = bytes - Buffer.byteLength(`${sound}—  AAAAAAA=\n`);
      return `${sound}— ${'a'.repeat(rest)} AAAAAAA=\n`;
    };
    expect(openCheckpoint(filled(16_384), key).ok).toBe(true);
    expect(openCheckpoint(filled(16_385), key)).toEqual({ ok: false, error: { reason: 'malformed' } });
    expect(openCheckpoint(sound + '— a AAAAAAA=\n'.repeat(15), key).ok).toBe(true);
  });

  it('without a text is none, whoever is said to have signed it', () => {
    const line = noteOf(checkpointText(checkpoint)).split('\n').at(-2);
    expect(openCheckpoint(`x${line}\n`, key)).toEqual({ ok: false, error: { reason: 'malformed' } });
    expect(openCheckpoint(`\n${line}\n`, key)).toEqual({ ok: false, error: { reason: 'malformed' } });
    expect(openCheckpoint(`\n\n${line}\n`, key)).toEqual({ ok: false, error: { reason: 'bad-signature' } });
  });

  it('of another log is refused, though the same key signed it', () => {
    const note = noteOf(checkpointText({ ...checkpoint, origin: 'tokenward/elsewhere' }));
    expect(openCheckpoint(note, key)).toEqual({ ok: false, error: { reason: 'wrong-origin' } });
  });

  it.each([
    ['a line before it', `before\n${checkpointText(checkpoint)}`],
    ['an extension line', `${checkpointText(checkpoint)}more\n`],
    ['no root', `${ORIGIN}\n1\n`],
    ['a leading zero', checkpointText(checkpoint).replace('\n4711', '\n04711')],
    [
      'a size that no number holds exactly',
      checkpointText(checkpoint).replace('\n4711', '\n9999999999999999'),
    ],
    ['a root that is no base64 of its own bytes', checkpointText(checkpoint).replace(/.=\n$/, 'B=\n')],
  ])('with %s is malformed, though signed', (_what, text) => {
    expect(openCheckpoint(noteOf(text), key)).toEqual({ ok: false, error: { reason: 'malformed' } });
  });

  const sound = noteOf(checkpointText(checkpoint));
  it.each([
    ['empty', ''],
    ['unsigned', `${checkpointText(checkpoint)}\n`],
    ['too long', sound + '— a AAAAAAAA\n'.repeat(2_000)],
    ['signed too often', sound + '— a AAAAAAAA\n'.repeat(16)],
    ['cut', sound.slice(0, -1)],
    ['without a signature in its line', `${checkpointText(checkpoint)}\n— ${ORIGIN} AAAA\n`],
    ['with base64 of other bits', `${checkpointText(checkpoint)}\n— ${ORIGIN} AAAAAAB=\n`],
    ['with more before its signature', sound.replace('— ', 'x— ')],
    ['with more after its signature', sound.replace(/\n$/, ' x\n')],
    ['with another dash', sound.replace('— ', '- ')],
  ])('that is %s is malformed', (_what, note) => {
    expect(openCheckpoint(note, key)).toEqual({ ok: false, error: { reason: 'malformed' } });
  });
});

describe('a verifier key', () => {
  it('reads back', () => {
    expect(parseVkey(vkeyText(key))).toEqual({ ok: true, value: { ...key, spki: Buffer.from(key.spki) } });
    expect(parseVkey(`${vkeyText(key)}\n`).ok).toBe(true);
  });

  /** The key of Sigstore's Rekor, whose checkpoints are of the same format. */
  const REKOR =
    'rekor.sigstore.dev+c0d23d6a+AjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNhtmPtrWm3U1eQXBogSMdGvXwBcK5AW5i0hrZLOC96l+smGNM7nwZ4QvFK/4sueRoVj//QP22Ni4Qt9DPfkWLc=';
  it('has the id that Rekor is known by', () => {
    expect(parseVkey(REKOR)).toMatchObject({ ok: true, value: { id: 'c0d23d6a' } });
  });

  it.each([
    ['empty', '', 'name+id+key'],
    ['with a word before it', `key ${vkeyText(key)}`, 'name+id+key'],
    ['with a word after it', `${vkeyText(key)} key`, 'name+id+key'],
    ['of Ed25519', `${ORIGIN}+00000000+${Buffer.alloc(33, 1).toString('base64')}`, 'type 2'],
    ['of garbage', `${ORIGIN}+00000000+${Buffer.alloc(33, 2).toString('base64')}`, 'P-256'],
    ['on P-384', vkeyText(noteKey(ORIGIN, spkiOf(pair('secp384r1')))), 'P-256'],
    ['under another id', vkeyText({ ...key, id: '00000000' }), `should be ${key.id}`],
  ])('%s is refused', (_what, text, problem) => {
    expect(parseVkey(text)).toMatchObject({
      ok: false,
      error: { problem: expect.stringContaining(problem) },
    });
  });

  it.each(['two words', 'a+b', ''])('is not made under the name "%s"', (name) => {
    expect(() => noteKey(name, key.spki)).toThrow(
      new RangeError(`"${name}" cannot name a key: it has a space or a plus`),
    );
  });

  it('of a private key is refused', () => {
    const pkcs8 = createPrivateKey(ours.privateKey.export({ type: 'pkcs8', format: 'pem' })).export({
      type: 'pkcs8',
      format: 'der',
    });
    expect(parseVkey(vkeyText(noteKey(ORIGIN, pkcs8))).ok).toBe(false);
  });
});

describe('a file of verifier keys', () => {
  const [one, two] = [pair(), pair()].map((keys) => noteKey('log', spkiOf(keys)));
  const text = (...keys: readonly (NoteKey | undefined)[]): string =>
    keys.map((each) => `${each === undefined ? '' : vkeyText(each)}\n`).join('');

  it('reads them in order, past empty lines and remarks', () => {
    expect(parseVkeys(`# 2026\n${text(one)}\n\n# 2027\n${text(two)}`)).toEqual({
      ok: true,
      value: [one, two],
    });
    expect(parseVkeys(text(one))).toEqual({ ok: true, value: [one] });
    expect(parseVkeys(`  \n${text(one)}\t\n`)).toEqual({ ok: true, value: [one] });
  });

  it('are read up to thirty-two', () => {
    const most = Array.from({ length: 32 }, () => noteKey(ORIGIN, spkiOf(pair())));
    const read = parseVkeys(text(...most));
    expect(read.ok && read.value.map(({ id }) => id)).toEqual(most.map(({ id }) => id));
  });

  it.each([
    ['none', '\n# nothing\n', 'it is not name+id+key'],
    ['one twice', text(one, two, one), /is in it twice/],
    ['one that is none', `${text(one)}log+00000000+AAAA\n`, /type 2/],
    ['of two logs', text(one, two && { ...two, name: 'other' }), 'its keys are of different logs'],
    ['too many', text(...Array.from({ length: 33 }, () => one)), 'it holds more than 32 keys'],
  ])('is refused with %s', (_, written, problem) => {
    const read = parseVkeys(written);
    expect(read.ok ? '' : read.error.problem).toMatch(problem);
  });
});
