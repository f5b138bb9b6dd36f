import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isIncidentOrder, parseIncidentOrder } from '#core/response/incident.ts';
import { parseOrder } from '#core/response/orders.ts';
import { createDesk } from './harness.ts';

const RUNBOOK = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const matches = (pattern: RegExp): string[] => [...RUNBOOK.matchAll(pattern)].map(([, found]) => found ?? '');

/** The words of a command line as a shell would split them; variables are given their example values. */
const words = (line: string): string[] =>
  [
    ...line
      .replaceAll('$ENV', 'dev')
      .replaceAll('$INC', 'INC-7')
      .matchAll(/'([^']*)'|(\S+)/g),
  ].map(([, quoted, plain]) => quoted ?? plain ?? '');

const commands = matches(/npm run -s tokenward -- ([^`\n#]+)/g).map((line) => line.trim());
const payloads = matches(/function-name tokenward-\$ENV-revoke[^\n]*\\\n\s*--payload '([^']+)'/g);

describe('the runbook is true to the code', () => {
  it('has every command and payload of it checked here', () => {
    expect(commands).toHaveLength(RUNBOOK.split('npm run -s tokenward').length - 1);
    expect(payloads).toHaveLength(RUNBOOK.split('-revoke --cli-binary-format').length - 1);
    expect(payloads.length).toBeGreaterThan(0);
  });

  it.each(commands)('`tokenward %s` is a command line', async (line) => {
    const desk = createDesk();
    await desk.system.register();
    expect((await desk.run(words(line), '1')).code).not.toBe(2);
  });

  it.each(payloads)('%s is an order', (payload) => {
    const body: unknown = JSON.parse(payload);
    const read = isIncidentOrder(body) ? parseIncidentOrder(body) : parseOrder(body, 0);
    expect(read).toMatchObject({ ok: true });
  });

  it('gives each order both ways', () => {
    const orders = commands
      .map((line) => line.replace(/^incident (?!list)/, ''))
      .filter((line) => /^(rotate|suspend|release|revoke|reissue|apply|drop) /.test(line));
    const actions = new Set(payloads.map((payload) => JSON.parse(payload).action));
    expect(orders.length).toBeGreaterThan(0);
    for (const line of orders) expect(actions).toContain(line.split(' ')[0]);
  });
});
