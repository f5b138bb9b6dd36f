import { describe, expect, it } from 'vitest';
import { SIGNAL_IDS } from '#core/detection/catalogue.ts';
import type { EventRecord, IncidentRecord } from '#core/records.ts';
import {
  type CredentialFacts,
  decideCredential,
  decideResponse,
  type ResponseFacts,
  type Verdict,
  wantedOf,
} from '#core/response/decide.ts';
import { complete, eventOf, incidentOf, intendBlock, keyOrderLeft, RESPONDER } from '#core/response/event.ts';
import type { Finding } from '#core/response/finding.ts';
import type { Rung } from '#core/response/ladder.ts';
import { DEFAULT_POLICY, type ResponsePolicy } from '#core/response/policy.ts';
import { finding, MINUTE, NOW, order, ref, secretless, token, version } from '../builders.ts';

/** A genuine token of ours, presented from elsewhere. */
const OUTSIDE = finding({
  signal: 'T0-4',
  about: 'use',
  keyId: 'key0000000000001',
  who: { credential: 'key0000000000001', principal: 'token:orders', kind: 'api-token' },
});
const NOW_IN_WINDOW = NOW + 4 * MINUTE;
const NONE = { budgets: [], day: undefined, incidents: [{ incidentId: `held:${NOW}`, read: undefined }] };

const facts = (part: Partial<ResponseFacts> = {}): ResponseFacts => ({
  token: token({ versions: [ref()] }),
  versions: [version()],
  breakers: NONE,
  blocked: true,
  event: undefined,
  ...part,
});
const decide = (part: Partial<ResponseFacts> = {}, seen = OUTSIDE, policy = DEFAULT_POLICY): Verdict =>
  decideResponse(seen, facts(part), policy, NOW_IN_WINDOW);
const policyOf = (rung: Rung): ResponsePolicy => ({
  ...DEFAULT_POLICY,
  overrides: { 'token:orders': { rungs: { 'T0-4': rung } } },
});
const kinds = ({ change }: Verdict): readonly string[] =>
  change.writes.map((write) => (write.kind === 'put' ? write.record.kind : 'delete'));

