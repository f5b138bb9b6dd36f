import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type Assessment, assess, differences, summaryOf } from '#core/evidence/assess.ts';
import { documents, readSummary, sealBundle, verifyEvidence } from '#core/evidence/bundle.ts';
import { check, fails, holds, none, unseen } from '#core/evidence/check.ts';
import { CHECKS } from '#core/evidence/collect/all.ts';
import { CONTROLS } from '#core/evidence/controls/all.ts';
import type { Control } from '#core/evidence/controls/control.ts';
import {
  envelopeOf,
  openEnvelope,
  payloadOf,
  preAuthentication,
  type Statement,
  statementOf,
} from '#core/evidence/dsse.ts';
import { property } from '#core/evidence/oscal/common.ts';
import { componentDefinition } from '#core/evidence/oscal/component.ts';
import { noteKey } from '#core/seal/note.ts';
import { NOW } from '#test/core/builders.ts';
import { goodFacts, SETTINGS } from '#test/report/facts.ts';

const facts = goodFacts();
const assessment = assess(facts, CONTROLS, CHECKS, 'test 1');
const files = documents(facts, assessment, CONTROLS);

describe('the envelope', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const key = noteKey('tokenward/test/evidence', publicKey.export({ type: 'spki', format: 'der' }));
  const statement = statementOf(
    { name: 'manifest.json', sha256: 'a'.repeat(64) },
    { collectedAt: 'now', environment: 'aws' },
  );
  const signed = (payload: string): string =>
    envelopeOf(payload, key, sign('sha256', preAuthentication(payload), privateKey));
  const good = signed(payloadOf(statement));
  const opened = (text: string) => {
    const read = openEnvelope(text, key);
    return read.ok ? 'ok' : read.error.reason;
  };

  it('gives back what was signed', () => {
    expect(openEnvelope(good, key)).toEqual({ ok: true, value: statement });
    expect(Buffer.from(preAuthentication('{}')).toString()).toBe(
      'DSSEv1 28 application/vnd.in-toto+json 2 {}',
    );
  });

  it.each<[string, string, string]>([
    ['no JSON', '{', 'malformed'],
    ['null', 'null', 'malformed'],
    ['no payload', JSON.stringify({ signatures: [{ sig: '' }] }), 'malformed'],
    ['no signature', JSON.stringify({ payload: '', signatures: [] }), 'malformed'],
    ['with a space', good.replace('{', '{ '), 'malformed'],
    [
      'of another payload',
      envelopeOf('{}', key, sign('sha256', preAuthentication('{"a":1}'), privateKey)),
      'bad-signature',
    ],
    ['of something else', signed('{}'), 'malformed'],
    ['of no JSON', signed('x'), 'malformed'],
    [
      'of another kind',
      signed(payloadOf({ ...statement, predicateType: 'other' } as unknown as Statement)),
      'malformed',
    ],
  ])('refuses one that is %s', (_name, text, reason) => {
    expect(opened(text)).toBe(reason);
  });

  it('seals a manifest that names the run before', () => {
    const { manifest, statement: about } = sealBundle(
      new Map([
        ['b', '1'],
        ['a', '2'],
      ]),
      assessment,
      'b'.repeat(64),
    );
    expect(JSON.parse(manifest)).toMatchObject({
      previous: 'b'.repeat(64),
      files: [{ path: 'a' }, { path: 'b' }],
    });
    expect(about.predicate).toMatchObject({ previous: 'b'.repeat(64), environment: 'aws' });
  });

  it('is missed where there is none', () => {
    expect(verifyEvidence({ digests: new Map(), text: () => '' }, key)).toEqual([
      { file: 'manifest.dsse.json', problem: 'missing' },
    ]);
  });
});

describe('an assessment', () => {
  const control = (part: Partial<Control>): Control => ({ ...(CONTROLS[0] as Control), ...part });
  const stateOf = (one: Control) => assess(facts, [one], CHECKS, 'test').findings[0];

  it('is the same for the same facts', () => {
    expect(assess(facts, CONTROLS, CHECKS, 'test 1')).toEqual(assessment);
    expect(documents(facts, assessment, CONTROLS)).toEqual(files);
  });

  it('takes a claim without a check, or of an unknown check, for not shown', () => {
    expect(stateOf(control({ evidence: [] }))).toMatchObject({
      state: 'not-satisfied',
      reason: 'no check shows it',
    });
    expect(stateOf(control({ evidence: ['gone'] }))).toMatchObject({ reason: 'gone: no such check' });
  });

  it('says a reason even where there is none', () => {
    expect(stateOf(control({ status: 'not-applicable' }))).toMatchObject({
      state: 'not-assessed',
      reason: 'no reason is given',
    });
    expect(stateOf(control({ status: 'partial' }))).toMatchObject({
      state: 'not-satisfied',
      reason: 'no reason is given',
    });
    expect(stateOf(control({ status: 'organisation', reason: 'Theirs.' }))).toMatchObject({
      reason: 'Theirs.',
    });
  });

  it('tells a partial claim and what fails in sentences, each with one full stop', () => {
    const partial = control({ status: 'partial', reason: 'Not all.', evidence: ['gone', 'away'] });
    expect(stateOf(partial)?.reason).toBe('Not all. gone: no such check. away: no such check');
  });

  it('writes no risks where nothing is open', () => {
    const one: Assessment = assess(facts, [CONTROLS[0] as Control], CHECKS, 'test');
    expect(documents(facts, one, [CONTROLS[0] as Control]).get('assessment-results.json')).not.toContain(
      '"risks"',
    );
  });

  it('compares with the run before, both ways', () => {
    const now = summaryOf(assessment);
    expect(readSummary(files.get('summary.json') ?? '')).toEqual(now);
    expect(differences(now, now)).toEqual([]);
    const before = {
      ...now,
      controls: { ...now.controls, 'AC-2': 'not-satisfied' as const, 'XX-1': 'satisfied' as const },
      checks: {},
    };
    const changed = differences(before, { ...now, checks: { a: 'holds' } });
    expect(changed).toEqual([
      { what: 'AC-2', was: 'not-satisfied', is: 'satisfied' },
      { what: 'XX-1', was: 'satisfied', is: 'not there' },
      { what: 'a', was: 'not there', is: 'holds' },
    ]);
  });
});

it('a component definition states what the settings make of a claim', () => {
  const text = JSON.stringify(
    componentDefinition(CONTROLS, { ...SETTINGS, logElsewhere: true, witness: true }, NOW, 'x'),
  );
  expect(text).toContain(
    '"parameter","ns":"urn:tokenward:oscal","value":"retention of the sealed log: 400 days","class":"proposed"',
  );
  expect(property('a', '  ')).toMatchObject({ value: '-' });
});

it('outcomes say what they count', () => {
  expect(holds('a')).toEqual({ result: 'holds', says: 'a' });
  expect(fails('a', { n: 1 })).toEqual({ result: 'fails', says: 'a', figures: { n: 1 } });
  expect(unseen('a')).toEqual({ result: 'unseen', says: 'a' });
  expect(none(['a', 'b', 'c', 'd'], '', 'x')).toMatchObject({
    says: 'x: a, b, c and 1 more',
    figures: { wrong: 4 },
  });
  expect(none(['a'], '', 'x').says).toBe('x: a');
  expect(check({ id: 'x', asks: '', fact: 'rules', method: 'TEST', judge: () => holds('') }).id).toBe('x');
});
