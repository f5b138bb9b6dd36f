import type { Result } from '../result.ts';
import type { SealState } from './state.ts';

/** Where the sealer's state lives: `SEAL#log / STATE`. */
export interface SealStore {
  /** Strongly consistent; absent before the first segment. */
  read(): Promise<SealState | undefined>;
  /** Stores the state under the revision after its own; false: somebody else has, meanwhile. */
  replace(state: SealState): Promise<boolean>;
}

/** What may only be added to: S3 under Object Lock. */
export interface LogArchive {
  /** One attempt, never over an object that exists: `exists` then, whatever its content. */
  put(name: string, body: string): Promise<Result<void, { readonly reason: 'exists' }>>;
}

/** Signs checkpoints: KMS, ECC_NIST_P256. */
export interface CheckpointSigner {
  /** SubjectPublicKeyInfo, DER. */
  publicKey(): Promise<Uint8Array>;
  /** ECDSA with SHA-256 over at most 4,096 bytes; ASN.1 DER. */
  sign(text: Uint8Array): Promise<Uint8Array>;
}

/** A second medium that whoever owns the log cannot reach: another account's bucket. */
export interface Witness {
  /** Keeps what a checkpoint said. Told again, nothing changes. */
  tell(said: { readonly segment: number; readonly size: number; readonly sha256: string }): Promise<void>;
}
