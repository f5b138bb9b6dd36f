import { describe, expect, it } from 'vitest';
import { assess } from '#core/evidence/assess.ts';
import { documents, sha256 } from '#core/evidence/bundle.ts';
import { type Check, check, fails, holds } from '#core/evidence/check.ts';
import { CONTROLS } from '#core/evidence/controls/all.ts';
import { budgetOf, type Control, oscalId, spanOf, statusOf } from '#core/evidence/controls/control.ts';
import { controlsPage } from '#core/evidence/controls/markdown.ts';
import { FACTS, type Facts } from '#core/evidence/facts.ts';
import { componentDefinition } from '#core/evidence/oscal/component.ts';
import { uuidOf } from '#core/evidence/oscal/uuid.ts';
import { DEFAULT_POLICY } from '#core/response/policy.ts';
import { NOW } from '#test/core/builders.ts';
import { goodFacts, SETTINGS, seen } from '#test/report/facts.ts';
import results from './assessment-results.json' with { type: 'json' };
import component from './component-definition.json' with { type: 'json' };

const CLAIMED: Control = {
  id: 'AC-2(3)',
  title: 'Disable Accounts',
  baseline: 'M',
  requirement: 'Accounts end.',
  statement: 'They do.',
  responsibility: ['tokenward', 'aws'],
  status: 'implemented',
  parameters: ({ logLockDays }) => [{ name: 'time', value: `${logLockDays} days` }],
  code: ['functions/a.ts', 'functions/b.ts'],
  tests: ['test/a.test.ts'],
  evidence: ['toy.good'],
};
const OPEN: Control = {
  id: 'AU-9',
  title: 'Protection of Audit Information',
  baseline: '-',
  requirement: 'Records are kept.',
  statement: 'Some are.',
  responsibility: ['organisation'],
  status: 'partial',
  reason: 'Not all of them.',
  implementedWhen: ({ witness }) => witness,
  code: [],
  tests: [],
  evidence: ['toy.good', 'toy.bad'],
};
const THEIRS: Control = {
  ...OPEN,
  id: 'PS-1',
  title: 'Policy',
  status: 'organisation',
  reason: 'Theirs.',
  implementedWhen: () => false,
  evidence: [],
};
const TOYS = [CLAIMED, OPEN, THEIRS];
const CHECKS: readonly Check[] = [
  check({
    id: 'toy.good',
    asks: 'Is it?',
    fact: 'lock',
    method: 'EXAMINE',
    judge: () => holds('it is', { n: 2 }),
  }),
  check({
    id: 'toy.bad',
    asks: 'Is it all?',
    fact: 'drill',
    method: 'TEST',
    judge: () => fails('it is not'),
  }),
];

/** Small facts: what they say is not judged here. */
const facts: Facts = {
  ...(Object.fromEntries(FACTS.map((name) => [name, seen({ of: name })])) as unknown as Facts),
  ...(({ now, environment }) => ({ now, environment }))(goodFacts()),
  settings: { ...SETTINGS, logLockDays: 400, witness: false },
};
const of = (part: Partial<Facts> = {}): ReadonlyMap<string, string> => {
  const all = { ...facts, ...part };
  return documents(all, assess(all, TOYS, CHECKS, 'v1'), TOYS);
};

describe('the documents of a run', () => {
  const files = of();

  it('are the raw evidence of each fact, both OSCAL documents and the summary', () => {
    expect([...files.keys()]).toEqual([
      ...FACTS.map((name) => `evidence/${name}.json`),
      'component-definition.json',
      'assessment-results.json',
      'summary.json',
    ]);
    expect(files.get('evidence/lock.json')).toBe(
      `{"at":${NOW},"seen":true,"source":"a test","value":{"of":"lock"}}\n`,
    );
    expect(JSON.parse(files.get('summary.json') ?? '')).toEqual({
      at: NOW,
      controls: { 'AC-2(3)': 'satisfied', 'AU-9': 'not-satisfied', 'PS-1': 'not-assessed' },
      checks: { 'toy.good': 'holds', 'toy.bad': 'fails' },
      figures: { 'toy.good/n': 2 },
    });
  });

  it.each([
    ['component-definition.json', component],
    ['assessment-results.json', results],
  ])('%s is written as it was', (name, written) => {
    expect(JSON.parse(files.get(name) ?? '')).toEqual(written);
  });

  it('say that they were made on an emulator', () => {
    const emulated = of({ environment: { ...facts.environment, emulated: true } });
    const text = emulated.get('assessment-results.json') ?? '';
    expect(text.match(/"name":"environment","ns":"urn:tokenward:oscal","value":"emulated"/g)).toHaveLength(3);
    expect(text).not.toContain('"value":"aws"');
  });

  it('are other documents on another day, of the same component', () => {
    const later = of({ now: NOW + 1 });
    const uuids = (text = ''): readonly string[] =>
      [...text.matchAll(/"uuid":"([^"]+)"/g)].map(([, id]) => id as string);
    const [before, after] = [files, later].map((some) => uuids(some.get('assessment-results.json')));
    // The plan alone is the same: it is the tool’s.
    expect(before?.filter((id) => after?.includes(id))).toEqual([uuidOf('plan', 'v1')]);
    const [was, is] = [files, later].map((some) => uuids(some.get('component-definition.json')));
    expect(was?.filter((id) => !is?.includes(id))).toHaveLength(1);
  });
});

