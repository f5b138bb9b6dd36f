import { describe, expect, it } from 'vitest';
import { type Assessment, assess } from '#core/evidence/assess.ts';
import { CHECKS } from '#core/evidence/collect/all.ts';
import { CONTROLS } from '#core/evidence/controls/all.ts';
import type { Facts } from '#core/evidence/facts.ts';
import { pageOf } from '#functions/report/page/page.ts';
import { NOW } from '#test/core/builders.ts';
import { activityOf, goodFacts, inventoryOf, RECORDS, SETTINGS, seen, TOKENS } from './facts.ts';

const digest = (): string => 'd'.repeat(64);
const judged = (facts: Facts): Assessment => assess(facts, CONTROLS, CHECKS, 'test');
const page = (facts: Facts = goodFacts(), ...rest: [since?: Parameters<typeof pageOf>[3]]): string =>
  pageOf(judged(facts), facts, digest, ...rest);

/** The text of each tag’s opening, closed again in its order: what a browser would have to mend is none. */
function unclosed(html: string): string[] {
  const open: string[] = [];
  const empty = ['meta', 'link', 'br', 'line', '!doctype'];
  for (const [, slash, name = '', self] of html.matchAll(/<(\/?)([a-z!][a-z0-9]*)[^>]*?(\/?)>/gi)) {
    const tag = name.toLowerCase();
    if (empty.includes(tag) || self === '/') continue;
    if (slash === '') open.push(tag);
    else if (open.pop() !== tag) return [`</${tag}>`];
  }
  return open;
}

describe('the page', () => {
  it('needs nothing but itself', () => {
    const html = page();
    expect(html).not.toMatch(/<script|<img|<iframe|<form|https?:|@import|url\(/i);
    expect(html).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
    expect(
      [...html.matchAll(/href="([^"]*)"/g)]
        .map(([, to]) => to)
        .filter(
          (to) => !/^(#|data:,$|[a-z-]+\.json$|[a-z-]+\.dsse\.json$|evidence\/[a-z]+\.json$)/.test(to ?? ''),
        ),
    ).toEqual([]);
    expect(unclosed(html)).toEqual([]);
  });

  it('shows every control with what it rests on, and every check', () => {
    const html = page();
    for (const { id, title, requirement } of CONTROLS) {
      expect(html).toContain(`id="${id}"`);
      expect(html).toContain(`href="#${id}"`);
      expect(html).toContain(title);
      expect(html).toContain(requirement.slice(0, 20));
    }
    for (const { id } of CHECKS) expect(html).toContain(`${id} · `);
    expect(html).toContain('retention of the sealed log: <strong>400 days</strong> (proposed)');
    expect(html).not.toContain('undefined');
  });

  it('leads to what is there: each anchor exists once', () => {
    const html = page();
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, to] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(to);
  });

  it('tells what fails from what was not seen and from what is claimed in part', () => {
    const facts = goodFacts({
      lock: seen({ bucket: 'log', mode: 'none', days: 0, versioned: true }),
      drill: { seen: false, source: 'x', reason: 'AccessDenied' },
    });
    const html = page(facts);
    const rowOf = (id: string): string => html.split(`id="${id}"><summary>`)[1]?.split('</summary>')[0] ?? '';
    expect(rowOf('AU-11')).toContain('✘ fails');
    expect(rowOf('CP-10')).toContain('? not seen');
    expect(rowOf('SC-13')).toContain('◐ in part');
    expect(rowOf('AC-12')).toContain('– not assessed');
    expect(rowOf('AC-2')).toContain('✔ satisfied');
    expect(html).toContain('cannot see: AccessDenied');
  });

  it('escapes whatever it was told', () => {
    const evil = '"><script>alert(1)</script>';
    const facts = goodFacts({
      inventory: seen({ ...inventoryOf(TOKENS), unaccounted: { count: 1, first: [evil] } }),
      keys: { seen: false, source: evil, reason: evil },
      environment: { account: evil, region: evil, env: evil, emulated: true },
    });
    const html = pageOf({ ...judged(facts), tool: evil }, facts, digest, {
      at: NOW,
      changed: [{ what: evil, was: evil, is: evil }],
    });
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;');
    expect(unclosed(html)).toEqual([]);
  });

  it('says what changed, that nothing did, or that there is nothing to compare with', () => {
    expect(page()).toContain('This is the first run');
    expect(page(goodFacts(), { at: NOW, changed: [] })).toContain('Nothing since 2026-11-24 08:00 UTC.');
    const changed = [{ what: 'AC-2', was: 'satisfied', is: 'not there' }];
    expect(page(goodFacts(), { at: NOW, changed })).toContain('<td>AC-2</td>');
  });

  it('draws what was seen, says what was not, and marks what is late', () => {
    expect(page()).toMatch(/<svg[\s\S]*aria-label="0: 2, 10: 0/);
    const late = goodFacts({
      inventory: seen({
        ...inventoryOf(TOKENS),
        lags: [5, 0, 0, 0, 0, 2],
        ages: [12_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1_500_000],
      }),
      activity: seen({ ...activityOf(RECORDS), reissues: [500, 4_000, 90_000] }),
    });
    const html = page(late);
    expect(html).toContain('12k');
    expect(html).toContain('1.5M');
    expect(html.match(/class="late"/g)).toHaveLength(3);
    expect(html).toContain('aria-label="≤1: 1, ≤2: 0, ≤5: 1, ≤15: 0, ≤60: 0, later: 1"');
    const blind = page(
      goodFacts({
        inventory: { seen: false, source: 'x', reason: 'gone' },
        activity: { seen: false, source: 'x', reason: 'gone too' },
      }),
    );
    expect(blind).not.toContain('<svg');
    expect(blind).toContain('Not seen: gone too');
    expect(page(goodFacts({ settings: { ...SETTINGS, feedMaxAgeMs: 700 } }))).toContain(
      '1 second after the order',
    );
  });

  it('opens every detail on paper', () => {
    expect(page()).toContain('@media print');
    expect(page()).toContain('details::details-content{content-visibility:visible');
  });
});
