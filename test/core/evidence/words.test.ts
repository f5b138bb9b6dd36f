import { describe, expect, it } from 'vitest';
import { observe } from '#core/evidence/check.ts';
import { CHECKS } from '#core/evidence/collect/all.ts';
import { goodFacts } from '#test/report/facts.ts';
import { SWITCHES } from '#test/report/switches.ts';

/** Figures and names of resources are the deployment's, and judged where they are counted. */
const masked = (text: string): string =>
  text.replace(/tokenward-prod-.*$/, '…').replace(/\b\d+(?:\.\d+)?\b/g, '#');

describe('what a reader of the evidence is told', () => {
  it('of each check, where its mechanism works and where it is switched off', async () => {
    const lines = CHECKS.flatMap((one) => {
      const good = observe(one, goodFacts());
      const off = observe(one, SWITCHES[one.id]?.() ?? goodFacts());
      return [
        `${one.id} (${one.fact}, ${one.method}${one.inherits === undefined ? '' : `, ${one.inherits}`}): ${one.asks}`,
        ...[good, off].map(
          ({ outcome: { result, says, figures = {} } }) =>
            `  ${result}: ${masked(says)} {${Object.keys(figures).join(', ')}}`,
        ),
      ];
    });
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('words.txt');
  });
});
