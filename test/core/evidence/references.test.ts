import { describe, expect, it } from 'vitest';
import { assess } from '#core/evidence/assess.ts';
import { documents, referencesIn, sha256 } from '#core/evidence/bundle.ts';
import { CHECKS } from '#core/evidence/collect/all.ts';
import { CONTROLS } from '#core/evidence/controls/all.ts';
import type { Control } from '#core/evidence/controls/control.ts';
import { checkReferences, type Known } from '#core/evidence/oscal/references.ts';
import { uuidOf } from '#core/evidence/oscal/uuid.ts';
import { NOW } from '#test/core/builders.ts';
import { goodFacts } from '#test/report/facts.ts';

const facts = goodFacts();
const assessment = assess(facts, CONTROLS, CHECKS, 'test 1');
const files = documents(facts, assessment, CONTROLS);
const component = (): unknown => JSON.parse(files.get('component-definition.json') ?? '');
const results = (): unknown => JSON.parse(files.get('assessment-results.json') ?? '');
const known: Known = {
  controls: new Set(
    [...JSON.stringify(component()).matchAll(/"control-id":"([^"]+)"/g)].map(([, id]) => id as string),
  ),
  files: new Map([...files].map(([path, text]) => [path, sha256(text)])),
  now: NOW,
};

/** Sets what stands at a path, or deletes it. */
function put(document: unknown, path: string, value: unknown): unknown {
  type Place = Record<string, unknown>;
  const parts = path.split('/');
  const last = parts.pop() as string;
  const place = parts.reduce((at, part) => at[part] as Place, document as Place);
  if (!(last in place)) throw new Error(`${path} is not there`);
  if (value === undefined) delete place[last];
  else place[last] = value;
  return document;
}

