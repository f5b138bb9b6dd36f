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

const check = (change: Partial<DeclaredToken>, stage: Stage = 'production'): readonly DeclarationProblem[] =>
  checkDeclaration([{ ...TOKEN, ...change }], [], { stage });

describe('checkDeclaration', () => {
  it('finds nothing wrong with a sound declaration, in either stage', () => {
    expect(checkDeclaration([TOKEN], [EXCHANGE, ONCE], { stage: 'production' })).toEqual([]);
    expect(checkDeclaration([TOKEN], [EXCHANGE, ONCE], { stage: 'sandbox' })).toEqual([]);
  });

  it.each<[string, Partial<DeclaredToken>, string, RegExp]>([
    ['an id with capitals', { id: 'Orders' }, 'id', /lower-case/],
    ['a short id', { id: 'ab' }, 'id', /lower-case/],
    ['no owner', { owner: ' ' }, 'owner', /say the owner/],
    ['no approver', { approver: '' }, 'approver', /say the approver/],
    ['no change reference', { changeReference: '' }, 'changeReference', /change reference/],
    ['no purpose', { purpose: '' }, 'purpose', /say the purpose/],
    ['a purpose without end', { purpose: 'x'.repeat(257) }, 'purpose', /256/],
    ['an owner who approves', { approver: 'Orders-Team ' }, 'approver', /somebody else/],
    ['no scope', { scopes: [] }, 'scopes', /what the token may do/],
    ['a wildcard scope', { scopes: ['orders:*'] }, 'scopes', /name each scope/],
    ['a scope with a space', { scopes: ['orders read'] }, 'scopes', /orders:read/],
    ['a scope twice', { scopes: ['a', 'a'] }, 'scopes', /once/],
    ['a wildcard audience', { audience: '*' }, 'audience', /one API/],
    ['a wildcard principal', { principal: 'arn:aws:iam::123456789012:role/*' }, 'principal', /one role/],
    [
      'a principal that is a session',
      { principal: 'arn:aws:sts::123456789012:assumed-role/a/b' },
      'principal',
      /role\/<name>/,
    ],
    [
      'a principal that is an account',
      { principal: 'arn:aws:iam::123456789012:root' },
      'principal',
      /role\/<name>/,
    ],
    [
      'a token as the audience',
      { audience: `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}` },
      'audience',
      /one API/,
    ],
    [
      'a token in the purpose',
      { purpose: `tries twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}` },
      'purpose',
      /keyId/,
    ],
    ['a wildcard reader', { readers: ['*'] }, 'readers', /one role/],
    ['a reader twice', { readers: [ROLE, ROLE] }, 'readers', /once/],
    ['no reader', { readers: [] }, 'readers', /canary/],
    ['a bad CIDR', { networks: ['10.0.0.0/33'] }, 'networks', /10\.0\.0\.0\/16/],
    ['an address without length', { networks: ['10.0.0.1'] }, 'networks', /10\.0\.0\.0\/16/],
    ['every network', { networks: ['0.0.0.0/0'] }, 'networks', /empty/],
    ['every IPv6 network', { networks: ['::/0'] }, 'networks', /empty/],
    ['no region', { regions: [] }, 'regions', /in which/],
    ['a bad region', { regions: ['Frankfurt'] }, 'regions', /eu-central-1/],
    ['a rotation under four hours', { rotationHours: 3 }, 'rotationHours', /from 4/],
    ['a broken hour', { rotationHours: 4.5 }, 'rotationHours', /whole/],
    ['no window', { rotationWindowHours: 0 }, 'rotationWindowHours', /from 1/],
    [
      'a window beyond the interval',
      { rotationHours: 4, rotationWindowHours: 5 },
      'rotationWindowHours',
      /\(4\)/,
    ],
    ['an overlap shorter than cache and skew', { overlapMinutes: 19 }, 'overlapMinutes', /at least 20/],
    ['an overlap into the next rotation', { overlapMinutes: 1_440 }, 'overlapMinutes', /less than 1440/],
    ['a hard maximum too near', { hardMaxHours: 28 }, 'hardMaxHours', /at least 29/],
    ['an endless hard maximum', { hardMaxHours: Number.POSITIVE_INFINITY }, 'hardMaxHours', /whole/],
    ['a negative cache', { consumerCacheMinutes: -1 }, 'consumerCacheMinutes', /from 0/],
    ['years unused', { unusedAfterDays: 4_000 }, 'unusedAfterDays', /3650/],
  ])('refuses %s, naming token, field and fix', (_, change, field, fix) => {
    const problems = check(change).filter((problem) => problem.field === field);
    expect(problems).not.toEqual([]);
    expect(problems[0]?.token).toBe(change.id ?? TOKEN.id);
    expect(problems[0]?.fix).toMatch(fix);
  });

  it('says nothing of an approver while there is no owner to compare with', () => {
    expect(check({ owner: '', approver: '' }).map(({ problem }) => problem)).toEqual([
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

  it.each<[string, Partial<DeclaredToken>, string]>([
    ['no review of use', { unusedAfterDays: 0 }, 'unusedAfterDays'],
    [
      'the sample’s role as principal',
      { principal: 'arn:aws:iam::123456789012:role/tokenward-dev-sample-orders' },
      'principal',
    ],
    [
      'the sample’s role as reader',
      { readers: ['arn:aws:iam::123456789012:role/tokenward-dev-sample-orders'] },
      'readers',
    ],
  ])('refuses %s in production only', (_, change, field) => {
    expect(check(change, 'sandbox')).toEqual([]);
    expect(check(change, 'production').map((problem) => problem.field)).toEqual([field]);
  });

  it('refuses an id declared twice, also by an offer', () => {
    const twice = checkDeclaration([TOKEN, TOKEN], [{ ...ONCE, id: TOKEN.id }], { stage: 'sandbox' });
    expect(twice.map(({ field, problem }) => `${field} ${problem}`)).toEqual([
      'id is declared twice',
      'id is declared twice',
    ]);
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

  it('refuses more offers than the environment of a function can hold', () => {
    const offers = Array.from({ length: 20 }, (_, number) => ({ ...ONCE, id: `partner-${number}` }));
    expect(checkDeclaration([], offers, { stage: 'sandbox' })).toEqual([
      {
        token: 'offers',
        field: 'offers',
        problem: expect.any(String),
        fix: expect.stringContaining(`${OFFERS_MAX_BYTES}`),
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

  it.each([
    ['no JSON', '{', ''],
    ['too long a text', ' '.repeat(DECLARATION_MAX_LENGTH + 1), ''],
    ['an unknown field', JSON.stringify({ ...TOKEN, extra: 1 }), ''],
    ['a missing field', JSON.stringify({ ...TOKEN, owner: undefined }), 'owner'],
    ['a number for a text', JSON.stringify({ ...TOKEN, scopes: [1] }), 'scopes.0'],
    ['a bad id', JSON.stringify({ ...TOKEN, id: '../x' }), 'id'],
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
