import type { Install } from './clients.ts';
import type { Geo } from './geo/blocks.ts';
import { onBehalf, type Principal } from './identity.ts';
import { createRandom, type Random } from './random.ts';
import {
  type Call,
  type Client,
  type CloudTrailRecord,
  type JsonObject,
  type Origin,
  recordOf,
  type UserIdentity,
} from './record.ts';
import { type Secret, type SecretVersion, versionAt } from './secret.ts';
import type { Team } from './team.ts';
import type { Timeline } from './timeline.ts';

/** Where a service's calls come out, and in which region it works, at a time. */
export interface Egress {
  readonly region: string;
  readonly origins: readonly Origin[];
}

export type Role =
  | 'service'
  | 'server-key'
  | 'laptop'
  | 'ci'
  | 'terraform'
  | 'bulk-copy'
  | 'people'
  | 'monthly-job'
  | 'backup'
  | 'scanner'
  | 'canary'
  | 'break-glass'
  | 'deploy-role'
  | 'own';

/** One credential of the cast: what it is, who holds it, and what the registry promised of it. */
export interface Holder {
  /** The access key id, or the role's ARN. */
  readonly credential: string;
  readonly role: Role;
  readonly principal: Principal;
  readonly keyId?: string;
  readonly team: Team;
  /** Whether the registry has a binding for it. */
  readonly managed: boolean;
  readonly networks: readonly string[];
  readonly regions: readonly string[];
  readonly clientFamily: string | null;
  readonly critical: boolean;
  readonly egress: Timeline<Egress>;
  readonly install: Install;
  readonly client: Timeline<Client>;
  readonly apis: Timeline<readonly string[]>;
  readonly secrets: readonly Secret[];
  readonly bornAt: number;
  readonly diesAt: number;
  /** Where its owner broke the contract himself, without malice. */
  readonly breaches: string[];
}

/** A record and when it happened; `marks`: the credentials that it belongs to an attack on. */
export interface Emission {
  readonly at: number;
  readonly record: CloudTrailRecord;
  readonly marks?: readonly string[];
}

/** Emissions in the order of their time. */
export type Act = Generator<Emission>;

/** What every behaviour may know: the place and time of the play, never another's plans. */
export interface Stage {
  readonly seed: number;
  readonly account: string;
  readonly start: number;
  readonly end: number;
  readonly geo: Geo;
  readonly secrets: readonly Secret[];
}

/** The draws of one holder's act: by name, so that a thief who knows the victim can follow them. */
export const actRandom = (stage: Stage, holder: Holder, name = 'everyday'): Random =>
  createRandom(`act/${stage.seed}/${holder.credential}/${name}`);

/** Who calls, from where, with what: the part of a call that stays the same through a session. */
export interface Caller {
  readonly who: UserIdentity;
  readonly from: Origin;
  readonly client: Client;
  readonly region: string;
  readonly marks?: readonly string[];
}

/** One call of a caller. */
export function tell(
  stage: Stage,
  random: Random,
  caller: Caller,
  at: number,
  api: string,
  more: Partial<Omit<Call, 'at' | 'api'>> = {},
): Emission {
  const { marks, ...rest } = caller;
  const record = recordOf({ ...rest, ...more, at, api }, stage.account, random);
  return marks === undefined ? { at, record } : { at, record, marks };
}

export interface ReadWish {
  readonly version?: SecretVersion;
  readonly stage?: 'AWSPREVIOUS' | 'AWSCURRENT' | 'AWSPENDING';
  readonly form?: 'name' | 'arn' | 'partial';
  readonly denied?: boolean;
}

/** A read of a secret: the call, and the Decrypt that Secrets Manager makes on the caller's behalf. */
export function* readSecret(
  stage: Stage,
  random: Random,
  caller: Caller,
  at: number,
  secret: Secret,
  wish: ReadWish = {},
): Act {
  const secretId =
    wish.form === 'name' ? secret.name : wish.form === 'partial' ? secret.arn.slice(0, -7) : secret.arn;
  const params: JsonObject = {
    secretId,
    ...(wish.version === undefined ? {} : { versionId: wish.version.versionId }),
    ...(wish.stage === undefined ? {} : { versionStage: wish.stage }),
  };
  const inRegion = { ...caller, region: secret.region };
  const refused = wish.denied === true ? { denied: secretId } : {};
  yield tell(stage, random, inRegion, at, 'secretsmanager:GetSecretValue', { params, ...refused });
  if (wish.denied !== true) yield decryptOf(stage, random, inRegion, at, secret, wish.version);
}

/** The Decrypt that names the version really read. */
export function decryptOf(
  stage: Stage,
  random: Random,
  caller: Caller,
  at: number,
  secret: Secret,
  version: SecretVersion = versionAt(secret, at),
): Emission {
  const from: Origin = {
    ip: 'secretsmanager.amazonaws.com',
    ...(caller.from.vpcEndpointId === undefined ? {} : { vpcEndpointId: caller.from.vpcEndpointId }),
  };
  const service = {
    ...caller,
    from,
    client: { userAgent: 'secretsmanager.amazonaws.com' },
    region: secret.region,
  };
  return tell(stage, random, service, at + random.int(5, 60), 'kms:Decrypt', {
    who: onBehalf(caller.who, 'secretsmanager', at, random),
    params: {
      encryptionContext: { SecretARN: secret.arn, SecretVersionId: version.versionId },
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    },
    resources: [{ accountId: stage.account, type: 'AWS::KMS::Key', ARN: secret.kmsKey }],
  });
}

/** BatchGetSecretValue, and the GetSecretValue that is logged for each secret it returned. */
export function* readBatch(
  stage: Stage,
  random: Random,
  caller: Caller,
  at: number,
  secrets: readonly Secret[],
  filters?: JsonObject['filters'],
): Act {
  const params: JsonObject =
    filters === undefined ? { secretIdList: secrets.map(({ arn }) => arn) } : { filters, maxResults: 20 };
  yield tell(stage, random, caller, at, 'secretsmanager:BatchGetSecretValue', { params });
  let then = at;
  for (const secret of secrets) {
    then += 90;
    yield* readSecret(stage, random, caller, then, secret);
  }
}
