import { describe, expect, it } from 'vitest';
import { checkpointName, numberOf, segmentName } from '#core/seal/names.ts';

describe('the names of a log', () => {
  it.each([0, 7, 123_456_789_012])('give %d back', (segment) => {
    expect(numberOf(segmentName(segment))).toBe(segment);
    expect(numberOf(checkpointName(segment))).toBe(segment);
  });

  it('are in the order of the numbers', () => {
    const names = [9, 10, 99, 100].map(segmentName);
    expect(names.toSorted()).toEqual(names);
  });

  it.each([
    'segments/000000000001.txt',
    'segments/1.ndjson',
    'checkpoints/000000000001.ndjson',
    'xsegments/000000000001.ndjson',
    'segments/000000000001.ndjson.bak',
    'checkpoints/000000000001.txt.bak',
    '',
  ])('are not "%s"', (name) => {
    expect(numberOf(name)).toBeUndefined();
  });
});
