import { describe, expect, it } from 'vitest';
import { create, keyOfWrite, update } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import { PortError } from '#core/ports.ts';
import { token, version } from './builders.ts';

describe('writes', () => {
  it('a first write demands that there is nothing, whatever the revision in the record', () => {
    expect(create(token({ rev: 9 }))).toMatchObject({ kind: 'put', expect: 0 });
  });

  it('a replacement demands the revision that was read', () => {
    const next = token({ standing: 'suspended', rev: 12 });
    expect(update(token({ rev: 9 }), next)).toEqual({ kind: 'put', record: next, expect: 9 });
  });
});

describe('PortError', () => {
  it('says whether the call may have taken effect, and keeps its cause', () => {
    const cause = new Error('socket hang up');
    const fault = new PortError('time-out', { outcome: 'maybe-applied', retryable: true }, { cause });
    expect(fault).toMatchObject({
      name: 'PortError',
      code: 'time-out',
      message: 'time-out',
      outcome: 'maybe-applied',
      retryable: true,
      cause,
    });
  });

  it('has a message of its own where one is given', () => {
    const fault = new PortError('denied', { outcome: 'not-applied', retryable: false, message: 'no grant' });
    expect(fault).toMatchObject({ code: 'denied', message: 'no grant' });
  });
});

describe('keyOfWrite', () => {
  it('is the key of the record, or the one to delete', () => {
    expect(keyOfWrite(create(version({ keyId: 'key1' })))).toEqual(keys.version('key1'));
    expect(keyOfWrite({ kind: 'delete', key: keys.version('key3'), expect: 2 })).toEqual(
      keys.version('key3'),
    );
  });
});
