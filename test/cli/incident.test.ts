import { describe, expect, it } from 'vitest';
import { ORDERS, usage } from '#test/loop/system.ts';
import { createDesk, type Desk } from './harness.ts';

const WHY = ['--reason', 'one thief'];

/** Four tokens in one thief's hands: three were acted upon, the fourth is held. */
async function flooded(): Promise<{ desk: Desk; id: string }> {
  const desk = createDesk();
  const { system } = desk;
  for (let n = 0; n < 4; n++) {
    const tokenId = `svc-${n}`;
    const text = system.read(await system.register({ ...ORDERS, id: tokenId }));
    await system.respond([usage({ usageId: `u-${n}`, keyId: text.split('_')[2] ?? '', tokenId })]);
  }
  const [{ incidentId }] = JSON.parse((await desk.run(['incident', 'list', '--json'])).out);
  return { desk, id: incidentId };
}

describe('tokenward incident', () => {
  it('lists what is held, for people and for programs', async () => {
    const { desk, id } = await flooded();
    const ran = await desk.run(['incident', 'list']);
    expect(ran.code).toBe(0);
    for (const text of [id, 'svc-3', 'reissue', 'T0-4', 'common-cause']) expect(ran.out).toContain(text);
    expect(ran.err).toContain('1 pending');
    const [listed] = JSON.parse((await desk.run(['incident', 'list', '--json'])).out);
    expect(listed).toMatchObject({ incidentId: id, state: 'pending', held: [{ tokenId: 'svc-3' }] });
  });

  it('applies after the number was typed, and sends it along', async () => {
    const { desk, id } = await flooded();
    const ran = await desk.run(['incident', 'apply', id, ...WHY], '1');
    expect(ran.code).toBe(0);
    expect(ran.err).toContain('svc-3: reissue, for T0-4');
    expect(ran.asked).toEqual(['apply: type the number of held actions concerned to go on']);
    expect(ran.sent.map(({ body }) => [body.action, body.dryRun, body.expectCount])).toEqual([
      ['apply', true, undefined],
      ['apply', undefined, 1],
    ]);
    expect(ran.out).toContain('apply: done for svc-3');
    expect((await desk.run(['incident', 'list', '--json'])).out).toBe('[]');
    const again = await desk.run(['incident', 'apply', id, ...WHY]);
    expect([again.code, again.out]).toEqual([0, 'apply: unchanged, it was so already']);
  });

  it('drops, without waiting and past the gateway where it is told to', async () => {
    const { desk, id } = await flooded();
    const ran = await desk.run(['incident', 'drop', id, ...WHY, '--yes', '--no-wait', '--direct']);
    expect([ran.code, ran.out]).toEqual([0, 'drop: nothing was done to svc-3, and it pages no more']);
    expect(ran.sent.at(-1)).toMatchObject({ direct: true, body: { noWait: true } });
  });

  it.each([[[]], [['--json']]])('only prints the plan by --dry-run %j', async (more) => {
    const { desk, id } = await flooded();
    const ran = await desk.run(['incident', 'apply', id, ...WHY, '--dry-run', ...more]);
    expect([ran.code, ran.sent.length]).toEqual([0, 1]);
    expect(ran.out).toContain('svc-3');
    expect((await desk.run(['incident', 'list'])).err).toContain('1 pending');
  });

  it.each<[string, readonly string[], string | undefined, number, string]>([
    ['a wrong count', ['apply', 'ID', ...WHY], '2', 1, 'that is not 1: nothing was done'],
    ['no terminal', ['drop', 'ID', ...WHY], undefined, 1, 'there is no terminal'],
    ['no such incident', ['apply', 'held:9', ...WHY], '1', 1, 'no such incident'],
    ['no incident', ['apply', ...WHY], '1', 2, 'no incident'],
    ['no reason', ['apply', 'ID'], '1', 2, 'demands --reason'],
    ['an id that is none', ['apply', 'a b', ...WHY], '1', 2, 'give the id of a pending incident'],
  ])('does nothing on %s', async (_what, line, typed, code, says) => {
    const { desk, id } = await flooded();
    const ran = await desk.run(['incident', ...line.map((word) => (word === 'ID' ? id : word))], typed);
    expect(ran.err).toContain(says);
    expect(ran.code).toBe(code);
    expect((await desk.run(['incident', 'list'])).err).toContain('1 pending');
  });
});
