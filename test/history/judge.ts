import type { VersionRecord } from '#core/records.ts';
import type { Answered } from './container.ts';
import type { Held, Truth } from './truth.ts';

/** An order that was acknowledged, and what its receipt promised. Times are true. */
export interface Acknowledged {
  readonly action: 'suspend' | 'revoke' | 'reissue' | 'revoke-key';
  readonly keyIds: readonly string[];
  readonly orderedAt: number;
  readonly effectiveBy: number;
  readonly returnedAt: number;
  readonly waited: boolean;
  /** What one verifier answered about the first keyId. */
  readonly wouldAllow: boolean | undefined;
}

export interface Lift {
  readonly from: number;
  until: number;
}

/** Everything that happened, to be judged. */
export interface Lived {
  readonly truth: Truth;
  readonly answers: readonly Answered[];
  readonly acknowledged: readonly Acknowledged[];
  /** What may end a suspension, from its begin to its end. */
  readonly lifts: readonly Lift[];
}

/** How a violation is told. */
export type Violation = string;

/**
 * Whether a history is linearizable against effectiveBy: each answer must be explained by a state that held at some
 * instant between `bound` before the question and the answer. Written from the words of decision 0004, without a
 * call into the code that is judged.
 */
export function judge(lived: Lived): Violation[] {
  return [
    ...lived.answers.flatMap((answer) => explain(answer, lived.truth)),
    ...lived.acknowledged.flatMap((order) => keepsItsReceipt(order, lived)),
    ...goesBack(lived.answers.filter(({ remembers }) => remembers)),
  ];
}

/** Whether a request from within the declared networks may be accepted on this record, time aside. */
export const stands = ({ state, suspended, fields }: VersionRecord): boolean =>
  (state === 'pending' || state === 'current' || state === 'retiring') &&
  !suspended &&
  isInside(fields.networks);

const isInside = (networks: readonly string[]): boolean => networks.includes('10.0.0.0/8');
const endOf = (record: VersionRecord): number => Math.min(record.expiresAt, record.fields.hardMaxAt);
const overlaps = (held: Held, from: number, to: number): boolean => held.from <= to && held.until >= from;

function explain(answer: Answered, truth: Truth): Violation[] {
  const { verdict, keyId, askedAt, at, repliedAt, wall, bound, disturbed } = answer;
  const states = truth.of(keyId);
  const because = (holds: (record: VersionRecord) => boolean, from = askedAt - bound): boolean =>
    states.some((held) => overlaps(held, from, at) && holds(held.record));
  const violation = (what: string): Violation[] => [`${what}: ${told(answer, states)}`];
  if (verdict.allow) {
    const good = (record: VersionRecord): boolean => stands(record) && wall < endOf(record);
    if (!because(good, at - bound)) return violation('accepted what had ended for longer than T + R');
    if (!because(good, at + verdict.leftMs - bound))
      return violation('says that more of T + R is left than is');
    if (!because(stands, repliedAt - bound)) return violation('replied later than T + R after the end');
    return [];
  }
  switch (verdict.reason) {
    case 'revoked':
      return because(({ state }) => state === 'revoked')
        ? []
        : violation('refused as revoked, which it was not');
    case 'suspended':
      return because(({ suspended }) => suspended) ? [] : violation('refused as suspended for too long');
    case 'network':
      return because(({ fields }) => !isInside(fields.networks))
        ? []
        : violation('refused its network for too long');
    case 'expired':
    case 'retired':
      return because((record) => record.state === 'expired' || wall >= endOf(record))
        ? []
        : violation('refused as expired before its end');
    case 'unknown':
      return truth.firstSeenBy(keyId) >= askedAt ? [] : violation('does not know what was there');
    case 'unavailable':
      return disturbed ? [] : violation('unavailable, though nothing was in the way');
    default:
      return violation('a reason that nothing here can cause');
  }
}

/** From `effectiveBy` of a receipt on, nobody accepts what it ended, until somebody restores it (S2). */
function keepsItsReceipt(order: Acknowledged, { answers, lifts }: Lived): Violation[] {
  const { action, keyIds, orderedAt, effectiveBy, returnedAt, waited, wouldAllow } = order;
  const restorable = action === 'suspend';
  const said = `${action} of ${keyIds.join(', ')} ordered at ${orderedAt}, effective by ${effectiveBy}`;
  const found = answers
    .filter(
      ({ verdict, keyId, repliedAt }) => verdict.allow && keyIds.includes(keyId) && repliedAt > effectiveBy,
    )
    .filter(
      ({ repliedAt }) =>
        !restorable || !lifts.some(({ from, until }) => until >= orderedAt && from <= repliedAt),
    )
    .map((answer) => `accepted after effectiveBy of ${said}: ${told(answer, [])}`);
  if (waited && returnedAt < effectiveBy) found.push(`returned at ${returnedAt}, before: ${said}`);
  if (waited && !restorable && wouldAllow === true) found.push(`its verifier would still allow: ${said}`);
  return found;
}

/**
 * Each verifier is monotone: a question asked after an answer is answered from the same state of the version or a
 * later one, so that what it has refused as revoked stays refused; as far as its cache holds what it has seen.
 * `unavailable` rests on no state.
 */
function goesBack(answers: readonly Answered[]): Violation[] {
  const found: Violation[] = [];
  const lines = Map.groupBy(answers, ({ place, keyId }) => `${place} ${keyId}`);
  for (const line of lines.values()) {
    const byEnd = [...line].sort((a, b) => a.at - b.at);
    for (const [index, later] of byEnd.entries()) {
      const rev = revOf(later);
      if (rev === undefined) continue;
      const earlier = byEnd
        .slice(0, index)
        .find((before) => before.at < later.askedAt && (revOf(before) ?? 0) > rev);
      if (earlier !== undefined) found.push(`went back from ${told(earlier, [])} to ${told(later, [])}`);
    }
  }
  return found;
}

/** Which state of the version an answer rests on. */
function revOf({ verdict }: Answered): number | undefined {
  if (!verdict.allow && verdict.reason === 'unavailable') return undefined;
  if (!verdict.allow && verdict.reason === 'unknown') return 0;
  return verdict.version?.rev;
}

function told({ place, keyId, askedAt, at, repliedAt, verdict }: Answered, states: readonly Held[]): string {
  const said = verdict.allow ? `accepted (${verdict.leftMs} ms left)` : `refused: ${verdict.reason}`;
  const held = states.map(
    ({ record: { state, suspended, expiresAt, fields }, from, until }) =>
      `\n    ${from}–${until}: ${state}${suspended ? ', suspended' : ''}${isInside(fields.networks) ? '' : ', other networks'}, until ${expiresAt}`,
  );
  return `verifier ${place} on ${keyId}, asked at ${askedAt}, verdict at ${at}, reply at ${repliedAt}: ${said}${held.join('')}`;
}
