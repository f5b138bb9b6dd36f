import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BUNDLE } from '#core/evidence/bundle.ts';
import { vkeyText } from '#core/seal/note.ts';
import { createReporter } from '#test/report/reporter.ts';

/** Of a large file not every byte is tried, but as many places, from its first byte to its last. */
const PLACES = 60;

interface Envelope {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/**
 * Has a bundle that `report` signed judged by the same verifier: whole it must be accepted; with a byte of the signed
 * payload, of the signature or of any file changed, a file gone or one too many, it must be refused. What DSSE does not
 * sign (the envelope's own layout, the hint which key) is not tried here: `tokenward evidence verify` refuses that too.
 */
export async function evidenceHolds(judge: (claims: string) => readonly string[]): Promise<boolean> {
  const reporter = await createReporter();
  const files = reporter.bundle(await reporter.run());
  const dir = mkdtempSync(join(tmpdir(), 'tokenward-evidence-'));
  try {
    for (const [name, text] of files) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text);
    }
    const claim = (changed: Record<string, Buffer> = {}): string =>
      JSON.stringify({
        vkey: vkeyText(reporter.key),
        bundle: dir,
        changed: Object.fromEntries(
          Object.entries(changed).map(([name, bytes]) => [name, bytes.toString('base64')]),
        ),
      });
    const bent = [...changes(files)].map(claim);
    const [whole, ...judged] = judge([claim(), ...bent].join('\n'));
    const taken = judged.filter((verdict) => verdict === 'accepted').length;
    console.log(`a bundle of ${files.size} files: ${whole}; ${bent.length} changes of it: ${taken} accepted`);
    return whole === 'accepted' && judged.length === bent.length && taken === 0;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function* changes(files: ReadonlyMap<string, string>): Generator<Record<string, Buffer>> {
  const envelope = JSON.parse(files.get(BUNDLE.envelope) ?? '') as Envelope;
  const [signature] = envelope.signatures;
  if (signature === undefined) throw new Error('the envelope has no signature');
  const enveloped = (other: Partial<Envelope>): Record<string, Buffer> => ({
    [BUNDLE.envelope]: Buffer.from(JSON.stringify({ ...envelope, ...other })),
  });
  for (const payload of bent(Buffer.from(envelope.payload, 'base64')))
    yield enveloped({ payload: payload.toString('base64') });
  for (const sig of bent(Buffer.from(signature.sig, 'base64')))
    yield enveloped({ signatures: [{ ...signature, sig: sig.toString('base64') }] });
  yield enveloped({ payloadType: 'application/json' });
  yield enveloped({ signatures: [] });
  for (const [name, text] of files) {
    if (name === BUNDLE.envelope) continue;
    for (const bytes of bent(Buffer.from(text), PLACES)) yield { [name]: bytes };
    yield { [name]: Buffer.alloc(0) };
  }
  yield { 'evidence/more.json': Buffer.from('{}\n') };
}

/** With one byte changed: each in turn, or as many as asked for at even distances. */
function* bent(bytes: Buffer, most = bytes.length): Generator<Buffer> {
  const places = Math.min(most, bytes.length);
  for (let place = 0; place < places; place++) {
    const at = Math.floor((place * (bytes.length - 1)) / Math.max(1, places - 1));
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    yield changed;
  }
}
