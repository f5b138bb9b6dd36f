import { RemovalPolicy } from 'aws-cdk-lib/core';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Node } from 'constructs';
import type { PepperPlan } from '#core/crypto/pepper.ts';
import type { Stage } from '#core/token/declaration.ts';
import { SWEEP_PERIOD_MINUTES } from '#core/token/declaration.ts';

/** Who may take each of the four duties; no principal may hold two (AC-5). */
export interface Operators {
  readonly issuer: readonly string[];
  readonly responder: readonly string[];
  readonly auditor: readonly string[];
  readonly deployer: readonly string[];
}

/** An existing trail, of this account or of its organisation. */
export interface TrailSettings {
  readonly arn: string;
  /** Where its files are; in the organisation's log account, or in this one. */
  readonly bucket: string;
  /** What its keys begin with, before `AWSLogs/`; no slash at either end. */
  readonly prefix?: string;
  /** Of an organisation's trail, `o-…`: part of its keys. */
  readonly organizationId?: string;
  /** The key that its files are encrypted under, where it is not S3's own. */
  readonly kmsKeyArn?: string;
}

/** Everything that differs from one deployment to another. The values are the organisation-defined parameters. */
export interface Settings {
  readonly stage: Stage;
  /** `[a-z0-9]{2,12}`; part of every name and of every token. */
  readonly env: string;
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** The one role that may schedule a key's deletion or disable it; absent: nobody, until the policy is changed. */
  readonly breakGlassRoleArn?: string;
  readonly operators: Operators;
  /** T: the oldest revocation feed that a verifier may decide by. */
  readonly feedMaxAgeMs: number;
  /** R: how long a verifier waits for the registry before it denies. */
  readonly readTimeoutMs: number;
  readonly feedCopies: number;
  /** MACs are computed in KMS, for every verification. */
  readonly strictFips: boolean;
  /** Raise `version` to make MACs by a new pepper, and `oldest` to destroy those before it (docs/runbook.md). */
  readonly peppers: PepperPlan;
  /** Raise it to have another key sign the log from now on; the one before stays in the account (docs/runbook.md). */
  readonly signingKeyVersion: number;
  /** The SDK speaks to FIPS endpoints. */
  readonly useFipsEndpoint: boolean;
  /** AU-11. */
  readonly logRetentionDays: number;
  readonly sweepPeriodMinutes: number;
  /** Days for which Object Lock keeps a sealed part of the audit log, in compliance mode (AU-11). */
  readonly logLockDays: number;
  /** The longest time for which the audit log says nothing; then an empty segment is sealed. */
  readonly heartbeatMinutes: number;
  /** The account that holds the sealed log (AU-9(4)); absent: this one. */
  readonly logAccount?: string;
  /** A bucket of yet another account, which keeps each checkpoint's hash; absent: AU-9(2) is partial. */
  readonly witnessBucket?: string;
  /** The commit that is deployed; absent: not told. */
  readonly commit?: string;
  /** Containers that `authorize` is sure of and limited to; 0: the account's common pool. */
  readonly authorizeConcurrency: number;
  /** Sets the account's role for API Gateway logs; false where the account has one. */
  readonly gatewayAccountRole: boolean;
  /** Every read of every secret of the account is judged, not only of ours: B5 then sees whole sweeps, at a price. */
  readonly watchAllSecrets: boolean;
  /** The responder's findings are told to AWS Security Hub, which must be on in this account and region. */
  readonly securityHub: boolean;
  /** The trail that records the account, where one is declared; nothing is detected without one. */
  readonly trail?: TrailSettings;
  /** A state machine that replays the trail's whole history; needs `trail`. */
  readonly replay: boolean;
  /** What becomes of data when its stack goes. */
  readonly removalPolicy: RemovalPolicy;
}

/** A setting that cannot be used: which, and what to write instead. */
export class SettingError extends Error {
  readonly code = 'bad-setting';
  readonly setting: string;

  constructor(setting: string, fix: string) {
    super(`context "${setting}": ${fix}`);
    this.name = 'SettingError';
    this.setting = setting;
  }
}

/**
 * Where a template is made for reading only. An assembly for this account cannot reach another one: the CLI
 * compares it with the credentials.
 */
const NO_ACCOUNT = '000000000000';
const SANDBOX_ENVIRONMENTS: readonly string[] = ['dev', 'test', 'demo', 'sandbox', 'smoke'];

/**
 * Reads the CDK context (`-c key=value`, or cdk.json). No account is written down anywhere: it comes from the
 * CLI's credentials.
 *
 * @throws SettingError for a value that is not usable, or a sandbox value in production.
 */
