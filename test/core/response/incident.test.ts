import { describe, expect, it } from 'vitest';
import type { IncidentRecord } from '#core/records.ts';
import {
  actionOf,
  applyHeld,
  dropIncident,
  isIncidentOrder,
  parseIncidentOrder,
  planOfIncident,
} from '#core/response/incident.ts';
import { ok, refuse } from '#core/result.ts';
import { beginReissue } from '#core/token/standing.ts';
import { NOW, order, ref, token, version } from '../builders.ts';

const BODY = { action: 'apply', incident: 'held:1', reason: 'one thief' };
const item = (tokenId: string, part: object = {}): IncidentRecord['held'][number] => ({
  tokenId,
  signal: 'T0-4',
  eventId: `event-${tokenId}`,
  rung: 'reissue',
  why: 'owner-budget',
  ...part,
});
const incident = (...held: IncidentRecord['held']): IncidentRecord => ({
  schema: 1,
  kind: 'incident',
  rev: 3,
  incidentId: 'held:1',
  state: 'pending',
  openedAt: NOW,
  reason: 'over the budget',
  held,
  dueAt: NOW,
});

describe('an order about an incident', () => {
  it.each([
    [BODY, true],
    [{ action: 'revoke', tokenId: 'orders' }, false],
    [Object.create({ incident: 'x' }), false],
    [null, false],
    ['incident', false],
    [undefined, false],
  ])('is told from one about a token: %j', (body, is) => {
    expect(isIncidentOrder(body)).toBe(is);
  });

  it('is read with its defaults', () => {
    expect(parseIncidentOrder(BODY)).toEqual(ok({ ...BODY, dryRun: false, noWait: false }));
    const more = { dryRun: true, noWait: true, expectCount: 3 };
    expect(parseIncidentOrder({ ...BODY, ...more })).toEqual(ok({ ...BODY, ...more }));
    const drop = { ...BODY, action: 'drop' };
    expect(parseIncidentOrder(drop)).toEqual(ok({ ...drop, dryRun: false, noWait: false }));
    expect(parseIncidentOrder(BODY)).not.toHaveProperty('value.expectCount');
  });

  it.each<[object, string, string]>([
    [{ ...BODY, action: 'erase' }, 'action', 'apply or drop'],
    [{ ...BODY, incident: 'a b' }, 'incident', 'the id of a pending incident'],
    [{ ...BODY, reason: '' }, 'reason', '1 to 512 characters'],
    [{ ...BODY, expectCount: -1 }, 'expectCount', 'the number of held actions'],
    [{ ...BODY, tokenId: 'orders' }, 'body', 'send a JSON object'],
  ])('names what is wrong: %j', (body, field, fix) => {
    expect(parseIncidentOrder(body)).toMatchObject({ error: { field, fix: expect.stringContaining(fix) } });
  });
});

it.each([
  ['suspend', 'suspend'],
  ['revoke', 'revoke'],
  ['reissue', 'reissue'],
])('what wants %s is ordered as %s', (rung, action) => {
  expect(actionOf(item('orders', { rung }))).toBe(action);
});

it('says what would be done, or would not', () => {
  const held = incident(item('orders'), item('ledger', { why: undefined, rung: 'suspend' }));
  expect(planOfIncident('apply', held)).toEqual([
    'orders: reissue, for T0-4 (event event-orders; held: owner-budget).',
    'ledger: suspend, for T0-4 (event event-ledger; held: budget).',
  ]);
  expect(planOfIncident('drop', held)[0]).toBe(
    'orders: nothing is done; reissue for T0-4 (event event-orders) is dropped.',
  );
});

describe('applyHeld', () => {
  const facts = { token: token({ versions: [ref()] }), versions: [version()] };

  it('takes one action out of its incident and does it, in one change', () => {
    const two = incident(item('orders'), item('ledger'));
    const change = applyHeld(two, item('orders'), beginReissue(facts, order()), order());
    expect(change.writes).toMatchObject([
      { expect: 3, record: { kind: 'incident', state: 'pending', held: [item('ledger')], dueAt: NOW } },
      { record: { kind: 'token', reissue: { incidentId: 'INC-7' } } },
      { record: { kind: 'version', state: 'revoked' } },
    ]);
    expect(change.audit).toMatchObject([
      {
        action: 'incident.applied',
        tokenId: 'orders',
        incidentId: 'INC-7',
        reason: 'leaked',
        details: { rung: 'reissue', signal: 'T0-4', outcome: 'applied', left: 1 },
      },
      { action: 'token.reissue-requested' },
      { action: 'version.revoked' },
    ]);
    expect(change.feed).toEqual([version().keyId]);
  });

  it('closes the incident with the last, done or not', () => {
    const one = incident(item('orders'));
    const change = applyHeld(one, item('orders'), refuse({ reason: 'token-revoked' }), order());
    expect(change).toMatchObject({
      writes: [{ record: { state: 'applied', held: [] } }],
      audit: [{ action: 'incident.applied', details: { outcome: 'token-revoked', left: 0 } }],
      feed: [],
    });
    expect(change.writes).toHaveLength(1);
    expect(change.writes[0]).not.toHaveProperty('record.dueAt');
  });
});

it('dropping keeps what was held, for whoever asks later', () => {
  const change = dropIncident(incident(item('orders')), order());
  expect(change).toMatchObject({
    writes: [{ expect: 3, record: { state: 'dropped', held: [item('orders')] } }],
    audit: [{ action: 'incident.dropped', details: { tokens: ['orders'] } }],
    feed: [],
  });
  expect(change.writes[0]).not.toHaveProperty('record.dueAt');
});
