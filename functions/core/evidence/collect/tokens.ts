import { type Check, check, fails, holds, none, type Outcome, unseen } from '../check.ts';
import type { Inventory, Offenders } from '../inventory.ts';

/** Fewer than this of begun rotations promoted, and rotation does not work (IA-5). */
export const ROTATION_SUCCESS_LEAST_PERCENT = 95;

const noneOf = ({ count, first }: Offenders, tokens: number, what: string): Outcome => {
  const figures = { wrong: count, tokens };
  if (tokens === 0) return unseen('no token is registered');
  if (count === 0) return holds(`0 of ${tokens} tokens ${what}`, figures);
  return fails(`${count} of ${tokens} tokens ${what}: ${first.slice(0, 3).join(', ')}`, figures);
};

type Group = {
  [K in keyof Inventory]: Inventory[K] extends Offenders ? K : never;
}[keyof Inventory];

const inventory = (question: string, asks: string, group: Group, what: string): Check =>
  check({
    id: `inventory.${question}`,
    asks,
    fact: 'inventory',
    method: 'EXAMINE',
    judge: (value) => noneOf(value[group], value.tokens, what),
  });

/** What the registry itself says of its tokens (AC-2, IA-4, IA-5). */
export const TOKEN_CHECKS: readonly Check[] = [
  inventory(
    'accounted',
    'Has every token an owner, an approver who is somebody else, a purpose and a change reference?',
    'unaccounted',
    'lack one of owner, approver, purpose and change reference, or are approved by their owner',
  ),
  inventory(
    'bounded',
    'Does every live version end within its token’s hard maximum and its class’s limit?',
    'unbounded',
    'have a live version without an end in time',
  ),
  inventory(
    'age',
    'Is no active managed token’s current version older than its hard maximum?',
    'overdue',
    'have outlived their hard maximum',
  ),
  inventory(
    'ended',
    'Has every revoked token lost all its versions and its rotation?',
    'undead',
    'are revoked and still have a live version or a rotation',
  ),
  inventory(
    'resolved',
    'Is every token of an IAM principal bound to the principal’s unique id?',
    'unresolved',
    'name an IAM principal whose unique id is not recorded',
  ),
  inventory(
    'narrow',
    'Does every token name each of its scopes?',
    'wildcards',
    'have a scope with a wildcard',
  ),
  inventory(
    'reviewed',
    'Was every token looked at for disuse when it was due?',
    'unreviewed',
    'are past the time at which their disuse should have been judged',
  ),
  check({
    id: 'inventory.people',
    asks: 'How many owners answer for how many tokens, and how broad are these?',
    fact: 'inventory',
    method: 'EXAMINE',
    judge: ({ tokens, owners, scopesMost, scopesMean, suspended, liveVersions }) =>
      tokens === 0
        ? unseen('no token is registered')
        : holds(
            `${tokens} tokens of ${owners} owners, ${liveVersions} live versions, ${suspended} suspended; ${scopesMean} scopes each, ${scopesMost} at most`,
            { tokens, owners, liveVersions, suspended, scopesMost, scopesMean },
          ),
  }),
  check({
    id: 'activity.rotation',
    asks: 'Do rotations that begin end in a new version?',
    fact: 'activity',
    method: 'EXAMINE',
    judge: ({ byAction, truncated }, { inventory: tokens }) => {
      const begun = byAction['rotation.begun'] ?? 0;
      const promoted = byAction['version.promoted'] ?? 0;
      const [aborted, nudged] = [byAction['rotation.aborted'] ?? 0, byAction['token.rotation-nudged'] ?? 0];
      const figures = { begun, promoted, aborted, nudged };
      if (begun === 0) {
        const aged = tokens.seen && tokens.value.overdue.count > 0;
        return aged
          ? fails('no rotation began, and tokens are overdue', figures)
          : unseen('no rotation began in the window');
      }
      const percent = Math.min(100, Math.floor((promoted / begun) * 100));
      const says = `${promoted} of ${begun} rotations promoted (${percent} %), ${aborted} aborted, ${nudged} asked for again${truncated ? '; not all of the window was read' : ''}`;
      return percent >= ROTATION_SUCCESS_LEAST_PERCENT ? holds(says, figures) : fails(says, figures);
    },
  }),
  check({
    id: 'activity.reissue',
    asks: 'Does every reissued credential get its successor in time?',
    fact: 'activity',
    method: 'EXAMINE',
    judge: ({ reissues, reissuesOpen }) => {
      const median = reissues[Math.floor(reissues.length / 2)] ?? 0;
      const most = reissues.at(-1) ?? 0;
      const figures = { reissues: reissues.length, open: reissuesOpen, medianMs: median, mostMs: most };
      if (reissuesOpen > 0) return fails(`${reissuesOpen} reissues have no successor`, figures);
      if (reissues.length === 0) return unseen('nothing was reissued in the window');
      return holds(
        `${reissues.length} reissues; successor after ${median} ms (median), ${most} ms at most`,
        figures,
      );
    },
  }),
  check({
    id: 'activity.identifiers',
    asks: 'Was every token registered once, and no identifier used again?',
    fact: 'activity',
    method: 'EXAMINE',
    judge: ({ byAction, imageless }) => {
      const registered = byAction['token.registered'] ?? 0;
      if (registered === 0) return unseen('nothing was registered in the window');
      const wrong = imageless > 0 ? [`${imageless} registrations without what they wrote`] : [];
      return none(
        wrong,
        `${registered} registrations in the window, each a conditional create`,
        'not provable',
      );
    },
  }),
];
