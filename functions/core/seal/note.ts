import { createPublicKey, hash, verify } from 'node:crypto';
import { ok, type Result, refuse } from '../result.ts';

/** The head of a log at one size: what a checkpoint says (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** The log's name; also the name of the key in its signature. */
  readonly origin: string;
  readonly size: number;
  /** Hex SHA-256; base64 in the text. */
  readonly root: string;
}

/** A key that signs notes, as a verifier knows it. */
export interface NoteKey {
  readonly name: string;
  /** The first four bytes of SHA-256 over the key in SPKI DER, hex: what C2SP signed-note says of type 0x02. */
  readonly id: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array;
}

/** A signature line's type: ECDSA with SHA-256 over the note's text, in ASN.1 DER, as KMS gives it. */
const ECDSA = '02';
const NOTE_MAX_BYTES = 16_384;
const SIGNATURES_MOST = 16;
const NAME = /^[^\s+]+$/u;

/** The text that is signed: origin, size and root, a line each, and no extension line. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${Buffer.from(root, 'hex').toString('base64')}\n`;
}

/** A public key under its name. @throws RangeError for a name with a space or a plus in it. */
export function noteKey(name: string, spki: Uint8Array): NoteKey {
  if (!NAME.test(name)) throw new RangeError(`"${name}" cannot name a key: it has a space or a plus`);
  return { name, id: hash('sha256', spki, 'hex').slice(0, 8), spki };
}

/** Text and signature as a signed note. `signature`: ASN.1 DER. */
export function signedNote(text: string, key: NoteKey, signature: Uint8Array): string {
  const line = Buffer.concat([Buffer.from(key.id, 'hex'), signature]).toString('base64');
  return `${text}\n— ${key.name} ${line}\n`;
}

/** A key as text that verifiers are configured with: `<name>+<key id>+base64(0x02 || SPKI)`. */
export function vkeyText({ name, id, spki }: NoteKey): string {
  return `${name}+${id}+${Buffer.concat([Buffer.from(ECDSA, 'hex'), spki]).toString('base64')}`;
}

/** Reads {@link vkeyText}; the key must be on P-256 and its id must be its own. */
export function parseVkey(
  text: string,
): Result<NoteKey, { readonly reason: 'bad-vkey'; readonly problem: string }> {
  const bad = (problem: string) => refuse({ reason: 'bad-vkey' as const, problem });
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})\s*$/u.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) return bad('it is not name+id+key');
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes[0] !== Number.parseInt(ECDSA, 16)) return bad('its key is not of type 2, ECDSA');
  const spki = bytes.subarray(1);
  if (curveOf(spki) !== 'prime256v1') return bad('its key is no public key on P-256');
  const key = noteKey(name, spki);
  return key.id === id ? ok(key) : bad(`its id should be ${key.id}`);
}

/** How many keys a log may have had. */
const KEYS_MOST = 32;

/**
 * Reads keys, one a line, in the order in which they took over from one another; all are one log's, each is there once.
 * Empty lines and lines that begin with `#` are passed over.
 */
export function parseVkeys(
  text: string,
): Result<readonly [NoteKey, ...NoteKey[]], { readonly reason: 'bad-vkey'; readonly problem: string }> {
  const bad = (problem: string) => refuse({ reason: 'bad-vkey' as const, problem });
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  if (lines.length > KEYS_MOST) return bad(`it holds more than ${KEYS_MOST} keys`);
  const keys: NoteKey[] = [];
  for (const line of lines) {
    const read = parseVkey(line);
    if (!read.ok) return read;
    if (keys.some(({ id }) => id === read.value.id)) return bad(`the key ${read.value.id} is in it twice`);
    if (keys.some(({ name }) => name !== read.value.name)) return bad('its keys are of different logs');
    keys.push(read.value);
  }
  const [first, ...rest] = keys;
  return first === undefined ? bad('it is not name+id+key') : ok([first, ...rest]);
}

/** Why a note is no checkpoint of this log. `wrong-key`: nobody signed it whom the verifier knows. */
export type NoteRefusal = { readonly reason: 'malformed' | 'wrong-key' | 'bad-signature' | 'wrong-origin' };

/**
 * Reads a checkpoint that this key must have signed. Signatures of others are passed over, as C2SP asks; extension
 * lines are refused, since ours have none and they are in no leaf.
 */
export function openCheckpoint(note: string, key: NoteKey): Result<Checkpoint, NoteRefusal> {
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || Buffer.byteLength(note) > NOTE_MAX_BYTES) return refuse({ reason: 'malformed' });
  const text = note.slice(0, split + 1);
  const lines = note.slice(split + 2).split('\n');
  if (lines.pop() !== '' || lines.length > SIGNATURES_MOST) return refuse({ reason: 'malformed' });
  const signatures = lines.map(signatureOf);
  if (signatures.length === 0 || signatures.includes(undefined)) return refuse({ reason: 'malformed' });
  const ours = signatures.filter((line) => line?.name === key.name && line.id === key.id);
  if (ours.length === 0) return refuse({ reason: 'wrong-key' });
  const publicKey = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' });
  const holds = ours.every((line) =>
    verify('sha256', Buffer.from(text), publicKey, (line as SignatureLine).signature),
  );
  if (!holds) return refuse({ reason: 'bad-signature' });
  const checkpoint = checkpointOf(text);
  if (checkpoint === undefined) return refuse({ reason: 'malformed' });
  return checkpoint.origin === key.name ? ok(checkpoint) : refuse({ reason: 'wrong-origin' });
}

interface SignatureLine {
  readonly name: string;
  readonly id: string;
  readonly signature: Uint8Array;
}

function signatureOf(line: string): SignatureLine | undefined {
  const [, name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
  if (name === undefined || encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length < 5 || bytes.toString('base64') !== encoded) return undefined;
  return { name, id: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) };
}

function checkpointOf(text: string): Checkpoint | undefined {
  const [, origin, digits, encoded] =
    /^([^\n]+)\n(0|[1-9]\d{0,15})\n([A-Za-z0-9+/]{43}=)\n$/.exec(text) ?? [];
  if (origin === undefined || digits === undefined || encoded === undefined) return undefined;
  const [size, root] = [Number(digits), Buffer.from(encoded, 'base64')];
  if (!Number.isSafeInteger(size) || root.toString('base64') !== encoded) return undefined;
  return { origin, size, root: root.toString('hex') };
}

function curveOf(spki: Uint8Array): string | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return key.asymmetricKeyDetails?.namedCurve;
  } catch {
    return undefined;
  }
}
