import { describe, expect, it } from 'vitest';
import type { Finding } from '#core/response/finding.ts';
import { detailsOf, pageOf, sessionsLeft, wordsOf } from '#core/response/words.ts';
import { finding } from '../builders.ts';

const words = (part: Partial<Finding> = {}): ReturnType<typeof wordsOf> =>
  wordsOf(finding(part), 'It is suspended.', 'tokenward release orders');

describe('sessions that go on', () => {
  it.each([
    [[], ''],
    [['a', 'b'], / go on until they end: a, b\. To deny them is for a human with the break-glass role/],
    [['a', 'b', 'c', 'd'], / until they end: a, b and 2 more\. /],
  ])('%j', (sessions, expected) => {
    expect(sessionsLeft(sessions, 2)).toMatch(expected === '' ? /^$/ : expected);
  });

  it('are all named where nothing bounds it', () => {
    const sessions = Array.from({ length: 40 }, (_, n) => `s${n}`);
    expect(sessionsLeft(sessions)).toContain(sessions.join(', '));
  });
});

const BROKEN = 'certain: a promise was broken';

describe('a verdict in words', () => {
  it.each<[Partial<Finding>, string, string]>([
    [{}, 'its declared readers', BROKEN],
    [{ weak: true }, 'its declared readers', 'certain that it happened; worth a look, no proof of a theft'],
    [{ signal: 'B1', posterior: 0.973 }, 'its own habits', '97.3 %, by habits alone'],
    [{ signal: 'B1', posterior: 1 }, 'its own habits', '99.9 %, by habits alone'],
    [{ signal: 'rotation-failed' }, 'its rotation schedule', 'certain'],
    [{ signal: 'T0-1' }, 'it is a canary, which nobody has a reason to touch', BROKEN],
    [{ signal: 'T0-2' }, 'its time is over', BROKEN],
    [{ signal: 'T0-4' }, 'its declared networks', BROKEN],
    [{ signal: 'T0-5' }, 'the credential that minted it', BROKEN],
    [{ signal: 'T0-6' }, 'what may be done to the watch over credentials', BROKEN],
    [{ signal: 'T0-7' }, 'AWS’s own word', BROKEN],
    [{ signal: 'T0-8' }, 'what a machine’s role is used by', BROKEN],
  ])('%j', (part, against, sure) => {
    expect(words(part)).toEqual({
      seen: 'something was seen',
      against,
      sure,
      done: 'It is suspended.',
      undo: 'tokenward release orders',
    });
  });

  it('is a page that a chat shows as it is', () => {
    const target = { name: 'orders', owner: 'team-orders', what: 'suspend' };
    expect(pageOf(finding(), target, words(), 'auto:event-1')).toEqual({
      key: 'T0-3:orders',
      title: 'unbound reader on orders: suspend',
      body: [
        'Seen: something was seen',
        'Against: its declared readers',
        'Sure: certain: a promise was broken',
        'Done: It is suspended.',
        'Undo: tokenward release orders',
        'Incident auto:event-1; event event-1 of 2026-11-24T08:00:00.000Z; owner team-orders.',
      ].join('\n'),
      owner: 'team-orders',
    });
  });

  it('is cut to what a chat takes, and routed to nobody where nobody owns it', () => {
    const long = { ...words(), done: 'x'.repeat(4_000) };
    const page = pageOf(finding(), { name: 'AKIA', owner: '', what: 'alerted' }, long, 'auto:event-1');
    expect(page.body).toHaveLength(1_800);
    expect(page).not.toHaveProperty('owner');
    const short = pageOf(finding(), { name: 'AKIA', owner: '', what: 'alerted' }, words(), 'auto:event-1');
    expect(short.body).toMatch(/owner unknown\.$/);
  });
});

it('the same verdict in data is bounded', () => {
  const [one] = finding().evidence;
  const evidence = Array.from({ length: 9 }, (_, n) => ({
    ...(one as NonNullable<typeof one>),
    eventIds: [`event-${n}`, 'event-1'],
  }));
  const details = detailsOf(finding({ evidence, posterior: 0.123456789 }));
  expect(details).toEqual({
    signal: 'T0-3',
    weak: false,
    by: 'ASIAEXAMPLE000000001',
    principal: 'arn:aws:iam::111122223333:role/stranger',
    posterior: 0.123457,
    evidence: Array.from({ length: 5 }, () => 'T0-3 contract 12.00: something was seen'),
    events: [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `event-${n}`),
    profileHash: 'a1b2',
    ruleSet: '1-0123456789ab',
  });
});
