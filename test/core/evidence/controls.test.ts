import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHECKS } from '#core/evidence/collect/all.ts';
import { CONTROLS } from '#core/evidence/controls/all.ts';
import { statusOf } from '#core/evidence/controls/control.ts';
import { controlsDocument } from '#infra/controls.ts';
import { SETTINGS } from '#test/report/facts.ts';

const root = join(import.meta.dirname, '../../..');
const ids = CHECKS.map(({ id }) => id);

describe.each(CONTROLS.map((control) => [control.id, control] as const))('%s', (_id, control) => {
  it('names files, tests and checks that exist', () => {
    for (const path of [...control.code, ...control.tests])
      expect([path, existsSync(join(root, path))]).toEqual([path, true]);
    for (const path of control.tests) expect(path).toMatch(/^test\//);
    expect(ids).toEqual(expect.arrayContaining([...control.evidence]));
    expect(new Set(control.evidence).size).toBe(control.evidence.length);
  });

  it('rests on code, tests and checks where it is claimed, and has a reason where it is not', () => {
    if (['implemented', 'inherited'].includes(control.status)) {
      for (const list of [control.code, control.tests, control.evidence]) expect(list).not.toEqual([]);
    }
    if (control.status !== 'implemented') expect(control.reason).toMatch(/\S.*\.$/);
  });

  it('says each thing in a sentence', () => {
    for (const text of [control.requirement, control.statement]) expect(text).toMatch(/^[A-Z0-9].*\.$/);
    for (const { name, value } of control.parameters?.(SETTINGS) ?? [])
      expect(`${name}${value}`).not.toMatch(/undefined|NaN/);
  });
});

it('speaks of each control once, in order, and asks of each check', () => {
  const numbers = CONTROLS.map(({ id }) => id);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(numbers.slice(0, 4)).toEqual(['AC-2', 'AC-2(1)', 'AC-2(2)', 'AC-2(3)']);
  expect(numbers.indexOf('AC-2(12)')).toBeGreaterThan(numbers.indexOf('AC-2(6)'));
  const used = new Set(CONTROLS.flatMap(({ evidence }) => evidence));
  expect(ids.filter((id) => !used.has(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

it('claims no control that rests on what is not there', () => {
  for (const { id, status } of CONTROLS.filter(({ id }) => ['SC-13', 'AU-10', 'AU-9(2)'].includes(id))) {
    expect([id, status]).not.toEqual([id, 'implemented']);
  }
  const sc13 = CONTROLS.find(({ id }) => id === 'SC-13');
  expect(sc13?.statement).toBe(
    'FIPS-approved algorithms; validated modules for key operations in KMS; hashing in Lambda is not in a validated module.',
  );
});

it('parameters follow the settings that they state', () => {
  const au11 = CONTROLS.find(({ id }) => id === 'AU-11');
  expect(au11?.parameters?.({ ...SETTINGS, logLockDays: 777 })).toContainEqual({
    name: 'retention of the sealed log',
    value: '777 days',
  });
  const sc8 = CONTROLS.find(({ id }) => id === 'SC-8(1)');
  expect(sc8?.parameters?.({ ...SETTINGS, useFipsEndpoint: true })[0]?.value).toBe('yes');
  const sc13 = CONTROLS.find(({ id }) => id === 'SC-13');
  expect(sc13?.parameters?.({ ...SETTINGS, strictFips: true })[1]?.value).toBe('yes');
});

it('a claim that a setting completes is told by the setting', () => {
  const au92 = CONTROLS.find(({ id }) => id === 'AU-9(2)');
  if (au92 === undefined) throw new Error('AU-9(2) is gone');
  expect(statusOf(au92, { ...SETTINGS, witness: true, logElsewhere: true })).toBe('implemented');
});

it('docs/controls.md is current: npm run controls', () => {
  expect(readFileSync(join(root, 'docs/controls.md'), 'utf8')).toBe(controlsDocument());
});
