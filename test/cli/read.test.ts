import { describe, expect, it } from 'vitest';
import { ORDERS } from '#test/loop/system.ts';
import { createDesk, type Desk } from './harness.ts';

const declared = async (): Promise<{ desk: Desk; keyId: string; text: string }> => {
  const desk = createDesk();
  const text = desk.system.read(await desk.system.register());
  return { desk, text, keyId: text.split('_')[2] ?? '' };
};

describe('list', () => {
  it('shows every token over all pages, by id', async () => {
    const { desk } = await declared();
    for (let n = 0; n < 101; n++)
      await desk.system.register({ ...ORDERS, id: `many-${String(n).padStart(3, '0')}` });
    const ran = await desk.run(['list', '--json']);
    const ids = JSON.parse(ran.out).map(({ tokenId }: { tokenId: string }) => tokenId);
    expect(ids).toHaveLength(102);
    expect(ids).toEqual([...ids].sort());
  });

  it('names standing, keyId and expiry in a table, only of the principal asked for', async () => {
    const { desk, keyId } = await declared();
    const ran = await desk.run(['list', '--principal', ORDERS.principal]);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(new RegExp(`orders.*active.*team-orders.*${keyId}.*\\(in 3 d\\)`));
    expect((await desk.run(['list', '--principal', 'external:nobody', '--json'])).out).toBe('[]');
  });

  it('escapes what would move a cursor', async () => {
    const desk = createDesk();
    await desk.system.register();
    const { registry } = desk.system.ports;
    const token = (await registry.tokens({})).items[0];
    if (token === undefined) throw new Error('no token');
    registry.tamper({ ...token, owner: 'team\u001b[2J\u202eevil' });
    for (const more of [[], ['--json']]) {
      const { out } = await desk.run(['list', ...more]);
      expect(['\u001b', '\u202e'].some((character) => out.includes(character))).toBe(false);
      expect(out).toContain('evil');
    }
  });
});

describe('show', () => {
  it('finds a token by its id and by a keyId', async () => {
    const { desk, keyId } = await declared();
    const byId = await desk.run(['show', 'orders']);
    expect(byId.out).toContain('AROA');
    expect(byId.out).toMatch(new RegExp(`${keyId}.*current`));
    expect((await desk.run(['show', keyId])).out).toBe(byId.out);
  });

  it('says who suspended it, why and until when', async () => {
    const { desk } = await declared();
    const until = '2026-11-25T08:00:00Z';
    await desk.run([
      'suspend',
      'orders',
      '--reason',
      'odd use',
      '--incident',
      'INC-9',
      '--until',
      until,
      '--yes',
    ]);
    const { out } = await desk.run(['show', 'orders']);
    expect(out).toMatch(/suspended .*responder\/ann, INC-9: odd use/);
    expect(out).toMatch(/until .*\(in 24 h\)/);
  });

  it('prints no MAC and no secret', async () => {
    const { desk, text } = await declared();
    const { out } = await desk.run(['show', 'orders', '--json']);
    expect(out).not.toContain('fieldsMac');
    expect(out).not.toContain(text.split('_')[3]);
  });

  it('ends in 1 for what is not there', async () => {
    const { desk } = await declared();
    const ran = await desk.run(['show', 'gone']);
    expect([ran.code, ran.err]).toEqual([1, 'tokenward: no token or keyId gone: `tokenward list` shows all']);
  });
});

describe('audit show', () => {
  it('shows a token’s records and an incident’s', async () => {
    const { desk } = await declared();
    await desk.run(['suspend', 'orders', '--reason', 'odd use', '--incident', 'INC-9', '--yes']);
    const byToken = await desk.run(['audit', 'show', '--token', 'orders']);
    expect(byToken.out).toMatch(/token\.registered[\s\S]*token\.suspended.*INC-9.*odd use/);
    const byIncident = await desk.run(['audit', 'show', '--incident', 'INC-9', '--json']);
    expect(JSON.parse(byIncident.out).map(({ action }: { action: string }) => action)).toEqual([
      'token.suspended',
    ]);
  });
});

it.each([
  ['list', 'list'],
  ['show orders', 'show'],
  ['audit show --token orders', 'audit'],
  ['audit verify', 'verify'],
])('a token in free text never leaves by %s', async (line) => {
  const { desk, text } = await declared();
  const reason = `leaked: ${text}`;
  await desk.system.order({ action: 'suspend', tokenId: 'orders', reason, incidentId: 'INC-1' });
  for (const more of [[], ['--json']]) {
    const { out, err } = await desk.run([...line.split(' '), ...more]);
    expect(out + err).not.toContain(text.split('_')[3]);
  }
});
