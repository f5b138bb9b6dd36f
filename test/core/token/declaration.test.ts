import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkDeclaration,
  type DeclarationProblem,
  OFFERS_MAX_BYTES,
} from '#core/token/check-declaration.ts';
import {
  CLOCK_SKEW_MINUTES,
  DECLARATION_MAX_LENGTH,
  type DeclaredToken,
  type ExchangeOffer,
  parseDeclaration,
  parseOffers,
  type ReturnOnceOffer,
  type Stage,
  toBinding,
  toFields,
  toPolicy,
} from '#core/token/declaration.ts';

const ROLE = 'arn:aws:iam::123456789012:role/service/orders';

const TOKEN: DeclaredToken = {
  id: 'orders-service',
  principal: ROLE,
  owner: 'orders-team',
  approver: 'platform-security',
  changeReference: 'CHG-1',
  purpose: 'reads orders',
  scopes: ['orders:read'],
  audience: 'orders-api',
  readers: [ROLE, 'arn:aws:iam::210987654321:user/batch'],
  networks: ['10.0.0.0/16', '2001:db8::/32', 'vpce-0123456789abcdef0'],
  regions: ['eu-central-1', 'us-gov-west-1'],
  criticality: 'normal',
  rotationHours: 24,
  rotationWindowHours: 3,
  overlapMinutes: 60,
  hardMaxHours: 72,
  consumerCacheMinutes: 15,
  canary: false,
  unusedAfterDays: 30,
};
const EXCHANGE: ExchangeOffer = {
  id: 'orders-session',
  kind: 'exchange',
  principal: ROLE,
  scopes: ['orders:read'],
  audience: 'orders-api',
  networks: [],
  ttlSeconds: 900,
  owner: 'orders-team',
  approver: 'platform-security',
  changeReference: 'CHG-2',
  purpose: 'batch runs',
};
const ONCE: ReturnOnceOffer = {
  id: 'partner',
  kind: 'return-once',
  scopes: ['orders:read'],
  audience: 'orders-api',
  maxTtlSeconds: 86_400,
  issuers: ['arn:aws:iam::123456789012:role/issuer'],
};

