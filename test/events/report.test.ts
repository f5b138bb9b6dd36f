import { expect, it } from 'vitest';
import { BadEventError } from '#events/bad-event.ts';
import { parseReportRequest } from '#events/report.ts';

it.each([
  [{ kind: 'report' }, {}],
  [{ kind: 'report', drill: { items: 3, differences: 0 } }, { drill: { items: 3, differences: 0 } }],
])('%j asks for a report', (event, request) => {
  expect(parseReportRequest(event)).toEqual(request);
});

it.each([
  undefined,
  null,
  'report',
  {},
  { kind: 'seal' },
  { kind: 'report', drill: { items: -1, differences: 0 } },
  { kind: 'report', drill: { items: 1 } },
  { kind: 'report', drill: { items: 1, differences: 0, at: 5 } },
  { kind: 'report', settings: {} },
])('%j does not', (event) => {
  expect(() => parseReportRequest(event)).toThrow(BadEventError);
});
