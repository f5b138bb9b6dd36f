import { sentenceOf } from '#core/detection/verdict.ts';
import type { Replayed } from '#functions/replay/replay.ts';
import { lineOf, type Summary } from '#functions/replay/summary.ts';
import { safe, table, time } from '../print.ts';
import type { Session } from '../session.ts';

/** More rows than this are for a program: `--format ndjson`. */
const ROWS_MOST = 200;

/** The verdicts as a person reads them: a row each, then the counts and what the breaker would have held. */
export function tableOf(done: Replayed, summary: Summary, session: Session): string {
  const { verdicts } = done.judged;
  const held = new Map(done.breaker.held.map(({ candidate, reason }) => [candidate.credential, reason]));
  const rows = verdicts
    .slice(0, ROWS_MOST)
    .map((verdict) => [
      time(verdict.at),
      lineOf(verdict).rung,
      held.get(verdict.credential) ?? '',
      verdict.credential,
      verdict.evidence.map(({ signal }) => signal).join(' '),
    ]);
  const [first] = verdicts;
  return [
    ...(rows.length === 0 ? [] : [table(session, ['AT', 'RUNG', 'HELD', 'CREDENTIAL', 'SIGNALS'], rows)]),
    ...(verdicts.length > ROWS_MOST ? [`and ${verdicts.length - ROWS_MOST} more: --format ndjson`] : []),
    ...(first === undefined ? [] : [safe(`First: ${sentenceOf(first, false)}`)]),
    countsOf(summary),
  ].join('\n');
}

/** The counts in one line. */
export const countsOf = (summary: Summary): string =>
  `${summary.events} events (${summary.duplicates} duplicates, ${summary.rejected} rejected) of ${summary.credentials} credentials in ${summary.seconds.toFixed(1)} s: ${summary.alert} alert, ${summary.suspend} suspend, ${summary.revoke} revoke; the breaker would have held ${summary.heldByBreaker}`;