const ID_FIX = 'use lower-case letters, digits and hyphens';
const HELD = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`;
const AUDIENCE_FIX = 'name the one API that accepts it';

const check = (change: Partial<DeclaredToken>, stage: Stage = 'production'): readonly DeclarationProblem[] =>
  checkDeclaration([{ ...TOKEN, ...change }], [], { stage });

describe('checkDeclaration', () => {
  it('finds nothing wrong with a sound declaration, in either stage', () => {
    expect(checkDeclaration([TOKEN], [EXCHANGE, ONCE], { stage: 'production' })).toEqual([]);
    expect(checkDeclaration([TOKEN], [EXCHANGE, ONCE], { stage: 'sandbox' })).toEqual([]);
  });

  it.each<[string, Partial<DeclaredToken>, string, string, string]>([
    ['an id with capitals', { id: 'Orders' }, 'id', 'is not [a-z0-9-]{3,48}', ID_FIX],
    ['an id with an underscore', { id: 'orders_service' }, 'id', 'is not [a-z0-9-]{3,48}', ID_FIX],
    ['a short id', { id: 'ab' }, 'id', 'is not [a-z0-9-]{3,48}', ID_FIX],
    ['a long id', { id: 'a'.repeat(49) }, 'id', 'is not [a-z0-9-]{3,48}', ID_FIX],
    ['no owner', { owner: ' ', approver: ' ' }, 'owner', 'is missing', 'say the owner'],
    ['no approver', { approver: '' }, 'approver', 'is missing', 'say the approver'],
    [
      'no change reference',
      { changeReference: '' },
      'changeReference',
      'is missing',
      'say the change reference',
    ],
    ['no purpose', { purpose: '' }, 'purpose', 'is missing', 'say the purpose'],
    [
      'a purpose without end',
      { purpose: 'x'.repeat(257) },
      'purpose',
      'is too long',
      'use at most 256 characters',
    ],
    [
      'an owner who approves',
      { approver: 'Orders-Team ' },
      'approver',
      'is the owner',
      'let somebody else approve',
    ],
    [
      'an owner who approves, written with a space',
      { owner: ' orders-team', approver: 'orders-team' },
      'approver',
      'is the owner',
      'let somebody else approve',
    ],
    [
      'a principal that approves itself',
      { approver: 'orders-service', principal: 'arn:aws:iam::111122223333:role/orders-service' },
      'approver',
      'is the principal of the token',
      'let somebody else approve',
    ],
    ['no scope', { scopes: [] }, 'scopes', 'is empty', 'name what the token may do'],
    ['a wildcard scope', { scopes: ['orders:*'] }, 'scopes', '"orders:*" has a wildcard', 'name each scope'],
    [
      'a scope with a space',
      { scopes: ['orders read'] },
      'scopes',
      '"orders read" is no scope',
      'write it like orders:read',
    ],
    ['a scope twice', { scopes: ['a', 'a'] }, 'scopes', 'names a scope twice', 'name each scope once'],
    ['a wildcard audience', { audience: '*' }, 'audience', '"*" is no audience', AUDIENCE_FIX],
    [
      'a token in the purpose',
      { purpose: `tries ${HELD}` },
      'purpose',
      'holds a token',
      'name its keyId alone, and revoke it: it was seen',
    ],
    [
      'a token as the audience',
      { audience: HELD },
      'audience',
      '"twd_dev_0001TSm0PiyImxIY_[redacted]" is no audience',
      AUDIENCE_FIX,
    ],
    [
      'an audience that begins with a space',
      { audience: ' orders-api' },
      'audience',
      '" orders-api" is no audience',
      AUDIENCE_FIX,
    ],
    [
      'an audience that ends with one',
      { audience: 'orders-api ' },
      'audience',
      '"orders-api " is no audience',
      AUDIENCE_FIX,
    ],
    [
      'a wildcard principal',
      { principal: 'arn:aws:iam::123456789012:role/*' },
      'principal',
      '"arn:aws:iam::123456789012:role/*" has a wildcard',
      'name one role or user',
    ],
    ...[
      ['a session', 'arn:aws:sts::123456789012:assumed-role/a/b'],
      ['an account', 'arn:aws:iam::123456789012:root'],
      ['more than an ARN', ` ${ROLE}`],
      ['an ARN and more', `${ROLE}!`],
      ['of a partition with digits', 'arn:aws-1:iam::123456789012:role/orders'],
    ].map(([what, principal]): [string, Partial<DeclaredToken>, string, string, string] => [
      `a principal that is ${what}`,
      { principal: principal as string },
      'principal',
      `"${principal}" is no ARN of a role or user`,
      'write arn:aws:iam::<account>:role/<name>',
    ]),
    ['a wildcard reader', { readers: ['*'] }, 'readers', '"*" has a wildcard', 'name one role or user'],
    ['a reader twice', { readers: [ROLE, ROLE] }, 'readers', 'names a principal twice', 'name each once'],
    [
      'no reader',
      { readers: [] },
      'readers',
      'is empty',
      'name the roles that read the secret; only a canary has none',
    ],
    ...[
      '10.0.0.0/33',
      '10.0.0.1',
      'vpce-0123456',
      'vpce-0123456789abcdef01',
      'x-vpce-0123456789abcdef0',
      'vpce-0123456789abcdef0.',
    ].map((network): [string, Partial<DeclaredToken>, string, string, string] => [
      `the network ${network}`,
      { networks: [network] },
      'networks',
      `"${network}" is no CIDR block and no VPC endpoint`,
      'write 10.0.0.0/16 or vpce-0abc…',
    ]),
    ...['0.0.0.0/0', '::/0'].map((network): [string, Partial<DeclaredToken>, string, string, string] => [
      `every network as ${network}`,
      { networks: [network] },
      'networks',
      `"${network}" is every network`,
      'leave networks empty if any will do',
    ]),
    ['no region', { regions: [] }, 'regions', 'is empty', 'name the regions in which the token is used'],
    ...['Frankfurt', 'EU-eu-central-1', 'eu-central-1a'].map(
      (region): [string, Partial<DeclaredToken>, string, string, string] => [
        `the region ${region}`,
        { regions: [region] },
        'regions',
        `"${region}" is no region`,
        'write it like eu-central-1',
      ],
    ),
    [
      'a window beyond the interval',
      { rotationHours: 4, rotationWindowHours: 5 },
      'rotationWindowHours',
      'reaches into the next rotation',
      'make it at most rotationHours (4)',
    ],
    [
      'an overlap shorter than cache and skew',
      { overlapMinutes: 19 },
      'overlapMinutes',
      'is shorter than the longest consumer cache and clock skew',
      'make it at least 20 (consumerCacheMinutes 15 + 5)',
    ],
    [
      'an overlap into the next rotation',
      { overlapMinutes: 1_440 },
      'overlapMinutes',
      'reaches the next rotation',
      'make it less than 1440',
    ],
    [
      'a hard maximum too near',
      { hardMaxHours: 28 },
      'hardMaxHours',
      'is shorter than interval + window + overlap + three sweep periods',
      'make it at least 29',
    ],
  ])('refuses %s, naming token, field, problem and fix', (_, change, field, problem, fix) => {
    const token = change.id ?? TOKEN.id;
    expect(check(change).filter((found) => found.field === field)).toEqual([{ token, field, problem, fix }]);
  });

  it.each<[keyof DeclaredToken & `${string}${'Hours' | 'Minutes' | 'Days'}`, number, number]>([
    ['rotationHours', 4, 23_976],
    ['rotationWindowHours', 1, 24],
    ['overlapMinutes', 1, 1_438_560],
    ['hardMaxHours', 1, 47_952],
    ['consumerCacheMinutes', 0, 1_438_560],
    ['unusedAfterDays', 0, 3_650],
  ])('takes whole %s from %i to %i, and no other', (field, least, most) => {
    const fix = `use a whole number from ${least} to ${most}`;
    const found = (value: number): readonly DeclarationProblem[] =>
      check({ [field]: value }, 'sandbox').filter((problem) => problem.fix.startsWith('use a whole'));
    for (const value of [least, least + 1, most - 1, most]) expect(found(value)).toEqual([]);
    for (const value of [least - 1, least + 0.5, most + 1, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(found(value)).toEqual([{ token: TOKEN.id, field, problem: `is ${value}`, fix }]);
    }
  });

  it.each<[string, Partial<DeclaredToken>]>([
    ['a purpose of 256 characters', { purpose: 'x'.repeat(256) }],
    ['a window as long as the interval', { rotationHours: 4, rotationWindowHours: 4 }],
    ['a principal of another partition', { principal: 'arn:aws-us-gov:iam::123456789012:role/orders' }],
    ['an id of three characters', { id: 'a-1' }],
    ['an id of 48 characters', { id: 'a'.repeat(48) }],
    ['the shortest VPC endpoint', { networks: ['vpce-01234567'] }],
  ])('accepts %s', (_, change) => {
    expect(check(change)).toEqual([]);
  });

  it('lets nobody approve what they deploy, under whichever name, and everybody else', () => {
    const deployers = ['arn:aws:iam::111122223333:role/ci/pipeline', 'arn:aws:iam::111122223333:user/dora'];
    const approvedBy = (approver: string): readonly string[] =>
      checkDeclaration([{ ...TOKEN, approver }], [{ ...EXCHANGE, approver }], {
        stage: 'production',
        deployers,
      }).map(({ token, field, problem, fix }) => `${token}: ${field} ${problem}: ${fix}`);
    const fix = 'let somebody approve who does not issue what is declared (AC-5)';
    for (const approver of [...deployers, 'Dora', ' pipeline']) {
      expect(approvedBy(approver)).toEqual([
        `${TOKEN.id}: approver is who deploys: ${fix}`,
        `${EXCHANGE.id}: approver is who deploys: ${fix}`,
      ]);
    }
    expect(approvedBy('ci')).toEqual([]);
    expect(approvedBy(TOKEN.approver)).toEqual([]);
  });

  it('says nothing of an approver while there is no owner to compare with', () => {
    expect(check({ owner: ' ', approver: '' }).map(({ problem }) => problem)).toEqual([
      'is missing',
      'is missing',
    ]);
  });

  it('lets a canary have no reader and no review', () => {
    expect(check({ canary: true, readers: [], unusedAfterDays: 0 })).toEqual([]);
  });

  it('accepts the inequalities at their very bounds and refuses one minute or hour less', () => {
    expect(check({ overlapMinutes: 15 + CLOCK_SKEW_MINUTES })).toEqual([]);
    expect(check({ hardMaxHours: 29 })).toEqual([]);
    expect(check({ overlapMinutes: 45, hardMaxHours: 28 })).toEqual([]);
    expect(check({ overlapMinutes: 46, hardMaxHours: 28 })).toHaveLength(1);
  });

  const SAMPLE = 'arn:aws:iam::123456789012:role/tokenward-dev-sample-orders';
  const sampled = {
    problem: `"${SAMPLE}" is a role of the sandbox's sample`,
    fix: 'name a role of your own',
  };

  it.each<[string, Partial<DeclaredToken>, Omit<DeclarationProblem, 'token'>]>([
    [
      'no review of use',
      { unusedAfterDays: 0 },
      {
        field: 'unusedAfterDays',
        problem: 'is 0, a sandbox setting',
        fix: 'say after how many days without use it is suspended',
      },
    ],
    ['the sample’s role as principal', { principal: SAMPLE }, { field: 'principal', ...sampled }],
    ['the sample’s role as reader', { readers: [SAMPLE] }, { field: 'readers', ...sampled }],
  ])('refuses %s in production only', (_, change, problem) => {
    expect(check(change, 'sandbox')).toEqual([]);
    expect(check(change, 'production')).toEqual([{ token: TOKEN.id, ...problem }]);
  });

  it('refuses an id declared twice, also by an offer', () => {
    const twice = checkDeclaration([TOKEN, TOKEN], [{ ...ONCE, id: TOKEN.id }], { stage: 'sandbox' });
    const problem = {
      token: TOKEN.id,
      field: 'id',
      problem: 'is declared twice',
      fix: 'give each token and offer an id of its own',
    };
    expect(twice).toEqual([problem, problem]);
  });

  it.each<[string, ReturnOnceOffer | ExchangeOffer, string]>([
    ['an offer without issuers', { ...ONCE, issuers: [] }, 'issuers'],
    ['any issuer', { ...ONCE, issuers: ['*'] }, 'issuers'],
    ['return-once tokens for longer than 90 days', { ...ONCE, maxTtlSeconds: 7_776_001 }, 'maxTtlSeconds'],
    ['return-once tokens for no time', { ...ONCE, maxTtlSeconds: 0 }, 'maxTtlSeconds'],
    ['an exchange for longer than an hour', { ...EXCHANGE, ttlSeconds: 3_601 }, 'ttlSeconds'],
    ['an exchange for anybody', { ...EXCHANGE, principal: '*' }, 'principal'],
    ['an exchange approved by its owner', { ...EXCHANGE, approver: 'orders-team' }, 'approver'],
    ['an exchange without scope', { ...EXCHANGE, scopes: [] }, 'scopes'],
    ['an exchange from nowhere', { ...EXCHANGE, networks: ['moon'] }, 'networks'],
  ])('refuses %s', (_, offer, field) => {
    expect(checkDeclaration([], [offer], { stage: 'production' }).map((problem) => problem.field)).toEqual([
      field,
    ]);
  });

  it('says of an offer that nobody may issue whom to name', () => {
    expect(checkDeclaration([], [{ ...ONCE, issuers: [] }], { stage: 'sandbox' })).toEqual([
      { token: ONCE.id, field: 'issuers', problem: 'is empty', fix: 'name the IAM roles that may issue' },
    ]);
  });

  it('refuses more offers than the environment of a function can hold, counted in bytes', () => {
    const offersOf = (bytes: number): ReturnOnceOffer[] => {
      const issuer = (number: number): string => `arn:aws:iam::123456789012:role/issuer-${number}`;
      const offers = Array.from({ length: 9 }, (_, number) => ({
        ...ONCE,
        id: `partner-${number}`,
        issuers: [issuer(number)],
      }));
      const missing = bytes - JSON.stringify(offers).length;
      return offers.map((offer, at) => ({
        ...offer,
        audience: `orders-api${'x'.repeat(at < 8 ? Math.floor(missing / 9) : missing - 8 * Math.floor(missing / 9))}`,
      }));
    };
    const found = (offers: readonly ReturnOnceOffer[]): readonly DeclarationProblem[] =>
      checkDeclaration([], offers, { stage: 'sandbox' });
    expect(found(offersOf(OFFERS_MAX_BYTES))).toEqual([]);
    expect(found(offersOf(OFFERS_MAX_BYTES + 1))).toEqual([
      {
        token: 'offers',
        field: 'offers',
        problem: 'take 2049 bytes of JSON',
        fix: 'stay within 2048: fewer or shorter offers',
      },
    ]);
  });

  it('promises that any accepted times keep what consumers hold valid through rotation (S1)', () => {
    const hours = fc.integer({ min: 1, max: 100 });
    const minutes = fc.integer({ min: 0, max: 6_000 });
    fc.assert(
      fc.property(
        hours,
        hours,
        minutes,
        hours,
        minutes,
        (rotationHours, rotationWindowHours, overlapMinutes, hardMaxHours, consumerCacheMinutes) => {
          const times = {
            rotationHours,
            rotationWindowHours,
            overlapMinutes,
            hardMaxHours,
            consumerCacheMinutes,
          };
          if (check(times).length > 0) return;
          const policy = toPolicy({ ...TOKEN, ...times });
          const lastPromotion = policy.rotationIntervalMs + rotationWindowHours * 3_600_000;
          expect(policy.hardMaxMs).toBeGreaterThanOrEqual(lastPromotion + policy.overlapMs);
          expect(policy.overlapMs).toBeGreaterThan(policy.consumerCacheMs);
          expect(policy.rotationIntervalMs).toBeGreaterThan(policy.overlapMs);
        },
      ),
    );
  });
});