describe('what was seen', () => {
  it('is told and kept without the secrets, the commands and the length that others gave it', () => {
    const text = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`;
    const { words, event, change } = decide({}, { ...OUTSIDE, seen: `\u202e${text}\n${'x'.repeat(9_000)}` });
    const { seen, page } = event.left;
    for (const said of [words.seen, seen, page.body, ...change.audit.map(({ reason }) => reason)]) {
      expect(said).toContain('\\u{202e}twd_dev_0001TSm0PiyImxIY_[redacted]\\u{a}xxx');
      expect(said?.length).toBeLessThan(1_000);
    }
  });
});

describe('incidentOf', () => {
  it.each([
    ['event-1', 'auto:event-1'],
    ['a b/ü\n', 'auto:a-b---'],
    ['x'.repeat(99), `auto:${'x'.repeat(59)}`],
  ])('%j is filed as %s', (eventId, expected) => {
    expect(incidentOf(eventId)).toBe(expected);
  });
});

describe('wantedOf', () => {
  const wanted = (
    seen: Finding,
    part: Partial<ResponseFacts> = {},
    policy: Partial<ResponsePolicy> = {},
  ): readonly unknown[] => {
    const { rung, guard } = wantedOf(seen, facts(part), { ...DEFAULT_POLICY, ...policy });
    return [rung, guard];
  };
  const critical = token({ criticality: 'production', versions: [ref()] });
  const read = finding({ signal: 'T0-4' });

  it.each<[string, readonly unknown[], ...Parameters<typeof wanted>]>([
    ['a stranger, kept out', ['reissue', undefined], finding()],
    ['a stranger who may still read', ['suspend', undefined], finding(), { blocked: false }],
    ['a stranger, refused', ['alert', undefined], finding({ weak: true })],
    ['its reader, from elsewhere', ['suspend', undefined], read],
    ['its reader, from elsewhere, where it is critical', ['alert', undefined], read, { token: critical }],
    ['a canary’s secret', ['revoke', undefined], finding({ signal: 'T0-1' })],
    ['an old version of its secret', ['alert', undefined], finding({ signal: 'T0-2' })],
    ['the token, presented elsewhere', ['reissue', undefined], OUTSIDE, { blocked: false }],
    ['one that has no secret', ['revoke', undefined], OUTSIDE, { token: secretless() }],
    ['a rotation that failed', ['alert', undefined], finding({ signal: 'rotation-failed' })],
    ['habits, as shipped', ['alert', undefined], { ...OUTSIDE, signal: 'B1' }],
    ['habits, opted in', ['suspend', undefined], { ...OUTSIDE, signal: 'B1' }, {}, { tierOne: 'act' }],
    [
      'an override of the token',
      ['suspend', undefined],
      finding(),
      {},
      { overrides: { 'token:orders': { rungs: { 'T0-3': 'suspend' } } } },
    ],
    ['observing', ['reissue', 'observe'], finding(), {}, { mode: 'observe' }],
    ['killed', ['reissue', 'kill-switch'], finding(), {}, { killSwitch: true }],
    ['protected', ['reissue', 'protected'], finding(), {}, { protectedPrincipals: ['token:orders'] }],
    [
      'a token of a protected principal',
      ['reissue', 'protected'],
      finding(),
      {},
      { protectedPrincipals: [token().fields.principal.arn] },
    ],
    [
      'a protected stranger, such as the break-glass role',
      ['reissue', 'protected'],
      finding(),
      {},
      { protectedPrincipals: [finding().who.principal] },
    ],
  ])('%s', (_what, expected, ...asked) => {
    expect(wanted(...asked)).toEqual(expected);
  });
});

describe('decideResponse', () => {
  it('reissues in one transaction with the event, the budgets and the audit', () => {
    const verdict = decide({
      breakers: { ...NONE, budgets: [{ scope: 'signal:T0-4', limit: 3, reason: 'budget', read: undefined }] },
    });
    expect(verdict).toMatchObject({
      rung: 'reissue',
      outcome: 'done',
      incidentId: 'auto:event-1',
      words: {
        seen: 'something was seen',
        against: 'its declared networks',
        sure: 'certain: a promise was broken',
        done: 'Every version of orders was revoked and a new one is being made; its consumers refetch.',
        undo: 'it cannot be undone and need not be',
      },
      event: {
        left: {
          page: {
            key: 'T0-4:orders',
            title: 'outside the declared networks on orders: reissue',
            owner: 'team-orders',
          },
        },
      },
    });
    expect(verdict.change.writes).toMatchObject([
      {
        expect: 0,
        record: {
          kind: 'event',
          account: '111122223333',
          eventId: 'event-1#orders',
          at: NOW_IN_WINDOW,
          outcome: 'T0-4:reissue:done',
          state: 'decided',
          left: {
            rung: 'reissue',
            outcome: 'done',
            cause: 'event-1',
            signal: 'T0-4',
            seen: 'something was seen',
            tokenId: 'orders',
          },
          dueAt: NOW_IN_WINDOW + 60_000,
          ttlSeconds: NOW_IN_WINDOW / 1000 + 15 * 24 * 3_600,
        },
      },
      { record: { kind: 'token', reissue: { incidentId: 'auto:event-1' } } },
      { record: { kind: 'version', state: 'revoked' } },
      { expect: 0, record: { kind: 'breaker', scope: 'signal:T0-4', windowStart: NOW, taken: 1 } },
      { expect: 0, record: { kind: 'breaker', scope: 'cause', windowStart: 0, taken: 1 } },
    ]);
    expect(verdict.change.audit).toMatchObject([
      {
        action: 'response.decided',
        actor: RESPONDER,
        reason: 'something was seen',
        cause: 'event-1',
        tokenId: 'orders',
        details: { signal: 'T0-4', rung: 'reissue', outcome: 'done', owner: 'team-orders' },
      },
      { action: 'token.reissue-requested', actor: RESPONDER },
      { action: 'version.revoked', incidentId: 'auto:event-1' },
    ]);
    expect(verdict.change.feed).toEqual([version().keyId]);
  });

  it.each<[Rung, string, RegExp, string]>([
    ['suspend', 'suspended', /^orders is suspended\.$/, 'tokenward release orders'],
    [
      'revoke',
      'revoked',
      /^orders was revoked for good\.$/,
      'it cannot be undone: declare a new id if it is still needed',
    ],
  ])('%s leaves the token %s', (rung, standing, done, undo) => {
    const verdict = decide({}, OUTSIDE, policyOf(rung));
    expect(verdict).toMatchObject({
      rung,
      outcome: 'done',
      words: { done: expect.stringMatching(done), undo },
    });
    expect(verdict.change.writes[1]).toMatchObject({ record: { kind: 'token', standing } });
  });

  it('takes up the intent that it finds', () => {
    const intent = { ...eventOf(finding(), 'orders', 'T0-3:block', NOW), rev: 1, state: 'intended' as const };
    expect(decide({ event: intent }, finding()).change.writes[0]).toMatchObject({
      expect: 1,
      record: { state: 'decided' },
    });
  });

  it.each<[string, Finding, Partial<ResponsePolicy>, string]>([
    ['the table says so', finding({ weak: true }), {}, 'Nothing was done automatically.'],
    [
      'the token is protected',
      OUTSIDE,
      { protectedPrincipals: ['token:orders'] },
      'Nothing: it is protected.',
    ],
  ])('only tells when %s', (_why, seen, policy, done) => {
    const verdict = decide({}, seen, { ...DEFAULT_POLICY, ...policy });
    const { signal } = seen;
    expect(verdict).toMatchObject({
      rung: 'alert',
      outcome: 'alerted',
      words: { done, undo: 'nothing to undo' },
    });
    expect(kinds(verdict)).toEqual(['event', 'event']);
    expect(verdict.change.feed).toEqual([]);
    const [event, told] = verdict.change.writes;
    expect(event).toMatchObject({ record: { state: 'decided', left: { outcome: 'alerted' } } });
    expect(told).toMatchObject({
      expect: 0,
      record: { account: 'alerts', eventId: `${signal}:orders:${NOW}`, outcome: `${signal}:alert:alerted` },
    });
    expect(told).not.toHaveProperty('record.state');
    expect(verdict.change.audit).toHaveLength(1);
  });

  it('never acts on a protected token, whatever the signal (S9)', () => {
    for (const signal of SIGNAL_IDS) {
      for (const about of ['use', 'secret'] as const) {
        const verdict = decide({}, finding({ signal, about }), {
          ...DEFAULT_POLICY,
          tierOne: 'act',
          protectedPrincipals: ['token:orders'],
        });
        expect(kinds(verdict)).toEqual(['event', 'event']);
      }
    }
  });

  it.each<[Partial<ResponsePolicy>, string]>([
    [{ mode: 'observe' }, 'Nothing (observe); else: reissue.'],
    [{ killSwitch: true }, 'Nothing (kill-switch); else: reissue.'],
  ])('says what it would do: %j', (policy, done) => {
    const verdict = decide({}, OUTSIDE, { ...DEFAULT_POLICY, ...policy });
    expect(verdict).toMatchObject({ rung: 'reissue', outcome: 'observed', words: { done } });
    expect(kinds(verdict)).toEqual(['event']);
  });

  it.each<[string, Partial<ResponseFacts>, string]>([
    ['it is revoked', { token: token({ standing: 'revoked' }) }, 'token-revoked.'],
    ['the version presented has ended', { versions: [version({ state: 'revoked' })] }, 'it has ended.'],
    [
      'another version was presented',
      { versions: [version({ keyId: 'key0000000000002' })] },
      'it has ended.',
    ],
  ])('tells when nothing is left to do: %s', (_what, part, why) => {
    const verdict = decide(part);
    expect(verdict).toMatchObject({
      rung: 'alert',
      outcome: 'alerted',
      words: { done: `Nothing was left to do: ${why}` },
    });
    expect(kinds(verdict)).toEqual(['event', 'event']);
  });

  it('ends a canary by whichever of its versions was touched', () => {
    const seen = { ...OUTSIDE, signal: 'T0-1' as const };
    expect(decide({ versions: [version({ state: 'revoked' })] }, seen)).toMatchObject({
      rung: 'revoke',
      outcome: 'done',
    });
  });

  it('holds what is over its budget for a human, and touches no token', () => {
    const read = { ...spentBreaker('owner:team-orders'), taken: 3 };
    const breakers = {
      ...NONE,
      budgets: [{ scope: 'owner:team-orders', limit: 3, reason: 'owner-budget' as const, read }],
    };
    const verdict = decide({ breakers });
    expect(verdict).toMatchObject({
      rung: 'reissue',
      outcome: 'held',
      words: {
        done: 'Held for you (owner-budget): reissue.',
        undo: `tokenward incident apply held:${NOW}, or drop`,
      },
    });
    expect(verdict.change.writes).toMatchObject([
      { record: { kind: 'event' } },
      {
        record: {
          kind: 'incident',
          held: [
            { tokenId: 'orders', signal: 'T0-4', eventId: 'event-1', rung: 'reissue', why: 'owner-budget' },
          ],
        },
      },
      { expect: 5, record: { kind: 'breaker', taken: 3, held: 1 } },
      { expect: 0, record: { kind: 'breaker', scope: 'cause', held: 1 } },
    ]);
    expect(verdict.change.audit).toMatchObject([
      { action: 'response.decided', details: { outcome: 'held' } },
      {
        action: 'response.held',
        incidentId: `held:${NOW}`,
        details: { rung: 'reissue', signal: 'T0-4', why: 'owner-budget', shared: '' },
      },
    ]);
    expect(verdict.change.feed).toEqual([]);
  });

  it.each<[string, boolean, Partial<IncidentRecord>, Partial<IncidentRecord['held'][number]>, boolean]>([
    ['the same', true, {}, {}, false],
    ['another token', false, {}, { tokenId: 'billing' }, false],
    ['another signal', false, {}, { signal: 'T0-3' }, false],
    ['another rung', false, {}, { rung: 'suspend' }, false],
    ['the same, applied', false, { state: 'applied' }, {}, false],
    ['the same, of an event with an intent that is to be closed', false, {}, {}, true],
  ])('is held once, and paged with its incident from then on: %s', (_what, waits, more, item, intended) => {
    const waiting = {
      tokenId: 'orders',
      signal: 'T0-4',
      eventId: 'event-0',
      rung: 'reissue',
      ...item,
    } as const;
    const read: IncidentRecord = {
      schema: 1,
      kind: 'incident',
      rev: 3,
      incidentId: `held:${NOW}`,
      state: 'pending',
      openedAt: NOW,
      reason: 'over budget',
      held: [{ tokenId: 'mail', signal: 'T0-4', eventId: 'event-1', rung: 'reissue' }, waiting],
      dueAt: NOW,
      ...more,
    };
    const budgets = [
      {
        scope: 'owner:team-orders',
        limit: 3,
        reason: 'owner-budget' as const,
        read: { ...spentBreaker('owner:team-orders'), taken: 3 },
      },
    ];
    const incidents = [
      { incidentId: 'held:0', read: undefined },
      { incidentId: read.incidentId, read },
    ];
    const event = intended ? { event: eventOf(OUTSIDE, 'orders', 'intended', NOW) } : {};
    const verdict = decide({ ...event, breakers: { ...NONE, budgets, incidents } });
    expect([verdict.outcome, verdict.waits]).toEqual(['held', waits]);
  });

  it('waits for nobody where it is done or told', () => {
    for (const seen of [OUTSIDE, { ...OUTSIDE, weak: true }]) expect(decide({}, seen).waits).toBe(false);
  });

  it('suspends what has no secret, and reads an override that sets no rung', () => {
    expect(decide({ token: secretless() }, OUTSIDE, policyOf('suspend')).rung).toBe('suspend');
    const observing = { ...DEFAULT_POLICY, overrides: { 'token:orders': { mode: 'observe' as const } } };
    const read = finding({ signal: 'T0-3', about: 'secret' });
    expect(decide({}, read, observing)).toMatchObject({ rung: 'reissue', outcome: 'observed' });
  });

  it('signs as the responder', () => {
    expect(RESPONDER).toEqual({ kind: 'system', id: 'respond' });
  });

  it('is the same for every delivery of an event (S8)', () => {
    expect(decide()).toEqual(decide());
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

const spentBreaker = (scope: string) => ({
  schema: 1 as const,
  kind: 'breaker' as const,
  rev: 5,
  scope,
  windowStart: NOW,
  taken: 0,
  held: 0,
  ttlSeconds: 1,
});

describe('decideCredential', () => {
  const WHO = {
    credential: 'AKIA0000000000000001',
    principal: 'arn:aws:iam::111122223333:user/ci',
    kind: 'iam-access-key',
  } as const;
  const about = (
    part: Partial<Finding> = {},
    policy: Partial<ResponsePolicy> = {},
    given: Partial<CredentialFacts> = {},
  ): Verdict =>
    decideCredential(
      finding({ about: 'credential', signal: 'T0-6', who: WHO, ...part }),
      { breakers: NONE, ...given },
      { ...DEFAULT_POLICY, ...policy },
      NOW,
    );
  const spent = {
    breakers: {
      ...NONE,
      budgets: [
        {
          scope: 'signal:T0-6',
          limit: 1,
          reason: 'budget' as const,
          read: { ...spentBreaker('signal:T0-6'), taken: 1 },
        },
      ],
    },
  };

  it.each([
    ['T0-6', 'suspend'],
    ['T0-7', 'revoke'],
  ] as const)('of %s leaves the order on the keys to be carried out: %s', (signal, rung) => {
    const key = { userArn: WHO.principal, accessKeyId: WHO.credential };
    const { event } = about({ signal }, {}, { key });
    expect(event.left).toMatchObject({ outcome: 'done', rung, key });
    expect(event.left).not.toHaveProperty('tokenId');
    expect(keyOrderLeft(event)).toEqual({
      ...key,
      account: '111122223333',
      eventId: 'event-1',
      seenAt: finding().at,
      at: NOW,
      actor: RESPONDER,
      reason: 'something was seen',
      incidentId: 'auto:event-1',
      rung,
      sessions: [],
    });
    const ended = complete(event, { vault: 'keys ended: quiet', at: NOW });
    expect(ended?.audit[0]).not.toHaveProperty('tokenId');
    expect(keyOrderLeft(about({ weak: true }).event)).toBeUndefined();
  });

  it.each<[string, ...Parameters<typeof about>]>([
    ['suspend', {}, {}, { onlyAlert: 'it is nobody’s' }],
    ['revoke', { signal: 'T0-7' }, {}, { onlyAlert: 'it is nobody’s' }],
    ['alert', { weak: true }],
    ['alert', { signal: 'rotation-failed' }],
    ['alert', {}, { mode: 'observe' }],
    ['alert', {}, { protectedPrincipals: [WHO.principal] }],
  ])('tells a human what the ladder calls for, where nothing may be done: %s', (rung, ...asked) => {
    const verdict = about(...asked);
    expect(verdict).toMatchObject({ rung, outcome: 'alerted' });
    expect(kinds(verdict)).toEqual(['event', 'event']);
    expect(verdict.words.done).toBe(
      rung === 'alert'
        ? 'Nothing was done automatically.'
        : `Nothing was done automatically. It calls for: ${rung}; it is nobody’s.`,
    );
    expect(verdict.change.audit[0]).not.toHaveProperty('tokenId');
    expect(verdict.event.left.page).not.toHaveProperty('owner');
  });

  it.each<[string, Partial<Finding>, Partial<ResponsePolicy>, RegExp]>([
    ['suspend', {}, {}, /^tokenward release --user arn:aws:iam::111122223333:user\/ci$/],
    ['revoke', { signal: 'T0-7' }, {}, /^it stays so/],
    ['suspend', {}, { overrides: { [WHO.credential]: { rungs: { 'T0-6': 'reissue' } } } }, /release/],
  ])('has the keys of a user ended, and says how to undo it: %s', (rung, part, policy, undo) => {
    const verdict = about(part, policy);
    expect(verdict).toMatchObject({ rung, outcome: 'done' });
    expect(verdict.words.done).toMatch(/user\/ci is put in quarantine/);
    expect(verdict.words.undo).toMatch(undo);
    expect(kinds(verdict)).toEqual(part.signal === 'T0-7' ? ['event'] : ['event', 'breaker']);
  });

  it.each<[string, Partial<CredentialFacts>]>([
    ['alerted', { onlyAlert: 'it is a role’s' }],
    ['done', {}],
    ['held', spent],
  ])('says where it came from and what goes on without it: %s', (outcome, given) => {
    const sessions = Array.from({ length: 7 }, (_, n) => `role/r${n} (ASIA${n})`);
    const lineage = { mintedBy: 'AKIA1 of user/ci', sessions };
    const verdict = about({}, {}, { ...given, lineage });
    expect(verdict.outcome).toBe(outcome);
    expect(verdict.words.done).toMatch(/\. It was minted by AKIA1 of user\/ci\. Sessions of roles /);
    expect(verdict.words.done).toMatch(/: role\/r0 \(ASIA0\), .*role\/r4 \(ASIA4\) and 2 more\. To deny/);
    expect(about({}, {}, { ...given, lineage: { sessions: [] } }).words.done).not.toMatch(
      /minted|Sessions of/,
    );
  });

  it('is held for a human where the budget is spent, under the user’s name; AWS’s own word never', () => {
    const verdict = about({}, {}, spent);
    expect(verdict).toMatchObject({ rung: 'suspend', outcome: 'held' });
    expect(kinds(verdict)).toEqual(['event', 'incident', 'breaker', 'breaker']);
    const incident = verdict.change.writes.flatMap((write) =>
      write.kind === 'put' && write.record.kind === 'incident' ? write.record.held : [],
    );
    expect(incident).toEqual([
      { tokenId: WHO.principal, signal: 'T0-6', eventId: 'event-1', rung: 'suspend', why: 'budget' },
    ]);
    expect(verdict.change.audit[1]).toMatchObject({
      action: 'response.held',
      details: { user: WHO.principal, rung: 'suspend', why: 'budget' },
    });
    expect(verdict.change.audit[1]).toMatchObject({ incidentId: `held:${NOW}`, actor: RESPONDER });
    expect(verdict.change.writes.slice(2)).toMatchObject([
      { record: { kind: 'breaker', taken: 1, held: 1 } },
      { record: { kind: 'breaker', scope: 'cause', taken: 0, held: 1 } },
    ]);
    expect(verdict.event.left.page.title).toMatch(/: held$/);
    expect(about().change.writes.at(-1)).toMatchObject({
      record: { kind: 'breaker', scope: 'cause', taken: 1, held: 0 },
    });
    expect(verdict.words.undo).toMatch(/^tokenward incident apply held:/);
    expect(about({ signal: 'T0-7' }, {}, spent).outcome).toBe('done');
    expect(verdict.waits).toBe(false);
    const [read] = verdict.change.writes.flatMap((write) =>
      write.kind === 'put' && write.record.kind === 'incident' ? [write.record] : [],
    );
    const breakers = { ...spent.breakers, incidents: [{ incidentId: `held:${NOW}`, read }] };
    expect(about({ eventId: 'event-2' }, {}, { ...spent, breakers }).waits).toBe(true);
  });
});

describe('an event on its way', () => {
  it('is intended before a stranger is kept out', () => {
    expect(intendBlock(finding(), 'orders', 'arn', NOW)).toMatchObject({
      writes: [{ expect: 0, record: { kind: 'event', eventId: 'event-1#orders', state: 'intended' } }],
      audit: [
        {
          action: 'response.intended',
          tokenId: 'orders',
          cause: 'event-1',
          details: { action: 'block reader', reader: finding().who.principal, secretArn: 'arn' },
        },
      ],
      feed: [],
    });
  });

  it('is completed once', () => {
    const [write] = decide().change.writes;
    if (write?.kind !== 'put') throw new Error('no event');
    const decided = write.record as EventRecord;
    const ended = complete(decided, { vault: 'rotation asked for', at: NOW });
    expect(ended).toMatchObject({
      writes: [{ record: { kind: 'event', outcome: 'T0-4:reissue:done' } }],
      audit: [
        {
          action: 'response.completed',
          tokenId: 'orders',
          incidentId: 'auto:event-1',
          details: { rung: 'reissue', outcome: 'done', vault: 'rotation asked for', paged: true },
        },
      ],
    });
    const [answered] = ended?.writes ?? [];
    if (answered?.kind !== 'put') throw new Error('no event');
    expect(answered.record).not.toHaveProperty('state');
    expect(answered.record).not.toHaveProperty('left');
    expect(answered.record).not.toHaveProperty('dueAt');
    const again = { vault: '', at: NOW };
    expect(complete(undefined, again)).toBeUndefined();
    expect(complete(answered.record as EventRecord, again)).toBeUndefined();
    const { left: _, ...without } = decided;
    expect(complete(without, again)).toBeUndefined();
  });
});
