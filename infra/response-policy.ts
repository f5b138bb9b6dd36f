/** What the responder may do by itself, from the mildest to the last. */
export type Rung = 'alert' | 'suspend' | 'reissue' | 'revoke';

/**
 * Signal → rung for own tokens. A canary has no honest user: it dies. A stranger who can read a secret would get
 * the next value too, so its token is suspended, not reissued. A value used after its cut-over, or outside its
 * networks, is in the wrong hands while the secret is not: end it and reissue.
 */
export const RESPONSE_POLICY: Readonly<Record<string, Rung>> = {
  'canary-use': 'revoke',
  'after-cut-over': 'reissue',
  'unbound-reader': 'suspend',
  'outside-network': 'reissue',
};
