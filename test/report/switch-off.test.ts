import { describe, expect, it } from 'vitest';
import { assess, type Finding } from '#core/evidence/assess.ts';
import { CHECKS } from '#core/evidence/collect/all.ts';
import { CONTROLS } from '#core/evidence/controls/all.ts';
import { statusOf } from '#core/evidence/controls/control.ts';
import { FACTS, type Facts } from '#core/evidence/facts.ts';
import { goodFacts, SETTINGS } from './facts.ts';
import { SWITCHES } from './switches.ts';

const stateOf = (facts: Facts): ReadonlyMap<string, Finding> =>
  new Map(assess(facts, CONTROLS, CHECKS, 'test').findings.map((finding) => [finding.control.id, finding]));

const claimed = CONTROLS.filter((control) =>
  ['implemented', 'inherited'].includes(statusOf(control, SETTINGS)),
);
const pairs = claimed.flatMap(({ id, evidence }) => evidence.map((check) => [id, check] as const));

describe('a control that is claimed', () => {
  it.each(claimed.map(({ id }) => id))('%s is satisfied where everything is as it should be', (id) => {
    expect(stateOf(goodFacts()).get(id)).toMatchObject({ state: 'satisfied' });
  });

  it.each(pairs)('%s turns red without the mechanism of %s', (id, check) => {
    const finding = stateOf(SWITCHES[check]?.() ?? goodFacts()).get(id);
    expect(finding?.state).toBe('not-satisfied');
    expect(finding?.reason).toContain(check);
  });
});

describe('every check', () => {
  const results = (facts: Facts): ReadonlyMap<string, string> =>
    new Map(
      assess(facts, CONTROLS, CHECKS, 'test').observations.map(({ check, outcome }) => [
        check,
        outcome.result,
      ]),
    );

  it.each(CHECKS.map(({ id }) => id))('%s has a switch, and sees it', (id) => {
    expect(results(goodFacts()).get(id)).toBe('holds');
    expect(results(SWITCHES[id]?.() ?? goodFacts()).get(id)).not.toBe('holds');
  });

  it.each(FACTS)('of %s concludes nothing where it was not seen', (name) => {
    const blind = goodFacts({ [name]: { seen: false, source: 'a test', reason: 'AccessDenied' } });
    const own = CHECKS.filter(({ fact }) => fact === name);
    expect(own.length).toBeGreaterThan(0);
    for (const { id } of own) expect(results(blind).get(id)).toBe('unseen');
  });
});

it('evidence of an emulator shows nothing of what AWS does', () => {
  const good = goodFacts();
  const emulated = { ...good, environment: { ...good.environment, emulated: true } };
  const findings = stateOf(emulated);
  const inherited = CHECKS.filter(({ inherits }) => inherits !== undefined).map(({ id }) => id);
  expect(inherited.length).toBeGreaterThan(3);
  for (const { id, evidence } of claimed) {
    const rests = evidence.some((check) => inherited.includes(check));
    expect([id, findings.get(id)?.state]).toEqual([id, rests ? 'not-satisfied' : 'satisfied']);
  }
  const { observations } = assess(emulated, CONTROLS, CHECKS, 'test');
  expect(new Set(observations.map(({ environment }) => environment))).toEqual(new Set(['emulated']));
  for (const id of ['SC-12(2)', 'SC-12(3)', 'SC-12', 'AU-9', 'AU-11']) {
    expect(findings.get(id)?.state).toBe('not-satisfied');
  }
});

it('a setting can complete a control, and nothing else can', () => {
  const of = (part: Partial<typeof SETTINGS>) =>
    stateOf(goodFacts({ settings: { ...SETTINGS, ...part } })).get('AU-9(2)');
  expect(of({ witness: true })?.state).toBe('not-satisfied');
  expect(of({ logElsewhere: true })?.state).toBe('not-satisfied');
  expect(of({ logElsewhere: true, witness: true })?.state).toBe('satisfied');
});
