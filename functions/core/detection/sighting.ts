import type { EpochMs } from '../records.ts';
import type { Source } from '../token/verify.ts';

/** Who acted, as CloudTrail names them. */
export interface Actant {
  /** The role's or user's IAM ARN; of an assumed role, the role's own, path included. */
  readonly arn?: string;
  readonly session?: string;
  readonly accessKeyId?: string;
  /** A service that acted on somebody's behalf: its address is no evidence about the client. */
  readonly invokedBy?: string;
}

/** Something that happened to a token or its secret, from CloudTrail or from our own verifiers. */
export type Sighting =
  | {
      readonly kind: 'secret-read';
      readonly eventId: string;
      readonly account: string;
      readonly at: EpochMs;
      readonly name: string;
      /** A name, a full or a partial ARN, as the caller gave it. */
      readonly secretId: string;
      readonly versionId?: string;
      readonly actant: Actant;
      readonly source: Source;
      readonly refused: boolean;
    }
  | {
      readonly kind: 'use';
      readonly eventId: string;
      readonly account: string;
      readonly at: EpochMs;
      readonly tokenId: string;
      readonly keyId: string;
      readonly network: string;
      readonly client: string;
      readonly allowed: boolean;
      readonly reason?: string;
      readonly count: number;
      readonly firstSeen: boolean;
    }
  | {
      /** KMS unwrapped a value for Secrets Manager: the one record that names the version really read. */
      readonly kind: 'value-read';
      readonly eventId: string;
      readonly account: string;
      readonly at: EpochMs;
      readonly secretId: string;
      readonly versionId: string;
      readonly actant: Actant;
    }
  | {
      readonly kind: 'rotation-failed';
      readonly eventId: string;
      readonly account: string;
      readonly at: EpochMs;
      readonly secretId: string;
      readonly name: string;
    };

const SECRET_NAME = /(?:^|:secret:)tokenward\/[a-z0-9]{2,12}\/([a-z0-9-]{3,48}?)(-[A-Za-z0-9]{6})?$/;

/** The token ids that a secret's name or ARN may stand for, likeliest first: the suffix of an ARN looks like a name. */
export function tokenIdsOf(secretId: string): readonly string[] {
  const match = SECRET_NAME.exec(secretId) as [string, string, string | undefined] | null;
  if (match === null) return [];
  const [, short, suffix = ''] = match;
  if (suffix === '') return [short];
  return secretId.startsWith('arn:') ? [short, `${short}${suffix}`] : [`${short}${suffix}`, short];
}
