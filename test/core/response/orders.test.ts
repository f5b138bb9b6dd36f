import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenRecord } from '#core/records.ts';
import {
  ORDER_ACTIONS,
  type OrderAction,
  type OrderRequest,
  parseOrder,
  planOf,
} from '#core/response/orders.ts';
import { NOW, ROLE, ref, token } from '../builders.ts';

const BODY = { action: 'revoke', tokenId: 'orders', reason: 'leaked', incidentId: 'INC-7' };
const { tokenId: _, ...UNTARGETED } = BODY;
const READ: OrderRequest = {
  action: 'revoke',
  target: { tokenId: 'orders' },
  reason: 'leaked',
  incidentId: 'INC-7',
  dryRun: false,
  noWait: false,
};
const KEY_ID = 'key0000000000001';

describe('parseOrder', () => {
  it.each<[string, object, OrderRequest]>([
    ['a token', BODY, READ],
    [
      'a token whose id begins with a hyphen, as it may',
      { ...BODY, tokenId: '-x-' },
      { ...READ, target: { tokenId: '-x-' } },
    ],
    ['a version', { ...UNTARGETED, keyId: KEY_ID }, { ...READ, target: { keyId: KEY_ID } }],
    [
      'a principal',
      { ...UNTARGETED, principal: ROLE, expectCount: 2 },
      { ...READ, target: { principal: ROLE }, expectCount: 2 },
    ],
    [
      'a user in quarantine',
      { ...UNTARGETED, action: 'release', user: 'arn:aws:iam::111122223333:user/team/ci' },
      { ...READ, action: 'release', target: { user: 'arn:aws:iam::111122223333:user/team/ci' } },
    ],
    [
      'a client outside AWS',
      { ...UNTARGETED, principal: 'external:partner', expectCount: 0 },
      { ...READ, target: { principal: 'external:partner' }, expectCount: 0 },
    ],
    [
      'a principal to rehearse, without a count',
      { ...UNTARGETED, principal: 'arn:aws-us-gov:iam::111122223333:user/ann', dryRun: true },
      { ...READ, target: { principal: 'arn:aws-us-gov:iam::111122223333:user/ann' }, dryRun: true },
    ],
    ['a suspension without end', { ...BODY, action: 'suspend' }, { ...READ, action: 'suspend' }],
    [
      'an end, a rehearsal and no waiting',
      { ...BODY, action: 'suspend', until: '2026-11-24T08:00:00.001Z', dryRun: true, noWait: true },
      { ...READ, action: 'suspend', until: NOW + 1, dryRun: true, noWait: true },
    ],
  ])('reads an order on %s', (_what, body, expected) => {
    expect(parseOrder(body, NOW)).toStrictEqual({ ok: true, value: expected });
  });

  it.each<[string, unknown, string, RegExp]>([
    ['nothing', undefined, 'body', /^send a JSON object/],
    ['a list', [], 'body', /^send a JSON object/],
    [
      'another verb',
      { ...BODY, action: 'delete' },
      'action',
      /^one of suspend, release, revoke, reissue, rotate$/,
    ],
    ['no verb', { ...BODY, action: undefined }, 'action', /^one of/],
    ['a field that it does not know', { ...BODY, force: true }, 'force', /^send a JSON object/],
    ['a field that every object has', { ...BODY, constructor: 1 }, 'constructor', /^send a JSON object/],
    ['an id in capitals', { ...BODY, tokenId: 'Orders' }, 'tokenId', /under which the token is declared/],
    ['a keyId that is a token', { ...UNTARGETED, keyId: `twd_dev_${KEY_ID}` }, 'keyId', /16 characters/],
    ['a tokenId that ends badly', { ...BODY, tokenId: 'orders!' }, 'tokenId', /under which the token/],
    ['a principal that is none', { ...UNTARGETED, principal: 'orders' }, 'principal', /ARN/],
    ['a principal and more', { ...UNTARGETED, principal: `${ROLE} ` }, 'principal', /ARN/],
    ['more than a principal', { ...UNTARGETED, principal: ` ${ROLE}` }, 'principal', /ARN/],
    [
      'a principal to rehearse for real',
      { ...UNTARGETED, principal: ROLE, dryRun: false },
      'expectCount',
      /dryRun first/,
    ],
    ['no reason', { ...BODY, reason: '' }, 'reason', /1 to 512/],
    ['a reason without end', { ...BODY, reason: 'x'.repeat(513) }, 'reason', /1 to 512/],
    ['an incident with a line break', { ...BODY, incidentId: 'INC\n7' }, 'incidentId', /1 to 64/],
    ['an end without a zone', { ...BODY, action: 'suspend', until: '2026-11-25' }, 'until', /ISO 8601/],
    [
      'more than a hundred',
      { ...UNTARGETED, principal: ROLE, expectCount: 101 },
      'expectCount',
      /number of tokens/,
    ],
    ['no target', UNTARGETED, 'tokenId', /exactly one/],
    ['a user that is a role', { ...UNTARGETED, action: 'release', user: ROLE }, 'user', /ARN of an IAM user/],
    [
      'a user to revoke',
      { ...UNTARGETED, user: 'arn:aws:iam::111122223333:user/ci' },
      'user',
      /the responder’s to begin/,
    ],
    [
      'a user and a token',
      { ...BODY, action: 'release', user: 'arn:aws:iam::111122223333:user/ci' },
      'tokenId',
      /exactly one/,
    ],
    ['two targets', { ...BODY, keyId: KEY_ID }, 'tokenId', /exactly one/],
    ['a version to suspend', { ...UNTARGETED, action: 'suspend', keyId: KEY_ID }, 'keyId', /give tokenId/],
    ['a principal without a count', { ...UNTARGETED, principal: ROLE }, 'expectCount', /dryRun first/],
    ['an end of a revocation', { ...BODY, until: '2026-11-25T08:00:00Z' }, 'until', /leave it out/],
    [
      'an end in the past',
      { ...BODY, action: 'suspend', until: '2026-11-24T08:00:00Z' },
      'until',
      /time to come/,
    ],
  ])('refuses %s', (_what, body, field, fix) => {
    const parsed = parseOrder(body, NOW);
    expect(parsed).toMatchObject({ ok: false, error: { field, fix: expect.stringMatching(fix) } });
    expect(parsed.ok || parsed.error.problem).not.toBe('');
  });

  it.each<[object, string]>([
    [{ ...UNTARGETED, keyId: 'short' }, 'not a keyId: 16 letters and digits'],
    [{ ...BODY, reason: `twd_dev_${KEY_ID}_${'0'.repeat(49)}` }, 'holds a token'],
  ])('says of %j what is wrong with it', (body, problem) => {
    expect(parseOrder(body, NOW)).toMatchObject({ ok: false, error: { problem } });
  });

  it('throws at nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.anything()), (body) => {
        expect(typeof parseOrder(body, NOW).ok).toBe('boolean');
      }),
    );
  });
});