export function readSettings(node: Node, variables: Readonly<Record<string, string | undefined>>): Settings {
  const text = (key: string): string | undefined => node.tryGetContext(key)?.toString();
  const stage = text('stage') ?? 'sandbox';
  if (stage !== 'sandbox' && stage !== 'production')
    throw new SettingError('stage', 'use sandbox or production');
  const sandbox = stage === 'sandbox';
  const number = (key: string, usual: number, least: number, most: number): number => {
    const value = Number(text(key) ?? usual);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new SettingError(key, `use a whole number from ${least} to ${most}`);
  };
  const flag = (key: string, usual: boolean): boolean => {
    const value = text(key) ?? String(usual);
    if (value !== 'true' && value !== 'false') throw new SettingError(key, 'use true or false');
    return value === 'true';
  };
  const region = variables.CDK_DEFAULT_REGION ?? 'us-east-1';
  const breakGlassRoleArn = text('breakGlassRoleArn');
  const trail = trailOf(node.tryGetContext('trail'));
  const [logAccount, witnessBucket, commit] = ['logAccount', 'witnessBucket', 'commit'].map(text);
  return checked({
    stage,
    env: text('env') ?? (sandbox ? 'dev' : 'prod'),
    account: variables.CDK_DEFAULT_ACCOUNT ?? NO_ACCOUNT,
    region,
    partition: RegionInfo.get(region).partition ?? 'aws',
    ...(breakGlassRoleArn === undefined ? {} : { breakGlassRoleArn }),
    operators: operators(node.tryGetContext('operators')),
    feedMaxAgeMs: number('feedMaxAgeMs', 1_000, 250, sandbox ? 10_000 : 1_000),
    readTimeoutMs: number('readTimeoutMs', 300, 50, sandbox ? 5_000 : 1_000),
    feedCopies: number('feedCopies', 1, 1, 16),
    strictFips: flag('strictFips', false),
    peppers: { version: number('pepperVersion', 1, 1, 999), oldest: number('pepperOldest', 1, 1, 999) },
    signingKeyVersion: number('signingKeyVersion', 1, 1, 99),
    useFipsEndpoint: flag('useFipsEndpoint', false),
    logRetentionDays: number('logRetentionDays', sandbox ? 7 : 400, 1, 3_653),
    sweepPeriodMinutes: number(
      'sweepPeriodMinutes',
      sandbox ? 1 : SWEEP_PERIOD_MINUTES,
      1,
      SWEEP_PERIOD_MINUTES,
    ),
    logLockDays: number('logLockDays', sandbox ? 1 : 400, sandbox ? 1 : 365, 36_500),
    heartbeatMinutes: number('heartbeatMinutes', 5, 1, 60),
    ...(logAccount === undefined ? {} : { logAccount }),
    ...(witnessBucket === undefined ? {} : { witnessBucket }),
    ...(commit === undefined ? {} : { commit }),
    authorizeConcurrency: number('authorizeConcurrency', sandbox ? 0 : 100, sandbox ? 0 : 10, 10_000),
    gatewayAccountRole: flag('gatewayAccountRole', true),
    watchAllSecrets: flag('watchAllSecrets', false),
    securityHub: flag('securityHub', false),
    ...(trail === undefined ? {} : { trail }),
    replay: flag('replay', false),
    removalPolicy: sandbox ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
  });
}

function checked(settings: Settings): Settings {
  if (!/^[a-z0-9]{2,12}$/.test(settings.env)) throw new SettingError('env', 'use [a-z0-9]{2,12}');
  if (settings.stage === 'production' && SANDBOX_ENVIRONMENTS.includes(settings.env)) {
    throw new SettingError('env', `"${settings.env}" names a sandbox; give production a name of its own`);
  }
  if (settings.replay && settings.trail === undefined)
    throw new SettingError('replay', 'needs the context "trail": there is nothing to read without one');
  if (settings.peppers.oldest > settings.peppers.version) {
    throw new SettingError('pepperOldest', 'is newer than "pepperVersion": every token would be refused');
  }
  if (!/^\d{12}$/.test(settings.logAccount ?? NO_ACCOUNT)) {
    throw new SettingError('logAccount', 'use the twelve digits of an account');
  }
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(settings.witnessBucket ?? 'none')) {
    throw new SettingError('witnessBucket', 'use the name of a bucket');
  }
  const { issuer, responder, auditor, deployer } = settings.operators;
  const all = [...issuer, ...responder, ...auditor, ...deployer];
  if (!/^[0-9a-f]{7,40}$/.test(settings.commit ?? '0000000')) {
    throw new SettingError('commit', 'use 7 to 40 hexadecimal digits');
  }
  const twice = all.find((arn, index) => all.indexOf(arn) !== index);
  if (twice !== undefined)
    throw new SettingError('operators', `${twice} holds two duties; give it one (AC-5)`);
  if (all.includes(settings.breakGlassRoleArn ?? ''))
    throw new SettingError('breakGlassRoleArn', 'holds a duty; give break-glass a role of its own (AC-5)');
  const wild = all.find((arn) => !/^arn:aws[a-z-]*:iam::\d{12}:(?:role|user)\/[\w+=,.@/-]+$/.test(arn));
  if (wild !== undefined) throw new SettingError('operators', `"${wild}" is no ARN of one role or user`);
  return settings;
}

