import { createPublicKey, verify } from 'node:crypto';
import canonicalize from 'canonicalize';
import { jsonIn } from '../json.ts';
import { ok, type Result, refuse } from '../result.ts';
import type { NoteKey } from '../seal/note.ts';

/** in-toto's own; what a DSSE envelope says that it carries. */
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATE_TYPE = 'urn:tokenward:evidence:v1';

/** An in-toto statement about one file: the manifest of a bundle. */
export interface Statement {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly [{ readonly name: string; readonly digest: { readonly sha256: string } }];
  readonly predicateType: typeof PREDICATE_TYPE;
  readonly predicate: {
    readonly collectedAt: string;
    readonly environment: 'emulated' | 'aws';
    /** The digest of the manifest of the run before; absent in the first. */
    readonly previous?: string;
  };
}

export const statementOf = (
  subject: { readonly name: string; readonly sha256: string },
  predicate: Statement['predicate'],
): Statement => ({
  _type: STATEMENT_TYPE,
  subject: [{ name: subject.name, digest: { sha256: subject.sha256 } }],
  predicateType: PREDICATE_TYPE,
  predicate,
});

/** What is signed (DSSE, pre-authentication encoding): it cannot be taken for a checkpoint. */
export function preAuthentication(payload: string): Uint8Array {
  return Buffer.from(
    `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${Buffer.byteLength(payload)} ${payload}`,
  );
}

/** The statement's bytes: RFC 8785, so that one statement has one signature input. */
export const payloadOf = (statement: Statement): string => canonicalize(statement) as string;

/** The envelope's bytes, in RFC 8785 form. `signature`: ASN.1 DER, as KMS gives it. */
export const envelopeOf = (payload: string, key: NoteKey, signature: Uint8Array): string =>
  `${canonicalize({
    payload: Buffer.from(payload).toString('base64'),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid: `${key.name}+${key.id}`, sig: Buffer.from(signature).toString('base64') }],
  })}\n`;

export type EnvelopeRefusal = { readonly reason: 'malformed' | 'wrong-key' | 'bad-signature' };

/** Opens an envelope that this key must have signed. One envelope has one form: anything else is refused. */
export function openEnvelope(text: string, key: NoteKey): Result<Statement, EnvelopeRefusal> {
  const read = jsonIn(text) as {
    payload?: unknown;
    signatures?: readonly { keyid?: unknown; sig?: unknown }[];
  };
  const [signature] = read?.signatures ?? [];
  if (typeof read?.payload !== 'string' || typeof signature?.sig !== 'string')
    return refuse({ reason: 'malformed' });
  const payload = Buffer.from(read.payload, 'base64').toString('utf8');
  const der = Buffer.from(signature.sig, 'base64');
  if (signature.keyid !== `${key.name}+${key.id}`) return refuse({ reason: 'wrong-key' });
  if (envelopeOf(payload, key, der) !== text) return refuse({ reason: 'malformed' });
  const publicKey = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' });
  if (!verify('sha256', preAuthentication(payload), publicKey, der))
    return refuse({ reason: 'bad-signature' });
  const statement = jsonIn(payload) as Statement | undefined;
  const whole = statement?._type === STATEMENT_TYPE && statement.predicateType === PREDICATE_TYPE;
  return whole ? ok(statement) : refuse({ reason: 'malformed' });
}
