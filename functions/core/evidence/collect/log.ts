import { type Check, check, fails, holds, none, unseen } from '../check.ts';

/** How much later than its heartbeat a seal may come: a run that failed, and the schedule's slack. */
const SEAL_SLACK_MINUTES = 5;

/** A restore drill older than this shows nothing of today (CP-10). */
export const DRILL_VALID_DAYS = 90;

const MINUTE = 60_000;
const DAY = 86_400_000;

/** The audit log: what is in it, how it is sealed, and whether it can be restored from (AU, CP). */
export const LOG_CHECKS: readonly Check[] = [
  check({
    id: 'activity.content',
    asks: 'Does every record say what, when in UTC, and who?',
    fact: 'activity',
    method: 'EXAMINE',
    judge: ({ records, malformed }) => {
      if (records === 0) return unseen('no audit record in the window');
      const figures = { records, malformed };
      return malformed === 0
        ? holds(`${records} records, each with action, UTC time and actor`, figures)
        : fails(`${malformed} of ${records} records lack action, UTC time or actor`, figures);
    },
  }),
  check({
    id: 'activity.caused',
    asks: 'Does every automatic response name the event behind it and its incident?',
    fact: 'activity',
    method: 'EXAMINE',
    judge: ({ responses, uncaused }) => {
      const decided = Object.values(responses).reduce((sum, count) => sum + count, 0);
      const figures = { decided, uncaused, held: responses.held ?? 0, done: responses.done ?? 0 };
      if (decided === 0) return unseen('the responder decided nothing in the window');
      return uncaused === 0
        ? holds(
            `${decided} responses, each with its event: ${figures.done} carried out, ${figures.held} held by the breaker`,
            figures,
          )
        : fails(`${uncaused} of ${decided} responses name no event or no incident`, figures);
    },
  }),
  check({
    id: 'seal.current',
    asks: 'Is the log sealed up to now?',
    fact: 'seal',
    method: 'EXAMINE',
    judge: ({ sealedAt, segments, leaves, unsealed }, { now, settings }) => {
      if (sealedAt === 0) return fails('nothing was ever sealed');
      const lateMs = now - sealedAt;
      const figures = { segments, leaves, unsealed, lagMs: lateMs };
      const says = `${segments} segments, ${leaves} leaves, ${unsealed} records since; sealed ${Math.round(lateMs / 1_000)} s ago`;
      const most = (settings.heartbeatMinutes + SEAL_SLACK_MINUTES) * MINUTE;
      return lateMs <= most
        ? holds(says, figures)
        : fails(`${says}, promised within ${most / MINUTE} min`, figures);
    },
  }),
  check({
    id: 'seal.chains',
    asks: 'Do the chains still hold what was sealed of them?',
    fact: 'seal',
    method: 'EXAMINE',
    judge: ({ lost, leaves }) => {
      if (leaves === 0) return unseen('nothing is sealed yet');
      return none(
        lost.map(({ shard, seq, reason }) => `shard ${shard} at ${seq} (${reason})`),
        `every chain reaches its sealed head, under a tree of ${leaves} leaves`,
        'a chain no longer holds what was sealed',
      );
    },
  }),
  check({
    id: 'lock.retention',
    asks: 'Does S3 keep every sealed object in compliance mode for as long as it must?',
    fact: 'lock',
    method: 'EXAMINE',
    inherits: 'S3 Object Lock',
    judge: ({ mode, days, versioned }, { settings }) => {
      const says = `Object Lock ${mode} for ${days} days, versioning ${versioned ? 'on' : 'off'}`;
      const enough = mode === 'COMPLIANCE' && days >= settings.logLockDays && versioned;
      return enough
        ? holds(says, { days })
        : fails(`${says}; demanded: COMPLIANCE, ${settings.logLockDays}`, { days });
    },
  }),
  check({
    id: 'drill.restore',
    asks: 'Was the registry rebuilt from the log lately, and was it the same?',
    fact: 'drill',
    method: 'TEST',
    judge: ({ at, items, differences }, { now }) => {
      const days = Math.floor((now - at) / DAY);
      const figures = { items, differences, days };
      if (differences > 0) return fails(`${differences} of ${items} items differ from the log`, figures);
      return days <= DRILL_VALID_DAYS
        ? holds(`${items} items equal to what the log says, ${days} days ago`, figures)
        : fails(`the last drill is ${days} days old, ${DRILL_VALID_DAYS} are allowed`, figures);
    },
  }),
];
