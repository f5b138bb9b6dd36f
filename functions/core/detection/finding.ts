/** Every signal that exists; the policy table gives each its rung. */
export const SIGNALS = [
  'canary-use',
  'unbound-reader',
  'unbound-reader-refused',
  'use-after-cutover',
  'outside-network',
  'read-outside-network',
  'own-role-misuse',
  'rotation-failed',
] as const;

export type Signal = (typeof SIGNALS)[number];

/** One signal that fired, with what an on-call engineer needs to see of it. */
export interface Finding {
  readonly signal: Signal;
  /** What was seen, against what, in one sentence. */
  readonly seen: string;
  /** The stranger, where there is one that can be kept from the secret. */
  readonly reader?: string;
}
