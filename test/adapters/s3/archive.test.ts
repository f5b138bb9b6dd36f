import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createLogArchive, createWitness } from '#adapters/s3/archive.ts';
import { createWire, type WireAnswer } from '../wire.ts';

const NOW = Date.UTC(2026, 10, 24, 8, 0, 0, 250);
const xml = (code: string, status: number): WireAnswer => ({
  status,
  text: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
});

function archiveOn(...answers: WireAnswer[]) {
  const wire = createWire(...answers);
  const client = new S3Client(wire.config);
  const archive = createLogArchive({ client, bucket: 'log', retentionDays: 400, now: () => NOW });
  return { archive, witness: createWitness(client, 'elsewhere'), calls: wire.calls };
}

describe('createLogArchive', () => {
  it('writes once, locked in compliance mode for the whole time', async () => {
    const { archive, calls } = archiveOn({ text: '' });
    expect(await archive.put('segments/000000000001.ndjson', '{}\n')).toEqual({ ok: true, value: undefined });
    expect(calls[0]?.path).toBe('/segments/000000000001.ndjson');
    expect(calls[0]?.headers).toMatchObject({
      'if-none-match': '*',
      'x-amz-object-lock-mode': 'COMPLIANCE',
      'x-amz-object-lock-retain-until-date': '2027-12-29T08:00:02Z',
      'x-amz-checksum-sha256': expect.any(String),
      'content-type': 'application/x-ndjson',
    });
  });

  it('says that an object exists, and takes nothing else for that', async () => {
    expect(await archiveOn(xml('PreconditionFailed', 412)).archive.put('a', 'b')).toEqual({
      ok: false,
      error: { reason: 'exists' },
    });
    await expect(
      archiveOn(xml('ConditionalRequestConflict', 409)).archive.put('a', 'b'),
    ).rejects.toMatchObject({
      code: 'ConditionalRequestConflict',
    });
    await expect(archiveOn(xml('AccessDenied', 403)).archive.put('a', 'b')).rejects.toMatchObject({
      code: 'AccessDenied',
      outcome: 'not-applied',
    });
    await expect(archiveOn(xml('InternalError', 500)).archive.put('a', 'b')).rejects.toMatchObject({
      outcome: 'maybe-applied',
    });
  });
});

describe('createWitness', () => {
  const said = { segment: 7, size: 12, sha256: 'a'.repeat(64) };

  it('keeps what a checkpoint said, under its number', async () => {
    const { witness, calls } = archiveOn({ text: '' });
    await witness.tell(said);
    expect(calls[0]).toMatchObject({ path: '/witness/000000000007.json', body: said });
    expect(calls[0]?.headers['if-none-match']).toBe('*');
  });

  it('is content when it was told before, and only then', async () => {
    await archiveOn(xml('PreconditionFailed', 412)).witness.tell(said);
    await expect(archiveOn(xml('AccessDenied', 403)).witness.tell(said)).rejects.toMatchObject({
      code: 'AccessDenied',
    });
  });
});