describe('parseDeclaration', () => {
  it('reads back what infra wrote', () => {
    expect(parseDeclaration(JSON.stringify(TOKEN))).toEqual({ ok: true, value: TOKEN });
  });

  it.each(['low', 'normal', 'production'] as const)(
    'takes the criticality %s, and no other',
    (criticality) => {
      const declared = { ...TOKEN, criticality };
      expect(parseDeclaration(JSON.stringify(declared))).toEqual({ ok: true, value: declared });
      expect(parseDeclaration(JSON.stringify({ ...TOKEN, criticality: '' })).ok).toBe(false);
    },
  );

  it('looks at no text that is too long', () => {
    const padded = (length: number): string => JSON.stringify(TOKEN).padEnd(length);
    expect(parseDeclaration(padded(DECLARATION_MAX_LENGTH)).ok).toBe(true);
    expect(parseDeclaration(padded(DECLARATION_MAX_LENGTH + 1))).toEqual({
      ok: false,
      error: [{ field: '', problem: 'longer than 16384 characters' }],
    });
  });

  it('says that a text is no JSON', () => {
    expect(parseDeclaration('{')).toEqual({ ok: false, error: [{ field: '', problem: 'is not JSON' }] });
  });

  it.each([
    ['an unknown field', JSON.stringify({ ...TOKEN, extra: 1 }), ''],
    ['a missing field', JSON.stringify({ ...TOKEN, owner: undefined }), 'owner'],
    ['a number for a text', JSON.stringify({ ...TOKEN, scopes: [1] }), 'scopes.0'],
    ['an id that begins badly', JSON.stringify({ ...TOKEN, id: '../orders' }), 'id'],
    ['an id that ends badly', JSON.stringify({ ...TOKEN, id: 'orders/..' }), 'id'],
  ])('refuses %s', (_, json, field) => {
    const parsed = parseDeclaration(json);
    expect(parsed.ok ? undefined : parsed.error.map((problem) => problem.field)).toEqual([field]);
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        (text) => !parseDeclaration(text).ok && !parseOffers(`{${text}`).ok,
      ),
    );
  });
});

