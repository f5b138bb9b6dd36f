import { describe, expect, it } from 'vitest';
import { abort, begin, finish, minted, set } from '#core/rotation/changes.ts';
import { ANN, DAY, HOUR, intent, MAC, NOW, ref, token, version } from '../builders.ts';

const STEP = { at: NOW, actor: ANN };
const OLD = version();
const NEW = version({
  keyId: 'key0000000000002',
  versionId: 'version-2',
  state: 'pending',
  rev: 1,
  createdAt: NOW + 1,
});
const OPEN = intent({ state: 'set', keyId: NEW.keyId });
const ENDED = (NOW + 30 * DAY) / 1000;

describe('begin', () => {
  it('writes the intent before anything is minted', () => {
    expect(begin(token(), 'version-2', STEP)).toStrictEqual({
      writes: [{ kind: 'put', expect: 0, record: intent({ rev: 0 }) }],
      audit: [{ action: 'rotation.begun', ...STEP, tokenId: 'orders', cause: 'version-2' }],
      feed: [],
    });
  });
});

describe('minted', () => {
  it('keeps the public facts of what was made', () => {
    expect(minted(intent(), { keyId: NEW.keyId, tokenMac: MAC }, STEP)).toEqual({
      writes: [
        { kind: 'put', expect: 2, record: intent({ state: 'minted', keyId: NEW.keyId, tokenMac: MAC }) },
      ],
      audit: [
        { action: 'rotation.minted', ...STEP, tokenId: 'orders', keyId: NEW.keyId, cause: 'version-2' },
      ],
      feed: [],
    });
  });
});

describe('set', () => {
  it('makes the new version acceptable beside the old one', () => {
    const made = { ...NEW, rev: 0 };
    const change = set(
      token({ versions: [ref()] }),
      intent({ state: 'minted', keyId: NEW.keyId }),
      made,
      STEP,
    );
    expect(change.writes).toMatchObject([
      { expect: 0, record: { kind: 'version', state: 'pending', dueAt: made.expiresAt } },
      {
        expect: 7,
        record: {
          versions: [
            { keyId: NEW.keyId, state: 'pending' },
            { keyId: OLD.keyId, state: 'current' },
          ],
        },
      },
      { expect: 2, record: { kind: 'intent', state: 'set' } },
    ]);
    expect(change.audit).toMatchObject([{ action: 'version.set', keyId: NEW.keyId }]);
    expect(change.feed).toEqual([]);
  });
});

describe('finish', () => {
  const retiring = version({ keyId: 'key0000000000003', state: 'retiring', expiresAt: NOW + 5 });
  const facts = {
    token: token({
      versions: [ref(NEW), ref(OLD), ref(retiring)],
      warnedPercent: 75,
      nudge: { at: NOW - 1, count: 3 },
    }),
    intent: OPEN,
    version: NEW,
    others: [OLD, retiring],
  };

  it('promotes the new version and lets the old one retire after the overlap', () => {
    const change = finish(facts, STEP);
    expect(change.writes).toMatchObject([
      {
        expect: 7,
        record: {
          kind: 'token',
          warnedPercent: 0,
          versions: [
            { keyId: NEW.keyId, state: 'current' },
            { keyId: OLD.keyId, state: 'retiring', expiresAt: NOW + HOUR },
            { keyId: retiring.keyId, state: 'retiring', expiresAt: NOW + 5 },
          ],
        },
      },
      { expect: 1, record: { keyId: NEW.keyId, state: 'current', dueAt: NEW.expiresAt } },
      {
        expect: 3,
        record: { keyId: OLD.keyId, state: 'retiring', expiresAt: NOW + HOUR, dueAt: NOW + HOUR },
      },
      { expect: 2, record: { kind: 'intent', state: 'finished', ttlSeconds: ENDED } },
    ]);
    expect(change.writes[0]).not.toHaveProperty('record.nudge');
    expect(change.writes[3]).not.toHaveProperty('record.dueAt');
    expect(change.audit).toMatchObject([
      { action: 'version.promoted', keyId: NEW.keyId },
      { action: 'version.retiring', keyId: OLD.keyId, details: { until: '2026-11-24T09:00:00.000Z' } },
    ]);
    expect(change.audit).toHaveLength(2);
    expect(change.feed).toEqual([NEW.keyId, OLD.keyId]);
  });

  it('never gives the old version more life than it had', () => {
    const short = { ...OLD, expiresAt: NOW + 9 };
    expect(finish({ ...facts, others: [short] }, STEP).writes[2]).toMatchObject({
      record: { expiresAt: NOW + 9 },
    });
  });

  it('completes a reissue under its incident', () => {
    const reissue = { at: NOW - 9, incidentId: 'INC-7', attempts: 1 };
    const change = finish({ ...facts, token: { ...facts.token, reissue }, others: [] }, STEP);
    expect(change.audit).toMatchObject([
      { action: 'version.promoted' },
      { action: 'token.reissue-completed', incidentId: 'INC-7' },
    ]);
    expect(change.writes[0]).not.toHaveProperty('record.reissue');
  });
});

describe('abort', () => {
  const facts = { token: token({ versions: [ref(NEW), ref(OLD)] }), intent: OPEN };

  it('revokes what the rotation made, and leaves the current version alone', () => {
    const change = abort({ ...facts, version: NEW }, 'the probe was refused', STEP);
    expect(change.writes).toMatchObject([
      { expect: 7, record: { versions: [{ keyId: NEW.keyId, state: 'revoked' }, { state: 'current' }] } },
      { expect: 1, record: { keyId: NEW.keyId, state: 'revoked' } },
      { expect: 2, record: { kind: 'intent', state: 'aborted', ttlSeconds: ENDED } },
    ]);
    expect(change.audit).toMatchObject([
      { action: 'rotation.aborted', reason: 'the probe was refused' },
      { action: 'version.revoked', keyId: NEW.keyId, reason: 'the probe was refused' },
    ]);
    expect(change.feed).toEqual([NEW.keyId]);
  });

  it.each([
    ['nothing was made', {}],
    ['what was made is current by now', { version: { ...NEW, state: 'current' as const } }],
    ['what was made is revoked already', { version: { ...NEW, state: 'revoked' as const } }],
  ])('closes the intent alone when %s', (_what, part) => {
    const change = abort({ ...facts, ...part }, 'stranded', STEP, 'rotation.repaired');
    expect(change.writes).toMatchObject([{ record: { kind: 'intent', state: 'aborted' } }]);
    expect(change.audit).toMatchObject([{ action: 'rotation.repaired', reason: 'stranded' }]);
    expect([change.writes.length, change.audit.length, change.feed.length]).toEqual([1, 1, 0]);
  });
});
