import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { differences } from '#core/evidence/assess.ts';
import { type BundleOnDisk, digestsOf, sealBundle, sha256, verifyEvidence } from '#core/evidence/bundle.ts';
import { type Check, check, fails, holds, observe } from '#core/evidence/check.ts';
import {
  envelopeOf,
  openEnvelope,
  payloadOf,
  preAuthentication,
  type Statement,
} from '#core/evidence/dsse.ts';
import { ofType } from '#core/evidence/template.ts';
import { type NoteKey, noteKey } from '#core/seal/note.ts';
import { NOW } from '#test/core/builders.ts';
import { goodFacts, seen } from '#test/report/facts.ts';

const pair = (name: string): { readonly key: NoteKey; readonly privateKey: KeyObject } => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { key: noteKey(name, publicKey.export({ type: 'spki', format: 'der' })), privateKey };
};
const ours = pair('tokenward/test/evidence');
const envelope = (statement: Statement, { key, privateKey } = ours): string => {
  const payload = payloadOf(statement);
  return envelopeOf(payload, key, sign('sha256', preAuthentication(payload), privateKey));
};

const environment = { account: '1', region: 'r', env: 'prod', emulated: true };
const FILES = new Map([
  ['b.json', '1'],
  ['c.json', '2'],
  ['a.json', '3'],
]);
const { manifest, statement } = sealBundle(FILES, { at: NOW, environment });
const WHOLE = new Map([...FILES, ['manifest.json', manifest], ['manifest.dsse.json', envelope(statement)]]);

const on = (files: ReadonlyMap<string, string>): BundleOnDisk => ({
  digests: digestsOf(files),
  text: (path) => files.get(path) ?? '',
});
const found = (path: string, text?: string) => {
  const files = new Map(WHOLE);
  if (text === undefined) files.delete(path);
  else files.set(path, text);
  return verifyEvidence(on(files), ours.key);
};

describe('a sealed bundle', () => {
  it('lists every file by path, and says when and where it was made', () => {
    expect(JSON.parse(manifest)).toEqual({
      files: ['3', '1', '2'].map((text, nth) => ({ path: `${'abc'[nth]}.json`, sha256: sha256(text) })),
    });
    expect(statement).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'manifest.json', digest: { sha256: sha256(manifest) } }],
      predicateType: 'urn:tokenward:evidence:v1',
      predicate: { collectedAt: new Date(NOW).toISOString(), environment: 'emulated' },
    });
  });

  it('is found whole', () => {
    expect(verifyEvidence(on(WHOLE), ours.key)).toEqual([]);
  });

  it.each([
    ['a file changed', 'b.json', '4', 'changed'],
    ['a file gone', 'b.json', undefined, 'missing'],
    ['a file more', 'd.json', '4', 'not in the manifest'],
    ['the manifest changed', 'manifest.json', `${manifest} `, 'changed'],
    ['the manifest gone', 'manifest.json', undefined, 'missing'],
    ['the envelope gone', 'manifest.dsse.json', undefined, 'missing'],
    ['the envelope changed', 'manifest.dsse.json', '{}', 'malformed'],
    ['another key', 'manifest.dsse.json', envelope(statement, pair('tokenward/test/other')), 'wrong-key'],
    [
      'another key under the same name',
      'manifest.dsse.json',
      envelope(statement, { ...pair('x'), key: ours.key }),
      'bad-signature',
    ],
  ] as const)('with %s is told', (_what, file, text, problem) => {
    expect(found(file, text)).toEqual([{ file, problem }]);
  });

  it('is not vouched for by a statement about another file', () => {
    const about = { ...statement, subject: [{ ...statement.subject[0], name: 'b.json' }] as const };
    expect(found('manifest.dsse.json', envelope(about))).toEqual([
      { file: 'manifest.json', problem: 'changed' },
    ]);
  });

  it.each([{ _type: '' }, { predicateType: '' }])('is not vouched for by a statement of %j', (part) => {
    expect(openEnvelope(envelope({ ...statement, ...part } as never), ours.key)).toMatchObject({
      error: { reason: 'malformed' },
    });
  });
});

describe('an observation', () => {
  const one = (part: Partial<Check> = {}): Check =>
    ({
      ...check({ id: 'toy', asks: '', fact: 'lock', method: 'EXAMINE', judge: () => holds('it is') }),
      ...part,
    }) as Check;
  const emulated = goodFacts({ environment, lock: seen({ bucket: '', mode: '', days: 0, versioned: true }) });

  it('of what was not seen says why', () => {
    const blind = goodFacts({ lock: { seen: false, source: 'x', reason: 'AccessDenied' } });
    expect(observe(one(), blind)).toMatchObject({
      collectedAt: NOW,
      outcome: { result: 'unseen', says: 'cannot see: AccessDenied' },
    });
  });

  it.each<[Partial<Check>, object]>([
    [{}, { result: 'holds', says: 'it is' }],
    [
      { inherits: 'AWS KMS' },
      { result: 'unseen', says: 'made on an emulator, which shows nothing of AWS KMS. it is' },
    ],
    [
      { inherits: 'AWS KMS', judge: () => fails('it is not') },
      { result: 'fails', says: 'it is not' },
    ],
  ])('on an emulator, with %j', (part, outcome) => {
    expect(observe(one(part), emulated)).toMatchObject({ environment: 'emulated', outcome });
  });

  it('has figures only where there are any', () => {
    expect(Object.keys(holds('a'))).toEqual(['result', 'says']);
    expect(Object.keys(fails('a'))).toEqual(['result', 'says']);
  });
});

it('differences and resources come in the order of their names', () => {
  const none = { at: NOW, checks: {}, figures: {} };
  const now = { ...none, controls: { b: 'satisfied', a: 'satisfied', c: 'satisfied' } } as const;
  expect(differences({ ...none, controls: {} }, now).map(({ what }) => what)).toEqual(['a', 'b', 'c']);
  const resources = Object.fromEntries(['b', 'c', 'a'].map((id) => [id, { Type: 'T' }]));
  expect(ofType({ resources }, 'T').map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});
