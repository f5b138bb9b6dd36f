import { describe, expect, it } from 'vitest';
import { type Finding, SIGNALS } from '#core/detection/finding.ts';
import type { BreakerRecord, IncidentRecord } from '#core/records.ts';
import {
  decideResponse,
  heldIncidentId,
  incidentOf,
  RESPONDER,
  type ResponseFacts,
  scopesOf,
  type Verdict,
  windowStart,
} from '#core/response/decide.ts';
import { DEFAULT_POLICY, type ResponsePolicy, type Rung } from '#core/response/policy.ts';
import { MINUTE, NOW, order, ref, secretless, secretRead, token, version } from '../builders.ts';

const READER = 'arn:aws:iam::111122223333:role/stranger';
const finding = (signal: Finding['signal']): Finding => ({
  signal,
  seen: 'something was seen',
  reader: READER,
});
const OUTSIDE = finding('outside-network');
const SIGHTING = secretRead({ eventId: 'event-1' });
const NOW_IN_WINDOW = NOW + 4 * MINUTE;

const breaker = (scope: string, taken: number): BreakerRecord => ({
  schema: 1,
  kind: 'breaker',
  rev: 5,
  scope,
  windowStart: NOW,
  taken,
  held: 2,
  ttlSeconds: 1,
});
const facts = (part: Partial<ResponseFacts> = {}): ResponseFacts => ({
  token: token({ versions: [ref()] }),
  versions: [version()],
  breakers: [
    { scope: 'signal:outside-network', limit: 2, read: undefined },
    { scope: 'owner:team-orders', limit: 1, read: breaker('owner:team-orders', 0) },
  ],
  incident: undefined,
  blocked: true,
  ...part,
});
const decide = (part: Partial<ResponseFacts> = {}, seen = OUTSIDE, policy = DEFAULT_POLICY): Verdict =>
  decideResponse(SIGHTING, seen, facts(part), policy, NOW_IN_WINDOW);
const policyOf = (rung: Rung): ResponsePolicy => ({
  ...DEFAULT_POLICY,
  rungs: { ...DEFAULT_POLICY.rungs, 'outside-network': { low: rung, normal: rung, production: rung } },
});
const kinds = ({ change }: Verdict): readonly string[] =>
  change.writes.map((write) => (write.kind === 'put' ? write.record.kind : 'delete'));

