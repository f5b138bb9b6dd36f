import { AUDIT_ACTIONS, type AuditRecord } from '../audit/entry.ts';
import type { EpochMs } from '../records.ts';
import { REISSUE_DEADLINE_MS } from '../token/due.ts';

/** The audit log of a window in figures. */
export interface Activity {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly records: number;
  /** Not all of the window was read. */
  readonly truncated: boolean;
  readonly byAction: Readonly<Record<string, number>>;
  /** Records without actor, UTC time or known action (AU-3, AU-8). */
  readonly malformed: number;
  /** First of a state change, yet without what the change left behind. */
  readonly imageless: number;
  /** Records by a function that name no cause where there must be one. */
  readonly uncaused: number;
  /** Milliseconds from a reissue's order to its new version, each; at most {@link TIMES_MOST}. */
  readonly reissues: readonly number[];
  /** Reissues ordered in the window whose new version has not come within {@link REISSUE_DEADLINE_MS}. */
  readonly reissuesOpen: number;
  /** Automatic responses by outcome. */
  readonly responses: Readonly<Record<string, number>>;
}

const TIMES_MOST = 10_000;
const OPEN_MOST = 100_000;
const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const KNOWN: ReadonlySet<string> = new Set(AUDIT_ACTIONS);

export interface ActivityTally {
  add(record: AuditRecord): void;
  result(truncated: boolean): Activity;
}

/** Reads audit records of a window in any order, in nearly constant memory: it keeps the reissues, which are few. */
export function tallyRecords(from: EpochMs, to: EpochMs): ActivityTally {
  const byAction: Record<string, number> = {};
  const responses: Record<string, number> = {};
  const asked = new Map<string, number>();
  const done = new Map<string, number>();
  let [records, malformed, imageless, uncaused] = [0, 0, 0, 0];
  return {
    add(record) {
      records++;
      byAction[record.action] = (byAction[record.action] ?? 0) + 1;
      if (!wellFormed(record)) malformed++;
      if (record.action === 'token.registered' && record.after === undefined) imageless++;
      if (record.action === 'response.decided') {
        const outcome = String(record.details?.outcome ?? 'unknown');
        responses[outcome] = (responses[outcome] ?? 0) + 1;
        if (record.cause === undefined || record.incidentId === undefined) uncaused++;
      }
      const key = `${record.tokenId} ${record.incidentId}`;
      const times = { 'token.reissue-requested': asked, 'token.reissue-completed': done } as const;
      const kept = times[record.action as keyof typeof times] as Map<string, number> | undefined;
      if (kept !== undefined && kept.size < OPEN_MOST) kept.set(key, Date.parse(record.at));
    },
    result(truncated) {
      const finished = [...asked].flatMap(([key, at]) => {
        const ended = done.get(key);
        return ended === undefined ? [] : [Math.max(0, ended - at)];
      });
      const open = [...asked].filter(([key, at]) => !done.has(key) && at < to - REISSUE_DEADLINE_MS);
      return {
        from,
        to,
        records,
        truncated,
        byAction,
        malformed,
        imageless,
        uncaused,
        reissues: finished.sort((a, b) => a - b).slice(0, TIMES_MOST),
        reissuesOpen: open.length,
        responses,
      };
    },
  };
}

function wellFormed({ action, at, actor, seq, hash }: AuditRecord): boolean {
  return (
    KNOWN.has(action) && UTC.test(at) && actor.id !== '' && actor.kind.length > 0 && seq > 0 && hash !== ''
  );
}
