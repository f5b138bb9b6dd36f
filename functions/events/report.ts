import * as z from 'zod/mini';
import { BadEventError } from './bad-event.ts';

/** What asks for a report: the schedule's `{"kind":"report"}`, or an auditor, who may tell of a restore drill. */
export interface ReportEvent {
  readonly drill?: { readonly items: number; readonly differences: number };
}

const COUNT = z.int().check(z.nonnegative());
const EVENT = z.strictObject({
  kind: z.literal('report'),
  drill: z.optional(z.strictObject({ items: COUNT, differences: COUNT })),
});

/** @throws BadEventError */
export function parseReportRequest(event: unknown): ReportEvent {
  const read = EVENT.safeParse(event);
  if (!read.success) throw new BadEventError('not a request for a report');
  const { drill } = read.data;
  return drill === undefined ? {} : { drill };
}
