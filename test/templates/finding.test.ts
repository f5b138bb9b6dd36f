import { describe, expect, it } from 'vitest';
import { ACKNOWLEDGED } from './acknowledged.ts';
import { type Acknowledged, type Finding, judge } from './finding.ts';

const FOUND: Finding = { rule: 'CKV_1', level: 'finding', at: 'log/Log', says: 'is open' };
const REASON: Acknowledged = { rule: 'CKV_1', at: /^log\/Log$/, reason: 'it is a trap' };

describe('judge', () => {
  it('passes what has a reason, and nothing else', () => {
    expect(judge([FOUND], [REASON])).toEqual({ acknowledged: 1, failures: [] });
    expect(judge([FOUND, { ...FOUND, at: 'log/Log2' }], [REASON])).toEqual({
      acknowledged: 1,
      failures: ['finding CKV_1 at log/Log2: is open'],
    });
    expect(judge([FOUND, { ...FOUND, rule: 'CKV_2' }], [REASON]).failures).toHaveLength(1);
  });

  it('lets nobody talk an error away', () => {
    const error: Finding = { ...FOUND, level: 'error' };
    expect(judge([error], [REASON]).failures).toEqual([
      'error CKV_1 at log/Log: is open',
      'CKV_1 is acknowledged at /^log\\/Log$/, where nothing is found any more',
    ]);
  });

  it('drops a reason together with what it was given for', () => {
    expect(judge([], [REASON]).failures).toHaveLength(1);
  });
});

it('gives every finding that stands a reason that can be read', () => {
  for (const { reason } of ACKNOWLEDGED) expect(reason.length).toBeGreaterThan(40);
});
