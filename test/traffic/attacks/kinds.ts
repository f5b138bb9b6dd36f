/** The kinds of attack, as `labels.json` and `--kind` name them. */
export const ATTACK_KINDS = [
  'key-abroad',
  'quiet-theft',
  'secrets-sweep',
  'recon-then-sweep',
  'denied-recon',
  'minted-key',
  'canary',
  'old-version',
  'insider-reader',
  'tampering',
  'noise-flood',
  'many-keys',
  'privilege-persistence',
  'dormant-woken',
  'session-replay',
  'tor-hosting',
  'slow-sweep',
  'young-key',
] as const;

export type AttackKind = (typeof ATTACK_KINDS)[number];
