import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact, Reading } from '#core/detection/fact.ts';
import { contractsOf } from '#core/detection/registry-contracts.ts';
import { groupsOf, namesIn } from '#core/response/groups.ts';
import { obs } from '../detection/observations.ts';

const ROTATE = { role: 'arn:aws:iam::111122223333:role/tokenward-dev-rotate', sessionName: 'rotate' };
const OURS = contractsOf([], [ROTATE]);
const ORDERS = '111122223333/eu-west-1/tokenward/dev/orders';

const reading = (facts: readonly Partial<Fact>[], part: Partial<Reading> = {}): Reading => ({
  eventId: 'e-1',
  update: false,
  notices: [],
  facts: facts.map((fact) => ({ ...obs(), ...fact })) as readonly Fact[],
  ...part,
});

describe('namesIn', () => {
  const who = { principal: 'P', credential: 'C' };
  it.each<[string, Reading, readonly string[]]>([
    ['who acted, and with what', reading([who]), ['P', 'C']],
    ['nobody who is not named', reading([{ ...who, principal: '' }]), ['C']],
    [
      'the token in a secret that was touched, whatever its name ends in',
      reading([{ ...who, act: { kind: 'read-secret', secret: `${ORDERS}-AbCdEf`, versionId: '' } }]),
      ['P', 'C', 'token:orders', 'token:orders-AbCdEf'],
    ],
    [
      'no token where the secret is none of ours, or not said',
      reading([
        { ...who, act: { kind: 'read-secret', secret: 'other', versionId: '' } },
        { ...who, act: { kind: 'tamper', plane: 'trail', what: 'StopLogging', grave: true } },
      ]),
      ['P', 'C', 'P', 'C'],
    ],
    [
      'what was minted',
      reading([{ ...who, act: { kind: 'mint', how: 'session', minted: 'ASIA', target: '' } }]),
      ['ASIA', 'C', 'P', 'C'],
    ],
    [
      'of our own function what it minted, and nothing else',
      reading([
        {
          credential: 'C',
          principal: ROTATE.role,
          session: ROTATE.sessionName,
          act: { kind: 'mint', how: 'session', minted: 'ASIA', target: '' },
        },
      ]),
      ['ASIA', 'C'],
    ],
    [
      'the token of a rotation that Secrets Manager tells of',
      reading([], {
        notices: [{ kind: 'rotation', name: 'RotationFailed', secret: ORDERS, versionId: '', at: 0 }],
      }),
      ['token:orders'],
    ],
  ])('has %s', (_, one, names) => {
    expect(namesIn(one, OURS)).toEqual(names);
  });
});

describe('groupsOf', () => {
  it('keeps apart what shares nothing, and in order what does, through however many others', () => {
    const items = ['ab', 'x', 'c', 'bc', '', 'xy', '', 'a'];
    expect(groupsOf(items, (names) => [...names])).toEqual([['ab', 'c', 'bc', 'a'], ['x', 'xy'], [''], ['']]);
  });

  it('is the finest such partition', () => {
    const names = fc.array(fc.nat(12).map(String), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(names, { maxLength: 14 }), (sets) => {
        const items = sets.map((of, at) => ({ at, of }));
        const groups = groupsOf(items, ({ of }) => of);
        expect(groups.flat().toSorted((a, b) => a.at - b.at)).toEqual(items);
        for (const group of groups) {
          expect(group).toEqual(group.toSorted((a, b) => a.at - b.at));
          const reached = new Set(group[0]?.of);
          for (let grown = true; grown; ) {
            const next = group
              .filter(({ of }) => of.some((name) => reached.has(name)))
              .flatMap(({ of }) => of);
            grown = next.some((name) => !reached.has(name));
            for (const name of next) reached.add(name);
          }
          if (group.length > 1)
            for (const { of } of group) expect(of.some((name) => reached.has(name))).toBe(true);
          const others = groups.filter((other) => other !== group).flat();
          for (const { of } of others) expect(of.some((name) => reached.has(name))).toBe(false);
        }
      }),
    );
  });
});