function operators(context: unknown): Operators {
  const given = (typeof context === 'string' ? JSON.parse(context) : (context ?? {})) as Partial<Operators>;
  const { issuer = [], responder = [], auditor = [], deployer = [] } = given;
  return { issuer, responder, auditor, deployer };
}

const TRAIL: Readonly<Record<keyof TrailSettings, RegExp>> = {
  arn: /^arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:\d{12}:trail\/[\w.-]{3,128}$/,
  bucket: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  prefix: /^[\w!.*'()-]+(?:\/[\w!.*'()-]+)*$/,
  organizationId: /^o-[a-z0-9]{10,32}$/,
  kmsKeyArn: /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]{1,64}$/,
};

function trailOf(context: unknown): TrailSettings | undefined {
  if (context === undefined) return undefined;
  const given = (typeof context === 'string' ? JSON.parse(context) : context) as Readonly<
    Record<string, unknown>
  >;
  for (const [field, form] of Object.entries(TRAIL)) {
    const value = given[field];
    if (value === undefined && field !== 'arn' && field !== 'bucket') continue;
    if (typeof value !== 'string' || !form.test(value))
      throw new SettingError('trail', `"${field}" is missing or not of the form ${form.source}`);
  }
  const unknown = Object.keys(given).find((field) => !Object.hasOwn(TRAIL, field));
  if (unknown !== undefined) throw new SettingError('trail', `knows no "${unknown}"`);
  return given as unknown as TrailSettings;
}

const GLOBAL_REGIONS: Readonly<Record<string, string>> = {
  aws: 'us-east-1',
  'aws-cn': 'cn-north-1',
  'aws-us-gov': 'us-gov-west-1',
};

/** Where IAM and the other global services of a partition are logged. */
export function globalRegionOf({ partition, region }: Pick<Settings, 'partition' | 'region'>): string {
  return GLOBAL_REGIONS[partition] ?? region;
}

/** The name of a thing of this deployment: `tokenward-<env>-<part>`. */
export function nameOf(settings: Pick<Settings, 'env'>, part: string): string {
  return `tokenward-${settings.env}-${part}`;
}

/** ARN of a role of this deployment. Role names are fixed, so that policies and rules can name them exactly. */
export function roleArnOf(settings: Settings, part: string): string {
  return `arn:${settings.partition}:iam::${settings.account}:role/${nameOf(settings, part)}`;
}

/** The default bus of the home account and region. */
export const homeBusOf = ({ partition, region, account }: Settings): string =>
  `arn:${partition}:events:${region}:${account}:event-bus/default`;

/** What every secret's name begins with. */
export function secretsPrefixOf(settings: Pick<Settings, 'env'>): string {
  return `tokenward/${settings.env}/`;
}

/** Every secret of this deployment, as a resource pattern; Secrets Manager adds six characters to each name. */
export function secretsArnOf(settings: Settings): string {
  const { partition, region, account } = settings;
  return `arn:${partition}:secretsmanager:${region}:${account}:secret:${secretsPrefixOf(settings)}*`;
}

/** The name of the sealed log, and of the key in its checkpoints. */
export function logOriginOf({ account, region, env }: Settings): string {
  return `tokenward/${account}/${region}/${env}`;
}

/**
 * The name of the log's bucket where it must be known beforehand: in production, and where another account holds it.
 * A sandbox of the same account leaves it to CloudFormation, so that it can be made again beside what is locked.
 */
export function logBucketNameOf(settings: Settings): string | undefined {
  const { stage, account, logAccount, region } = settings;
  if (stage === 'sandbox' && logAccount === undefined) return undefined;
  return `${nameOf(settings, 'log')}-${logAccount ?? account}-${region}`;
}

/** The name of the key that signs evidence. */
export const evidenceKeyNameOf = (settings: Settings): string => `${logOriginOf(settings)}/evidence`;

/** The name of the bucket of evidence in production; a sandbox leaves it to CloudFormation, as the log's. */
export function evidenceBucketNameOf(settings: Settings): string | undefined {
  if (settings.stage === 'sandbox') return undefined;
  return `${nameOf(settings, 'evidence')}-${settings.account}-${settings.region}`;
}
