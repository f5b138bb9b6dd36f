import { describe, expect, it } from 'vitest';
import { emptyBaseline } from '#core/detection/baseline.ts';
import type { Memory } from '#core/detection/memory.ts';
import { habitsRecord, memoryOf, packObservations } from '#core/detection/memory-text.ts';
import type { HabitsRecord } from '#core/records.ts';
import { finding, NOW } from '../builders.ts';
import { habits, KEY, obs, read, USER } from './observations.ts';

const MEMORY: Memory = {
  settledTo: NOW,
  habits: new Map([
    ['', emptyBaseline()],
    [KEY, habits(3)],
  ]),
  suspects: [
    { credential: KEY, kind: 'iam-access-key', principal: USER, owner: 'team', evidence: finding().evidence },
  ],
  recent: [obs({ refused: true }), read(undefined, { at: NOW + 5, last: NOW + 5, eventId: 'event-2' })],
};
const RECORD: HabitsRecord = habitsRecord('subject', MEMORY, 7);

describe('what is stored of a subject', () => {
  it('comes back as it was', () => {
    expect(RECORD).toMatchObject({ kind: 'habits', rev: 7, subject: 'subject', settledTo: NOW });
    expect(RECORD.ttlSeconds).toBe(Math.floor((NOW + 5) / 1000) + 400 * 24 * 3_600);
    const back = memoryOf(RECORD);
    expect(back?.recent).toEqual(MEMORY.recent);
    expect(back?.suspects).toEqual(MEMORY.suspects);
    expect(habitsRecord('subject', back as Memory, 7)).toEqual(RECORD);
  });

  it('names each repeated text once', () => {
    const one = packObservations([obs()]).length;
    const ten = packObservations(Array.from({ length: 10 }, () => obs())).length;
    expect(ten).toBeLessThan(4 * one);
  });

  it('holds no token, no endless text, and says no more than a person reads', () => {
    const token = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`;
    const [one] = finding().evidence;
    const long = { ...(one as NonNullable<typeof one>), says: 'x'.repeat(900), about: 'y'.repeat(900) };
    const suspects = MEMORY.suspects.map((each) => ({
      ...each,
      owner: token,
      evidence: [{ ...long, eventIds: ['1', '2', '3'] }],
    }));
    const record = habitsRecord(
      'subject',
      { ...MEMORY, suspects, recent: [read(token), obs({ principal: 'z'.repeat(900) })] },
      0,
    );
    expect(JSON.stringify(record)).not.toContain('ssss');
    expect(JSON.stringify(record)).not.toMatch(/[xyz]{200}/);
    const kept = memoryOf(record)?.suspects[0]?.evidence[0];
    expect(kept?.says).toHaveLength(160);
    expect(kept?.about).toMatch(/^#/);
    expect(kept?.eventIds).toEqual(['1', '2']);
  });

  it('keeps a text of three hundred characters as it is, and says nothing of what is plain', () => {
    const text = (length: number) => packObservations([obs({ principal: 'z'.repeat(length) })]);
    expect(text(300)).toContain('z'.repeat(300));
    expect(text(301)).not.toContain('z'.repeat(2));
    expect(text(1)).not.toContain('plain');
    const [one] = finding().evidence;
    const about = 'y'.repeat(300);
    const suspects = MEMORY.suspects.map((each) => ({
      ...each,
      evidence: [{ ...(one as NonNullable<typeof one>), about }],
    }));
    const record = habitsRecord('subject', { ...MEMORY, suspects }, 0);
    expect(memoryOf(record)?.suspects[0]?.evidence[0]?.about).toBe(about);
  });

  it('is kept from the last that was seen', () => {
    const recent = [obs({ at: NOW + 60_000 }), obs({ at: NOW + 9_000 })];
    const { ttlSeconds } = habitsRecord('subject', { ...MEMORY, recent }, 0);
    expect(ttlSeconds).toBe((NOW + 60_000) / 1000 + 400 * 24 * 3_600);
  });

  it.each<[string, Partial<HabitsRecord>]>([
    ['no JSON', { recent: '{' }],
    ['no observations', { recent: '{}' }],
    ['an act of no kind', { recent: `{"t":[],"o":[[${NOW},"e",[],0,{}]]}` }],
    ['no evidence', { evidence: '{"a":1}' }],
    ['no habits', { habits: { '': '{}' } }],
  ])('is nothing where it holds %s', (_what, part) => {
    expect(memoryOf({ ...RECORD, ...part })).toBeUndefined();
  });

  it('is empty text where a place in the table is missing', () => {
    const recent = JSON.stringify({ t: ['a'], o: [[NOW, 'e', [0, 9], 0, 0]] });
    expect(memoryOf({ ...RECORD, recent })?.recent[0]).toMatchObject({ account: 'a', region: '', api: '' });
  });
});
