import { describe, expect, it } from 'vitest';
import { explore, replay } from './explore.ts';
import { FLOWS } from './flows.ts';
import { catchAll } from './planted.ts';
import { PLANTS } from './plants.ts';
import { liveThrough } from './swarm.ts';

const flowNamed = (name: string) => {
  const flow = FLOWS.find((one) => one.name === name);
  if (flow === undefined) throw new Error(`no flow ${name}`);
  return flow;
};

describe('the fault matrix', () => {
  it.each(['register', 'rotate', 'reissue', 'respond: a token is used outside its networks'])(
    'holds for %s under each single fault',
    async (name) => {
      const { failures, covered } = await explore(flowNamed(name), { most: 1 });
      expect(failures).toEqual([]);
      expect(covered[1]).toBeGreaterThan(250);
    },
  );

  it('counts the same ways whether it follows a state once or each time that it is met', async () => {
    const flow = flowNamed('authorize: a suspended token');
    const merged = await explore(flow, { most: 2 });
    const each = await explore(flow, { most: 2, merge: false });
    expect(each.covered).toEqual(merged.covered);
    expect(each.failures).toEqual(merged.failures);
    expect(each.invocations).toBeGreaterThan(merged.invocations);
  });

  it('reaches each fault of each call of a flow, also in its retries', async () => {
    const { reached } = await explore(flowNamed('revoke'), { most: 1 });
    for (const fault of ['crash-before', 'crash-after', 'throttle', 'timeout-before', 'lost-reply', 'denied'])
      expect(reached).toContain(`revoke registry.commit ${fault}`);
  });

  it('tells a way again call by call', async () => {
    const { lines, violations } = await replay(flowNamed('revoke'), '3:lost-reply,-');
    expect(violations).toEqual([]);
    expect(lines.join('\n')).toMatch(/3 registry\.commit {2}<-- lost-reply/);
  });
});

it.each([1, 2, 3])('the swarm lives through history %i, twice the same', async (seed) => {
  const lived = await liveThrough(seed);
  expect(lived.violations).toEqual([]);
  expect(lived.seen.allowed).toBeGreaterThan(50);
  expect(await liveThrough(seed)).toEqual(lived);
});

describe('the planted bugs', () => {
  it('are at least twenty, each with an invariant of its own finding', () => {
    expect(PLANTS.length).toBeGreaterThanOrEqual(20);
    expect(new Set(PLANTS.map(({ invariant }) => invariant)).size).toBeGreaterThanOrEqual(12);
  });

  it('are caught where they are planted, and a plant without its place fails', async () => {
    const early = PLANTS.filter(({ name }) => name === 'the old version retires at finish');
    const outcomes: boolean[] = [];
    await catchAll(({ ok }) => outcomes.push(ok), early);
    expect(outcomes).toEqual([true]);
    const lost = early.map((one) => ({ ...one, find: 'no such text' }));
    await expect(catchAll(() => {}, lost)).rejects.toThrow();
  });
});
