import type { DeclaredToken } from '#core/token/declaration.ts';

const DAY_HOURS = 24;

/**
 * A declared rotation in Secrets Manager's own words. A cron expression is used wherever one can say it, since a
 * rate leaves an already scheduled rotation standing when it changes; the first hour is drawn from the id, so that
 * tokens deployed together do not all rotate together.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
 */
export function rotationRules({
  id,
  rotationHours,
  rotationWindowHours,
}: Pick<DeclaredToken, 'id' | 'rotationHours' | 'rotationWindowHours'>): {
  readonly scheduleExpression: string;
  readonly duration: string;
} {
  const duration = `${rotationWindowHours}h`;
  if (rotationHours < DAY_HOURS && DAY_HOURS % rotationHours === 0) {
    return { scheduleExpression: `cron(0 /${rotationHours} * * ? *)`, duration };
  }
  if (rotationHours === DAY_HOURS) {
    const hour = spread(id, DAY_HOURS - rotationWindowHours + 1);
    return { scheduleExpression: `cron(0 ${hour} * * ? *)`, duration };
  }
  if (rotationHours % DAY_HOURS === 0) {
    const days = rotationHours / DAY_HOURS;
    return { scheduleExpression: `rate(${days} days)`, duration };
  }
  return { scheduleExpression: `rate(${rotationHours} hours)`, duration };
}

/** 0 to `width` − 1, always the same for an id. */
function spread(id: string, width: number): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) % 9_973;
  return sum % width;
}