describe('what was seen', () => {
  it('is told and kept without the secrets, the commands and the length that others gave it', () => {
    const token = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`;
    const { sentence, change } = decide({}, { ...OUTSIDE, seen: `\u202e${token}\n${'x'.repeat(9_000)}` });
    for (const text of [sentence, ...change.audit.map(({ reason }) => reason)]) {
      expect(text).toContain('\\u{202e}twd_dev_0001TSm0PiyImxIY_[redacted]\\u{a}xxx');
      expect(text?.length).toBeLessThan(700);
    }
  });
});

describe('what is held', () => {
  const spent = [{ scope: 'signal:outside-network', limit: 0, read: undefined }];
  const incidentOfWindow = (part: Partial<IncidentRecord>): IncidentRecord => ({
    schema: 1,
    kind: 'incident',
    rev: 3,
    incidentId: heldIncidentId(NOW_IN_WINDOW, DEFAULT_POLICY),
    state: 'pending',
    openedAt: NOW,
    reason: 'automatic actions exceeded their budget',
    held: [],
    ...part,
  });
  const other = (n: number): IncidentRecord['held'][number] => ({
    tokenId: `token-${n}`,
    signal: 'outside-network',
    eventId: `event-${n}`,
    rung: 'reissue',
  });

  it.each([
    ['is full', { held: Array.from({ length: 64 }, (_, n) => other(n)) }],
    ['was settled', { state: 'applied' as const }],
  ])('goes into an incident of its own when the window’s %s', (_, part) => {
    const verdict = decide({ breakers: spent, incident: incidentOfWindow(part) });
    expect(verdict.change.writes).toContainEqual(
      expect.objectContaining({
        expect: 0,
        record: expect.objectContaining({
          kind: 'incident',
          incidentId: `${heldIncidentId(NOW_IN_WINDOW, DEFAULT_POLICY)}:auto:event-1`,
          state: 'pending',
          held: [expect.objectContaining({ eventId: 'event-1' })],
        }),
      }),
    );
  });
});

describe('incidentOf', () => {
  it.each([
    ['event-1', 'auto:event-1'],
    ['a b/ü\n', 'auto:a-b---'],
    ['x'.repeat(99), `auto:${'x'.repeat(59)}`],
  ])('%j is filed as %s', (eventId, expected) => {
    expect(incidentOf(secretRead({ eventId }))).toBe(expected);
  });
});

describe('windows and budgets', () => {
  it.each([
    [NOW, NOW],
    [NOW + 15 * MINUTE - 1, NOW],
    [NOW + 15 * MINUTE, NOW + 15 * MINUTE],
  ])('%i counts in the window of %i', (now, start) => {
    expect(windowStart(now, DEFAULT_POLICY)).toBe(start);
    expect(heldIncidentId(now, DEFAULT_POLICY)).toBe(`held:${start}`);
  });

  it('count for signal and owner, but never against a canary', () => {
    expect(scopesOf(OUTSIDE, 'team-orders', DEFAULT_POLICY)).toEqual([
      { scope: 'signal:outside-network', limit: 10 },
      { scope: 'owner:team-orders', limit: 5 },
    ]);
    expect(scopesOf(finding('canary-use'), 'team-orders', DEFAULT_POLICY)).toEqual([]);
  });
});

describe('decideResponse', () => {
  it('reissues in one transaction with the event, the budgets and the audit', () => {
    const verdict = decide();
    expect(verdict).toMatchObject({
      rung: 'reissue',
      outcome: 'done',
      incidentId: 'auto:event-1',
      sentence: expect.stringMatching(/^something was seen\. Every version of orders was revoked/),
    });
    expect(verdict.change.writes).toMatchObject([
      {
        expect: 0,
        record: {
          kind: 'event',
          account: '111122223333',
          eventId: 'event-1',
          at: NOW_IN_WINDOW,
          outcome: 'outside-network:reissue',
          ttlSeconds: NOW_IN_WINDOW / 1000 + 15 * 24 * 3_600,
        },
      },
      { record: { kind: 'token', reissue: { incidentId: 'auto:event-1' } } },
      { record: { kind: 'version', state: 'revoked' } },
      {
        expect: 0,
        record: {
          kind: 'breaker',
          scope: 'signal:outside-network',
          windowStart: NOW,
          taken: 1,
          held: 0,
          ttlSeconds: NOW / 1000 + 7 * 24 * 3_600,
        },
      },
      { expect: 5, record: { kind: 'breaker', scope: 'owner:team-orders', taken: 1, held: 2 } },
    ]);
    expect(verdict.change.audit).toMatchObject([
      {
        action: 'response.decided',
        actor: RESPONDER,
        reason: 'something was seen',
        cause: 'event-1',
        tokenId: 'orders',
        details: { signal: 'outside-network', rung: 'reissue', outcome: 'done' },
      },
      { action: 'token.reissue-requested', actor: RESPONDER },
      { action: 'version.revoked', incidentId: 'auto:event-1' },
    ]);
    expect(verdict.change.feed).toEqual([version().keyId]);
  });

  it.each<[Rung, string, RegExp]>([
    ['suspend', 'suspended', /orders is suspended\. Undo: tokenward release orders\.$/],
    ['revoke', 'revoked', /orders was revoked for good\. Declare a new id if it is still needed\.$/],
  ])('%s leaves the token %s', (rung, standing, sentence) => {
    const verdict = decide({}, OUTSIDE, policyOf(rung));
    expect(verdict).toMatchObject({ rung, outcome: 'done', sentence: expect.stringMatching(sentence) });
    expect(verdict.change.writes[1]).toMatchObject({ record: { kind: 'token', standing } });
  });

  it.each<[string, Finding['signal'], readonly string[]]>([
    ['the table says so', 'rotation-failed', []],
    ['the token is protected', 'outside-network', ['orders']],
  ])('only tells when %s', (_why, signal, protectedTokens) => {
    const verdict = decide({}, finding(signal), { ...DEFAULT_POLICY, protectedTokens });
    expect(verdict).toMatchObject({
      rung: 'alert',
      outcome: 'alerted',
      sentence: 'something was seen. Nothing was done automatically.',
    });
    expect(kinds(verdict)).toEqual(['event', 'event']);
    expect(verdict.change.feed).toEqual([]);
    expect(verdict.change.writes[1]).toMatchObject({
      expect: 0,
      record: { account: 'alerts', eventId: `${signal}:orders:${NOW}`, outcome: `${signal}:alert` },
    });
    expect(verdict.change.audit).toStrictEqual([
      {
        action: 'response.decided',
        at: NOW_IN_WINDOW,
        actor: { kind: 'system', id: 'respond' },
        reason: 'something was seen',
        incidentId: 'auto:event-1',
        cause: 'event-1',
        tokenId: 'orders',
        details: { signal, rung: 'alert', outcome: 'alerted' },
      },
    ]);
  });

  it('never acts on a protected token, whatever the signal (S9)', () => {
    for (const signal of SIGNALS) {
      const verdict = decide({}, finding(signal), { ...policyOf('revoke'), protectedTokens: ['orders'] });
      expect(kinds(verdict)).toEqual(['event', 'event']);
    }
  });

  it('says what it would do where it only observes', () => {
    const verdict = decide({}, OUTSIDE, { ...DEFAULT_POLICY, mode: 'observe' });
    expect(verdict).toMatchObject({ rung: 'reissue', outcome: 'observed' });
    expect(verdict.sentence).toMatch(/In enforce mode it would be: reissue\.$/);
    expect(kinds(verdict)).toEqual(['event']);
  });

  it('tells when nothing is left to do', () => {
    const verdict = decide({ token: token({ standing: 'revoked' }) });
    expect(verdict).toMatchObject({ rung: 'alert', outcome: 'alerted' });
    expect(verdict.sentence).toMatch(/Nothing was left to do: token-revoked\.$/);
    expect(kinds(verdict)).toEqual(['event', 'event']);
  });

  it('revokes what has no secret to reissue into, and nothing else for that', () => {
    const subject = secretless({ versions: [ref()] });
    expect(decide({ token: subject }).rung).toBe('revoke');
    expect(decide({ token: subject }, OUTSIDE, policyOf('suspend')).rung).toBe('suspend');
  });

  it.each([
    ['unbound-reader', true, 'reissue'],
    ['unbound-reader', false, 'suspend'],
    ['outside-network', false, 'reissue'],
  ] as const)('%s, reader blocked %s: %s', (signal, blocked, rung) => {
    expect(decide({ blocked }, finding(signal))).toMatchObject({ rung, outcome: 'done' });
  });

  it('reads the rung of its criticality', () => {
    const seen = finding('read-outside-network');
    const critical = token({ criticality: 'production', versions: [ref()] });
    expect(decide({}, seen).rung).toBe('suspend');
    expect(decide({ token: critical }, seen).rung).toBe('alert');
  });

  it('cuts what was seen to what an audit record holds', () => {
    const verdict = decide({}, { ...OUTSIDE, seen: 'x'.repeat(600) });
    expect(verdict.change.audit[0].reason).toHaveLength(512);
  });

  describe('over its budget', () => {
    const spent = [
      { scope: 'signal:outside-network', limit: 10, read: undefined },
      { scope: 'owner:team-orders', limit: 5, read: breaker('owner:team-orders', 5) },
    ];
    const incident: IncidentRecord = {
      schema: 1,
      kind: 'incident',
      rev: 4,
      incidentId: `held:${NOW}`,
      state: 'pending',
      openedAt: NOW,
      reason: 'automatic actions exceeded their budget',
      held: [],
      dueAt: NOW,
    };
    const item = { tokenId: 'orders', signal: 'outside-network', eventId: 'event-1', rung: 'reissue' };

    it('holds the action for a human, and touches no token', () => {
      const verdict = decide({ breakers: spent });
      expect(verdict).toMatchObject({
        rung: 'reissue',
        outcome: 'held',
        sentence: 'something was seen. The budget of automatic actions is spent: this one is held for you.',
      });
      expect(verdict.change.writes).toMatchObject([
        { record: { kind: 'event' } },
        {
          expect: 0,
          record: {
            ...incident,
            rev: 0,
            openedAt: NOW_IN_WINDOW,
            held: [item],
            dueAt: NOW_IN_WINDOW + 15 * MINUTE,
          },
        },
        { expect: 0, record: { kind: 'breaker', taken: 0, held: 1 } },
        { expect: 5, record: { kind: 'breaker', taken: 5, held: 3 } },
      ]);
      expect(verdict.change.audit).toMatchObject([
        { action: 'response.decided', details: { outcome: 'held' } },
        { action: 'response.held', details: { rung: 'reissue', signal: 'outside-network' } },
      ]);
      expect(verdict.change.feed).toEqual([]);
    });

    it('holds everything with a budget of nothing', () => {
      const breakers = [{ scope: 'owner:team-orders', limit: 0, read: undefined }];
      expect(decide({ breakers }).outcome).toBe('held');
    });

    it('collects one window in one incident, a token once', () => {
      const other = { ...item, tokenId: 'other' };
      const held = [other, { ...item, eventId: 'event-0' }];
      const verdict = decide({ breakers: spent, incident: { ...incident, held } });
      expect(verdict.change.writes[1]).toMatchObject({
        expect: 4,
        record: { kind: 'incident', held: [other, item] },
      });
    });
  });

  it('is the same for every delivery of a sighting (S8)', () => {
    expect(decide()).toEqual(decide());
    expect(decide().change.writes[0]).toMatchObject({
      expect: 0,
      record: { kind: 'event', eventId: 'event-1' },
    });
  });

  it('names the actor of a suspension, so that a release can tell', () => {
    const verdict = decide({}, OUTSIDE, policyOf('suspend'));
    expect(verdict.change.writes[1]).toMatchObject({
      record: {
        suspension: {
          ...order({ at: NOW_IN_WINDOW, actor: RESPONDER }),
          reason: 'something was seen',
          incidentId: 'auto:event-1',
        },
      },
    });
  });
});