describe('parseOffers', () => {
  it('reads back what infra wrote, and refuses an unknown kind', () => {
    expect(parseOffers(JSON.stringify([EXCHANGE, ONCE]))).toEqual({ ok: true, value: [EXCHANGE, ONCE] });
    expect(parseOffers(JSON.stringify([{ ...ONCE, kind: 'gift' }])).ok).toBe(false);
  });
});

it('maps a declaration to what the registry keeps', () => {
  expect(toPolicy(TOKEN)).toEqual({
    rotationIntervalMs: 86_400_000,
    overlapMs: 3_600_000,
    hardMaxMs: 259_200_000,
    consumerCacheMs: 900_000,
    unusedAfterMs: 2_592_000_000,
  });
  const { readers, regions, criticality, canary, owner, approver, changeReference, purpose } = TOKEN;
  expect(toBinding(TOKEN)).toEqual({
    readers,
    regions,
    criticality,
    canary,
    owner,
    approver,
    changeReference,
    purpose,
  });
  const principal = { arn: ROLE, uniqueId: 'AROAEXAMPLE' };
  expect(toFields(TOKEN, principal)).toEqual({
    tokenId: TOKEN.id,
    principal,
    scopes: TOKEN.scopes,
    audience: TOKEN.audience,
    networks: TOKEN.networks,
    hardMaxAt: 0,
  });
});
