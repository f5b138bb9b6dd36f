import { describe, expect, it } from 'vitest';
import { RotationError } from '#functions/rotate/context.ts';
import { run as rotate } from '#functions/rotate/run.ts';
import { readArguments } from './arguments.ts';
import { textAt } from './at.ts';
import { startOf } from './history.ts';
import { hunt, huntGiants, marked, shown } from './hunt.ts';
import { mendPrototypes } from './prototypes.ts';
import type { Target } from './target.ts';
import { rotateTarget } from './targets/rotate.ts';
import { secretOf } from './watch.ts';

/** Names the keys of an event that it cannot read: with a token for a key, a secret. */
const talkative = (): Target =>
  rotateTarget(async (event, ports) => {
    const named = Object.keys(typeof event === 'object' && event !== null ? event : {}).join();
    if (textAt(event, 'Step') === '') throw new RotationError('bad-event', `no step among ${named}`);
    await rotate(event, ports);
  });

describe('a find', () => {
  it('is made small, says how it is seen again, and holds no secret', async () => {
    const { find, tally } = await hunt(talkative(), { seed: 1, inputs: 20_000 });
    expect(find).toMatchObject({ target: 'rotate', property: 'secret' });
    expect(find?.texts.length).toBe(1);
    expect(find?.kinds).toContain('token where none belongs');
    expect(tally.inputs).toBeGreaterThan(0);
    const { tokens } = await startOf(talkative());
    const told = JSON.stringify(find);
    for (const token of tokens) expect(told).not.toContain(secretOf(token));

    const again = readArguments(find?.replay.split(' ') ?? []);
    if (again === 'help' || 'problem' in again) throw new Error('the replay is no command line');
    const { seed, path, target } = again;
    expect(target).toBe('rotate');
    const replayed = await hunt(talkative(), {
      seed,
      inputs: 20_000,
      ...(path === undefined ? {} : { path }),
    });
    expect(replayed.find).toMatchObject({ property: 'secret', message: find?.message, texts: find?.texts });
  });

  it('is the same for the same seed', async () => {
    const once = await hunt(talkative(), { seed: 5, inputs: 20_000, shrink: false });
    expect(await hunt(talkative(), { seed: 5, inputs: 20_000, shrink: false })).toEqual(once);
    expect((await hunt(talkative(), { seed: 6, inputs: 20_000, shrink: false })).find).not.toEqual(once.find);
  });

  it('is found among giants too', async () => {
    const deaf = rotateTarget(async (event, ports) => {
      if (textAt(event, 'SecretId').length > 100_000) throw new RangeError('too long');
      await rotate(event, ports);
    });
    const { find } = await huntGiants(deaf);
    expect(find).toMatchObject({ property: 'unclassified', replay: '--target rotate --giants' });
    expect(find?.texts[0]?.length).toBeLessThan(2_000);
  });
});

describe('what is shown of an input', () => {
  it('is what is not as in its sample', () => {
    expect(marked('{"a":1,"b":"other"}', { a: 1, b: 'same' })).toBe(
      'at character 12: ...{"a":1,"b":" >>>other<<< "}...',
    );
    expect(marked('{"a":1}', { a: 1 })).toBe('as in its sample: {"a":1}...');
    expect(marked('{"a":11}', { a: 1 })).toBe('at character 6: ...{"a":1 >>>1<<< }...');
  });

  it('holds no secret in any coding, nothing unprintable, and not too much', () => {
    const secret = 'Zz9'.repeat(15).slice(0, 43);
    const token = `twd_dev_0123456789ABCDEF_${secret}000000`;
    const codings = [
      token,
      secret,
      Buffer.from(token).toString('base64'),
      Buffer.from(token).toString('hex'),
    ];
    for (const text of codings) {
      const told = shown(`before ${text} after`, [token]);
      expect(told).not.toContain(text.slice(-30));
      expect(told).toMatch(/^before .+ after$/);
    }
    expect(shown('a\u202eb\u0000\ud800', [])).toBe('a\\u202eb\\u0000\\ud800');
    expect(shown('a b '.repeat(5_000), []).length).toBeLessThan(1_600);
  });
});

describe('prototypes', () => {
  it('are put back as they were, and what was done to them is told', () => {
    Object.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true, enumerable: true });
    const { at } = Array.prototype;
    Object.defineProperty(Array.prototype, 'at', { value: () => 1, configurable: true, writable: true });
    expect(mendPrototypes()).toEqual(['Object.prototype.polluted', 'Array.prototype.at']);
    expect('polluted' in {}).toBe(false);
    expect(Array.prototype.at).toBe(at);
    expect(mendPrototypes()).toEqual([]);
  });
});
