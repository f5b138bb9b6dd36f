import { describe, expect, it } from 'vitest';
import { probeRules, RULE_CODE, type RuleCode } from '#core/evidence/rules.ts';
import { refuse } from '#core/result.ts';
import { TOKEN_ENTROPY_BYTES } from '#core/token/format.ts';

/** Cases that were decided otherwise than they must be. */
const wrong = (part: Partial<RuleCode>): readonly string[] =>
  Object.entries(probeRules({ ...RULE_CODE, ...part })).flatMap(([name, cases]) =>
    cases.filter(({ want, got }) => want !== got).map((one) => `${name}: ${one.case} → ${one.got}`),
  );

describe('the rules as they are', () => {
  it('decide each known case as must be', () => {
    expect(
      Object.entries(probeRules()).flatMap(([name, cases]) =>
        cases.map((one) => `${name}: ${one.case} → ${one.want}`),
      ),
    ).toEqual([
      'expiry: before its end → accepted',
      'expiry: at its end → expired',
      'expiry: past its hard maximum → expired',
      'revoked: a revoked version → revoked',
      'suspended: a suspended version → suspended',
      'audience: its own audience → accepted',
      'audience: another audience → audience',
      'scope: a scope it was not given → scope',
      'network: another network → network',
      'declaration: all that is demanded → ',
      'declaration: no owner → owner',
      'declaration: no approver → approver',
      'declaration: no purpose → purpose',
      'declaration: a wildcard scope → scopes',
      'declaration: a life shorter than its rotation → hardMaxHours',
      'approver: approved by its owner → approver',
      'chain: as written → holds',
      'chain: a record edited → edited',
      'chain: a record removed → gap',
      'chain: the tail cut → truncated',
      'identity: who → system probe',
      'identity: when → 2026-01-01T00:00:00.000Z',
      'feed: a record read before its revocation → false',
      'feed: a record read after it → true',
      'format: as made → read',
      'format: with another checksum → checksum',
      'format: of too few random bytes → refused',
      'redaction: in a template string → [redacted]',
      'redaction: in JSON → "[redacted]"',
      'redaction: in free text → false',
    ]);
    expect(wrong({})).toEqual([]);
  });
});

describe('a rule that is broken is told by its case', () => {
  const { standingOf, needOf, checkDeclaration, formatToken, append, nextFeed } = RULE_CODE;

  it.each<[string, Partial<RuleCode>, readonly string[]]>([
    [
      'a version lives a millisecond longer',
      { standingOf: (version, at, mode) => standingOf(version, at - 1, mode) },
      ['expiry: at its end → accepted', 'expiry: past its hard maximum → accepted'],
    ],
    [
      'a version ends a millisecond before its time',
      { standingOf: (version, at, mode) => standingOf(version, at + 1, mode) },
      ['expiry: before its end → expired'],
    ],
    [
      'the hard maximum counts for nothing',
      {
        standingOf: (version, at, mode) =>
          standingOf(
            { ...version, fields: { ...version.fields, hardMaxAt: Number.MAX_SAFE_INTEGER } },
            at,
            mode,
          ),
      },
      ['expiry: past its hard maximum → accepted'],
    ],
    [
      'a state counts for nothing',
      { standingOf: (version, at, mode) => standingOf({ ...version, state: 'current' }, at, mode) },
      ['revoked: a revoked version → accepted'],
    ],
    [
      'a suspension counts for nothing',
      { standingOf: (version, at, mode) => standingOf({ ...version, suspended: false }, at, mode) },
      ['suspended: a suspended version → accepted'],
    ],
    [
      'every audience is the right one',
      {
        needOf: (version, need, mode) =>
          needOf({ ...version, fields: { ...version.fields, audience: need.audience } }, need, mode),
      },
      ['audience: another audience → accepted'],
    ],
    [
      'every audience is the wrong one',
      { needOf: (version, need, mode) => needOf(version, { ...need, audience: '' }, mode) },
      ['audience: its own audience → audience', 'scope: a scope it was not given → audience'],
    ],
    [
      'every scope is given',
      {
        needOf: (version, need, mode) =>
          needOf({ ...version, fields: { ...version.fields, scopes: need.scopes } }, need, mode),
      },
      ['scope: a scope it was not given → accepted'],
    ],
    [
      'every network is declared',
      {
        needOf: (version, need, mode) =>
          needOf({ ...version, fields: { ...version.fields, networks: [] } }, need, mode),
      },
      ['network: another network → accepted'],
    ],
    ...(['owner', 'approver', 'purpose', 'scopes', 'hardMaxHours'] as const).map(
      (field): [string, Partial<RuleCode>, readonly string[]] => [
        `nothing is demanded of ${field}`,
        {
          checkDeclaration: (declared, before, where) =>
            checkDeclaration(declared, before, where).filter((problem) => problem.field !== field),
        },
        {
          owner: ['declaration: no owner → '],
          approver: ['declaration: no approver → ', 'approver: approved by its owner → '],
          purpose: ['declaration: no purpose → '],
          scopes: ['declaration: a wildcard scope → '],
          hardMaxHours: ['declaration: a life shorter than its rotation → '],
        }[field],
      ],
    ),
    [
      'no chain holds',
      { verifyChain: () => refuse({ reason: 'fork' }) as never },
      [
        'chain: as written → fork',
        'chain: a record edited → fork',
        'chain: a record removed → fork',
        'chain: the tail cut → fork',
      ],
    ],
    [
      'a record says another who and when',
      {
        append: (entries, head, images) =>
          append(
            entries.map((entry) => ({
              ...entry,
              at: entry.at + 1,
              actor: { kind: 'iam', id: 'x' },
            })) as never,
            head,
            images,
          ),
      },
      ['identity: who → iam x', 'identity: when → 2026-01-01T00:00:00.001Z'],
    ],
    [
      'a revocation tells nothing',
      { nextFeed: (feed) => nextFeed(feed, []) },
      ['feed: a record read before its revocation → true'],
    ],
    ['nothing is usable', { usable: () => false }, ['feed: a record read after it → false']],
    [
      'no token can be read',
      { parseToken: () => refuse({ reason: 'shape' }) as never },
      ['format: as made → shape', 'format: with another checksum → shape'],
    ],
    [
      'bytes may be few',
      { formatToken: (environment) => formatToken(environment, new Uint8Array(TOKEN_ENTROPY_BYTES).fill(7)) },
      ['format: of too few random bytes → made'],
    ],
    ['values stay in text', { withoutSecrets: (text) => text }, ['redaction: in free text → true']],
  ])('%s', (_what, part, told) => {
    expect(wrong(part)).toEqual(told);
  });
});