describe('the referential check', () => {
  const root = 'assessment-results';
  const result = `${root}/results/0`;
  const nowhere = uuidOf('nowhere');

  it('finds nothing in what we write', () => {
    expect(checkReferences(component(), results(), known)).toEqual([]);
  });

  const first = 'inventory.accounted';
  const account = 'AC-2 Account Management';

  it.each<[string, string, unknown, string]>([
    [
      'a plan that is not there',
      `${root}/import-ap/href`,
      `#${nowhere}`,
      `import-ap: #${nowhere} is not in the back matter`,
    ],
    [
      'a plan outside',
      `${root}/import-ap/href`,
      'https://example.org/plan',
      'import-ap: https://example.org/plan is not in the back matter',
    ],
    [
      'a plan without its mark',
      `${root}/import-ap/href`,
      uuidOf('plan', 'test 1'),
      `import-ap: ${uuidOf('plan', 'test 1')} is not in the back matter`,
    ],
    ['no result', `${root}/results`, [], 'results: there is none'],
    [
      'an end to come',
      `${result}/end`,
      new Date(NOW + 1).toISOString(),
      'end: 2026-11-24T08:00:00.001Z is no time before now',
    ],
    ['no end', `${result}/end`, 'soon', 'end: soon is no time before now'],
    [
      'a reviewed control that there is not',
      `${result}/reviewed-controls/control-selections/0/include-controls/0/control-id`,
      'zz-1',
      'zz-1: there is no such control',
    ],
    [
      'a method of no assessment',
      `${result}/observations/0/methods`,
      ['GUESS'],
      `${first}: "GUESS" is no method of SP 800-53A`,
    ],
    [
      'a method that is none beside one',
      `${result}/observations/0/methods`,
      ['TEST', 'GUESS'],
      `${first}: "TEST,GUESS" is no method of SP 800-53A`,
    ],
    ['no method', `${result}/observations/0/methods`, [], `${first}: "" is no method of SP 800-53A`],
    ['no evidence', `${result}/observations/0/relevant-evidence`, undefined, `${first}: it has no evidence`],
    [
      'evidence that is not there',
      `${result}/observations/0/relevant-evidence/0/href`,
      `#${nowhere}`,
      `${first}: #${nowhere} is not in the back matter`,
    ],
    [
      'collected in the future',
      `${result}/observations/0/collected`,
      new Date(NOW + 60_000).toISOString(),
      `${first}: 2026-11-24T08:01:00.000Z is no time before now`,
    ],
    ['expired', `${result}/observations/0/expires`, new Date(NOW).toISOString(), `${first}: it is expired`],
    ['no expiry', `${result}/observations/0/expires`, undefined, `${first}: it is expired`],
    [
      'a finding of no control',
      `${result}/findings/0/target/target-id`,
      'zz-1_smt',
      'zz-1: there is no such control',
    ],
    [
      'a finding of a part of a control',
      `${result}/findings/0/target/target-id`,
      'ac-2_smt.a',
      'ac-2_smt.a: there is no such control',
    ],
    [
      'a finding of no statement',
      `${result}/findings/0/implementation-statement-uuid`,
      nowhere,
      `${account}: statement ${nowhere} is not there`,
    ],
    [
      'an observation that is not there',
      `${result}/findings/0/related-observations/0/observation-uuid`,
      nowhere,
      `${account} observation-uuid: ${nowhere} is not there`,
    ],
    [
      'satisfied by nothing',
      `${result}/findings/0/related-observations`,
      [],
      `${account}: it is satisfied by nothing`,
    ],
    [
      'not satisfied without a risk',
      `${result}/findings/0/target/status/state`,
      'not-satisfied',
      `${account}: it is not satisfied and names no risk`,
    ],
    [
      'a risk’s observation that is not there',
      `${result}/risks/0/related-observations/0/observation-uuid`,
      nowhere,
      `AU-6(3) is not shown to be satisfied observation-uuid: ${nowhere} is not there`,
    ],
    [
      'a file that is not there',
      `${root}/back-matter/resources/1/rlinks/0/href`,
      'evidence/none.json',
      'evidence/none.json: there is no such file',
    ],
    [
      'a digest of something else',
      `${root}/back-matter/resources/1/rlinks/0/hashes/0/value`,
      'a'.repeat(64),
      'evidence/inventory.json: its digest is another',
    ],
    [
      'a uuid twice',
      `${result}/uuid`,
      uuidOf('plan', 'test 1'),
      `${uuidOf('plan', 'test 1')}: it stands twice`,
    ],
  ])('finds %s, and nothing else', (_name, path, value, told) => {
    const found = checkReferences(component(), put(results(), path, value), known);
    expect(found.map(({ where, problem }) => `${where}: ${problem}`)).toEqual([told]);
    expect(found[0]?.document).toBe('assessment-results');
  });

  it('finds every risk that is not there', () => {
    const found = checkReferences(component(), put(results(), `${result}/risks`, undefined), known);
    expect(found.map(({ where }) => where.split(' ')[0])).toEqual(
      assessment.findings.filter(({ state }) => state === 'not-satisfied').map(({ control }) => control.id),
    );
    for (const { where, problem } of found) {
      expect(where).toMatch(/ risk-uuid$/);
      expect(problem).toMatch(/^[0-9a-f-]{36} is not there$/);
    }
  });

  const implementation = 'component-definition/components/0/control-implementations/0';

  it.each<[string, string, unknown, string]>([
    [
      'a source that is not there',
      `${implementation}/source`,
      `#${nowhere}`,
      `source: #${nowhere} is not in the back matter`,
    ],
    ['no control', 'component-definition/components', [], 'components: no control is spoken of'],
    [
      'an unknown control',
      `${implementation}/implemented-requirements/0/control-id`,
      'zz-1',
      'zz-1: there is no such control',
    ],
    [
      'a uuid twice',
      `${implementation}/uuid`,
      uuidOf('component', 'tokenward'),
      `${uuidOf('component', 'tokenward')}: it stands twice`,
    ],
  ])('finds in the component %s', (_name, path, value, told) => {
    const found = checkReferences(put(component(), path, value), results(), known)
      .filter(({ document }) => document === 'component-definition')
      .map(({ where, problem }) => `${where}: ${problem}`);
    expect(found).toEqual([told]);
  });

  it('finds a control that the catalogue has not', () => {
    expect(checkReferences(component(), results(), { ...known, controls: new Set(['ac-2']) })).not.toEqual(
      [],
    );
  });

  it('keeps such a bundle from being written', () => {
    const twice = [...CONTROLS, CONTROLS[0] as Control];
    expect(() => documents(facts, assess(facts, twice, CHECKS, 'test'), twice)).toThrow(
      'dangling references',
    );
  });
});

it('references of a bundle are followed as of a time', () => {
  const disk = { digests: known.files, text: (path: string) => files.get(path) ?? '' };
  expect(referencesIn(disk, NOW)).toEqual([]);
  expect(referencesIn(disk, NOW + 1e12)[0]).toMatchObject({
    file: 'assessment-results.json',
    problem: 'reference',
  });
  const bare = put(component(), 'component-definition/components', []);
  const broken = {
    ...disk,
    text: (path: string) => (path.startsWith('component') ? JSON.stringify(bare) : (files.get(path) ?? '')),
  };
  expect(referencesIn(broken, NOW).map(({ file }) => file)).toContain('component-definition.json');
});