describe('planOf', () => {
  const live = token({ versions: [ref(), ref({ keyId: 'key0000000000002', state: 'retiring' })] });
  const plan = (action: OrderAction, part: Partial<TokenRecord> = {}, only?: string): string =>
    planOf(action, { ...live, ...part }, only).join(' ');

  it.each<[OrderAction, RegExp]>([
    ['suspend', /^orders: every request with version key0000000000001, key0000000000002 is refused until/],
    ['release', /is accepted again, if it has not expired meanwhile\.$/],
    ['rotate', /^orders: a new version is made; the present one stays valid for the overlap\.$/],
    [
      'revoke',
      new RegExp(`ends for good\\. Its rotation is cancelled and nothing is minted for ${ROLE} again\\.$`),
    ],
    ['reissue', /a new version is made at once\. .* refused for up to 15 minutes, their cache time\.$/],
  ])('says what %s does', (action, expected) => {
    expect(plan(action)).toMatch(expected);
  });

  it('says so when nothing is live', () => {
    for (const action of ORDER_ACTIONS.filter((one) => one !== 'rotate')) {
      expect(plan(action, { versions: [ref({ state: 'expired' })] })).toContain('no live version');
    }
  });

  it('names one version alone, and leaves the rotation out of it', () => {
    expect(plan('revoke', {}, KEY_ID)).toBe(`orders: version ${KEY_ID} ends for good.`);
  });

  it('advises to reissue what production hangs on', () => {
    expect(plan('revoke', { criticality: 'production' })).toMatch(/consider reissue/);
  });

  it('rounds the cache time up', () => {
    const policy = { ...live.policy, consumerCacheMs: 60_001 };
    expect(plan('reissue', { policy })).toContain('up to 2 minutes');
  });
});
