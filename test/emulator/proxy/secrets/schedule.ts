import type { JsonObject } from '../call.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Milliseconds between two rotations by these RotationRules; undefined for cron, which has no fixed length. */
export function intervalOf(rules: JsonObject): number | undefined {
  const days = rules.AutomaticallyAfterDays;
  if (typeof days === 'number') return days * DAY_MS;
  const expression = rules.ScheduleExpression;
  const [, amount, unit] = /^rate\((\d+) (hour|day)s?\)$/.exec(String(expression ?? '')) ?? [];
  if (amount === undefined) return undefined;
  return Number(amount) * (unit === 'day' ? DAY_MS : HOUR_MS);
}

/** Why Secrets Manager would refuse these RotationRules; undefined when it would not. */
export function faultOf(rules: JsonObject): string | undefined {
  const expression = rules.ScheduleExpression;
  const days = rules.AutomaticallyAfterDays;
  if (expression !== undefined && days !== undefined) {
    return 'You can specify either AutomaticallyAfterDays or ScheduleExpression, not both.';
  }
  if (typeof expression === 'string' && /^cron\(.+\)$/.test(expression)) return undefined;
  const interval = intervalOf(rules);
  if (expression !== undefined && interval === undefined) return 'Invalid ScheduleExpression.';
  if (interval !== undefined && (interval < 4 * HOUR_MS || interval > 999 * DAY_MS)) {
    return 'The rotation interval must be between 4 hours and 999 days.';
  }
  return undefined;
}