it('a setting completes a claim in the component definition', () => {
  const text = JSON.stringify(componentDefinition(TOYS, { ...facts.settings, witness: true }, NOW, 'v1'));
  expect(
    text.match(/"implementation-status","ns":"urn:tokenward:oscal","value":"implemented"/g),
  ).toHaveLength(2);
  expect(statusOf(OPEN, { ...facts.settings, witness: true })).toBe('implemented');
  expect(statusOf(OPEN, facts.settings)).toBe('partial');
});

it('a name has one uuid, of version 5 and the variant of RFC 9562', () => {
  const names = Array.from({ length: 64 }, (_, nth) => uuidOf('a', String(nth)));
  for (const uuid of names)
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(names.map((uuid) => uuid.charAt(19)))).toEqual(new Set(['8', '9', 'a', 'b']));
  expect(uuidOf('ab', 'c')).not.toBe(uuidOf('a', 'bc'));
  const digest = sha256('ab\u0000c');
  const uuid = uuidOf('ab', 'c').replaceAll('-', '');
  expect([uuid.slice(0, 12), uuid.slice(13, 16), uuid.slice(17)]).toEqual([
    digest.slice(0, 12),
    digest.slice(13, 16),
    digest.slice(17, 32),
  ]);
});

describe('the page of controls', () => {
  const page = controlsPage(TOYS, facts.settings);

  it('stands as it was read', async () => {
    await expect(page.slice(0, page.indexOf('## Checks'))).toMatchFileSnapshot('controls-page.md');
  });

  it('lists each check with what it rests on', () => {
    const [, table = ''] = page.split('## Checks');
    expect(table).toContain(
      '\n\n| check | asks | method | rests on |\n|---|---|---|---|\n| inventory.accounted | ',
    );
    expect(table).toContain(
      '\n| lock.retention | Does S3 keep every sealed object in compliance mode for as long as it must? | EXAMINE | S3 Object Lock |\n',
    );
    expect(table).toContain(' | TEST | - |\n');
  });

  it('counts only what there is', () => {
    expect(controlsPage([CLAIMED], facts.settings)).toContain('settings: 1 implemented. "Implemented"');
  });
});

it('controls stand in the order of their ids as numbers', () => {
  const ids = CONTROLS.map(({ id }) => id);
  expect(ids.slice(0, 4)).toEqual(['AC-2', 'AC-2(1)', 'AC-2(2)', 'AC-2(3)']);
  expect(ids.indexOf('AC-2(12)')).toBeGreaterThan(ids.indexOf('AC-2(6)'));
  const number = (id: string): readonly number[] => (id.match(/\d+/g) ?? []).map(Number);
  for (const [nth, id] of ids.slice(1).entries()) {
    const before = ids[nth] as string;
    const [family, was] = [id.slice(0, 2), before.slice(0, 2)];
    const [a, b] = [number(before), number(id)];
    expect([
      before,
      id,
      family > was ||
        (family === was && (a[0] as number) * 1_000 + (a[1] ?? 0) < (b[0] as number) * 1_000 + (b[1] ?? 0)),
    ]).toEqual([before, id, true]);
  }
});

it.each([
  ['AC-2', 'ac-2'],
  ['IA-5(7)', 'ia-5.7'],
])('%s is %s in OSCAL', (id, oscal) => {
  expect(oscalId(id)).toBe(oscal);
});

it.each([
  [1_300, '1300 ms'],
  [1_000, '1 second'],
  [2_000, '2 seconds'],
  [60_000, '1 minute'],
  [300_000, '5 minutes'],
  [3_600_000, '1 hour'],
  [7_200_000, '2 hours'],
  [86_400_000, '1 day'],
  [90 * 86_400_000, '90 days'],
  [0, '0 ms'],
])('%d ms are said as %s', (ms, said) => {
  expect(spanOf(ms)).toBe(said);
});

it('the breaker’s budget is told in credentials, per cent and minutes', () => {
  const breaker = { ...DEFAULT_POLICY.breaker, least: 3, share: 0.25, windowMinutes: 15 };
  expect(budgetOf({ ...DEFAULT_POLICY, breaker })).toBe(
    'the larger of 3 and 25 % of the active credentials in 15 minutes, unless infra/tokens.ts says otherwise',
  );
});
