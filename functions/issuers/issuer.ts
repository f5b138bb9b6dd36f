import type { Mac } from '#core/records.ts';
import type { Secret } from '#core/secret.ts';

/** A credential just made, or found again: its public facts, and what goes into the vault. */
export interface Minted {
  readonly keyId: string;
  readonly tokenMac: Mac;
  /** The whole secret string as consumers read it. */
  readonly value: Secret<string>;
}

/** What the value says besides the credential. */
export interface ValueFacts {
  /** Epoch milliseconds; written as ISO 8601. */
  readonly expiresAt: number;
  readonly audience: string;
}

/**
 * What can mint and recognise one kind of credential. The rotation protocol (docs/decisions/0005) is the same for
 * all of them; an issuer whose mint has an effect outside (an IAM key, a third party) finds what an earlier
 * attempt made by the intent's ClientRequestToken before it mints again (F2, F3).
 */
export interface Issuer {
  readonly name: 'api-token';
  mint(facts: ValueFacts): Promise<Minted>;
  /** Reads back a vaulted value of this issuer; `undefined` when it is not one. */
  recognise(value: Secret<string>): Promise<Minted | undefined>;
}
