/** Weight of the neutral assumption against history, in slots: a new credential's novelties prove nothing. */
const PSEUDO_SLOTS = 1;

/**
 * How much a value never seen speaks for a thief, in nats: ln P(new | attack) − ln P(new | own history).
 *
 * The chance of something new in one's own history is Good–Turing's: the share of observations whose value was seen
 * once, here smoothed towards `pAttack` with the weight of one slot, so that without a history the answer is 0.
 * The same novelty weighs ln 10,000 for a service that called ten thousand times from one network, and next to
 * nothing for a laptop that moves every day.
 *
 * @param singles decayed number of values seen in one slot only
 * @param slots decayed number of slots seen
 * @see Good, The population frequencies of species and the estimation of population parameters, Biometrika 1953
 */
export function noveltyWeight(singles: number, slots: number, pAttack: number): number {
  const own = (singles + PSEUDO_SLOTS * pAttack) / (slots + PSEUDO_SLOTS);
  return Math.max(0, Math.log(pAttack / own));
}
