import * as z from 'zod/mini';
import type { PepperPlan } from '#core/crypto/pepper.ts';
import type { DeployedSettings, Environment as EvidenceEnvironment } from '#core/evidence/facts.ts';
import type { ReconcilePlan } from '#core/reconcile/plan.ts';
import { type Offer, parseOffers, type Stage } from '#core/token/declaration.ts';

/** Environment variables as a function gets them; a handler passes `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The deployment is wrong: a variable is missing or not what it must be. Names the variable, never its value. */
export class ConfigError extends Error {
  readonly code = 'bad-config';
  readonly variable: string;

  constructor(variable: string, problem: string) {
    super(`environment variable ${variable} ${problem}`);
    this.name = 'ConfigError';
    this.variable = variable;
  }
}

export interface CommonConfig {
  /** The stage: also the environment in a token's text. */
  readonly environment: string;
  readonly tableName: string;
  readonly busName: string;
  readonly metricsNamespace: string;
  readonly logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
  readonly feedCopies: number;
}

export interface MacConfig {
  readonly pepperKeyArn: string;
  readonly strictFips: boolean;
  /** Set when `strictFips` is. */
  readonly macKeyArn?: string;
}

/** T and R of docs/decisions/0004, in milliseconds. */
export interface BoundConfig {
  readonly feedMaxAgeMs: number;
  readonly readTimeoutMs: number;
}

export interface VerificationConfig extends CommonConfig, MacConfig, BoundConfig {
  readonly recordCacheMaxMs: number;
}

export interface AuthorizeConfig extends VerificationConfig {
  readonly audience: string;
  /** `METHOD resourcePath` → scopes. */
  readonly routes: Readonly<Record<string, readonly string[]>>;
  readonly usageQueueUrl: string;
}

export interface IssueConfig extends CommonConfig, MacConfig {
  readonly stage: Stage;
  readonly offers: readonly Offer[];
  readonly deployers: readonly string[];
  readonly peppers: PepperPlan;
  readonly alertTopicArn: string;
}

export interface RevokeConfig extends CommonConfig, BoundConfig {
  readonly quarantinePolicyArn: string;
  readonly authorizeFunction: string;
  readonly alertTopicArn: string;
}

export interface SweepConfig extends CommonConfig {
  readonly quarantinePolicyArn: string;
  readonly alertTopicArn: string;
  readonly sweepPeriodMs: number;
}

export interface RespondConfig extends CommonConfig {
  readonly quarantinePolicyArn: string;
  readonly alertTopicArn: string;
  /** JSON as infra wrote them; the owners of the types parse them. */
  readonly responsePolicy: unknown;
  readonly ownRoles: unknown;
  /** Where findings are told to Security Hub; absent: they are not. */
  readonly securityHubUrl?: string;
}

export interface SealConfig extends CommonConfig {
  /** The log's name, and its key's. */
  readonly origin: string;
  readonly logBucket: string;
  /** AU-11. */
  readonly retentionDays: number;
  readonly signingKeyArn: string;
  readonly heartbeatMs: number;
  /** A bucket of another account; absent: there is no second medium. */
  readonly witnessBucket?: string;
}

export interface ReplayConfig extends Omit<CommonConfig, 'tableName' | 'busName' | 'feedCopies'> {
  readonly trailBucket: string;
  /** Where the steps leave what they found, and where a bindings file and a geo database are looked for. */
  readonly workBucket: string;
}

export interface ReconcileConfig extends CommonConfig {
  readonly eventsQueueUrl: string;
  /** Absent: event names are looked up instead. */
  readonly trailBucket?: string;
  /** JSON as infra wrote it: {@link ReconcilePlan}. */
  readonly plan: ReconcilePlan;
}

export interface EvidenceConfig extends CommonConfig {
  readonly logBucket: string;
  readonly evidenceBucket: string;
  readonly evidenceKeyArn: string;
  /** Our keys, by what they are for. */
  readonly keyArns: Readonly<Record<string, string>>;
  /** Names of the stacks whose templates are evidence. */
  readonly stacks: readonly string[];
  readonly report: {
    readonly environment: EvidenceEnvironment;
    readonly settings: DeployedSettings;
    readonly keyName: string;
    readonly tool: string;
  };
}

const TEXT = z.string().check(z.minLength(1), z.maxLength(2048));
const ARN = z.string().check(z.regex(/^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{12}:\S{1,1024}$/));
const POLICY_ARN = z.string().check(z.regex(/^arn:aws[a-z-]*:iam::\d{12}:policy\/[\w+=,.@/-]{1,640}$/));
const URL = z.string().check(z.regex(/^https?:\/\/\S{1,1024}$/));
const BUCKET = z.string().check(z.regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/));
const ORIGIN = z.string().check(z.regex(/^[a-z0-9/.-]{1,128}$/));
const STAGE = z.string().check(z.regex(/^[a-z0-9]{2,12}$/));
const LEVEL = z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']);
const FLAG = z.pipe(
  z.enum(['true', 'false']),
  z.transform((word) => word === 'true'),
);
const JSON_TEXT = z.pipe(
  z.string(),
  z.transform((written, context): unknown => {
    try {
      return JSON.parse(written);
    } catch {
      context.issues.push({ code: 'custom', message: 'is not JSON', input: '' });
      return z.NEVER;
    }
  }),
);
const NAMES = z.pipe(JSON_TEXT, z.array(z.string().check(z.regex(/^[a-z0-9-]{1,128}$/))));
const POSITIVE = z.int().check(z.positive());
const SETTINGS: z.ZodMiniType<DeployedSettings> = z.strictObject({
  stage: z.enum(['sandbox', 'production']),
  feedMaxAgeMs: POSITIVE,
  readTimeoutMs: POSITIVE,
  logRetentionDays: POSITIVE,
  sweepPeriodMinutes: POSITIVE,
  logLockDays: POSITIVE,
  heartbeatMinutes: POSITIVE,
  strictFips: z.boolean(),
  useFipsEndpoint: z.boolean(),
  logElsewhere: z.boolean(),
  witness: z.boolean(),
});
const OFFERS = z.pipe(
  z.string(),
  z.transform((written, context): readonly Offer[] => {
    const offers = parseOffers(written);
    if (offers.ok) return offers.value;
    context.issues.push({
      code: 'custom',
      message: offers.error[0]?.problem ?? 'is no list of offers',
      input: '',
    });
    return z.NEVER;
  }),
);
const TEXTS = z.array(z.string());
const PLAN: Schema<ReconcilePlan> = z.pipe(
  JSON_TEXT,
  z.strictObject({
    account: z.string().check(z.regex(/^\d{12}$/)),
    prefix: z.string(),
    organizationId: z.exactOptional(z.string()),
    secretsPrefix: TEXT,
    secretsArnPrefix: TEXT,
    watchAllSecrets: z.boolean(),
    ownSessions: TEXTS,
    regions: z.array(z.strictObject({ region: z.string(), names: TEXTS })),
  }),
);
const ROUTES = z.pipe(JSON_TEXT, z.record(z.string(), z.array(z.string())));

type Schema<T> = z.ZodMiniType<T, string>;
type Reader = <T>(variable: string, schema: Schema<T>, fallback?: string) => T;

const integer = (from: number, to: number): Schema<number> =>
  z.pipe(
    z.string().check(z.regex(/^\d{1,12}$/)),
    z.pipe(z.transform<string, number>(Number), z.int().check(z.minimum(from), z.maximum(to))),
  );

const reader =
  (env: Environment): Reader =>
  (variable, schema, fallback) => {
    const written = env[variable] ?? fallback;
    if (written === undefined) throw new ConfigError(variable, 'is missing');
    const read = schema.safeParse(written);
    if (!read.success) throw new ConfigError(variable, `is not valid: ${read.error.issues[0]?.message}`);
    return read.data;
  };

const basic = (read: Reader): Pick<CommonConfig, 'environment' | 'metricsNamespace' | 'logLevel'> => ({
  environment: read('ENVIRONMENT', STAGE),
  metricsNamespace: read('METRICS_NAMESPACE', TEXT, 'Tokenward'),
  logLevel: read('POWERTOOLS_LOG_LEVEL', LEVEL, 'INFO'),
});

const common = (read: Reader): CommonConfig => ({
  ...basic(read),
  tableName: read('TABLE_NAME', TEXT),
  busName: read('BUS_NAME', TEXT),
  feedCopies: read('FEED_COPIES', integer(1, 16), '1'),
});

const mac = (read: Reader): MacConfig => {
  const strictFips = read('STRICT_FIPS', FLAG, 'false');
  return {
    pepperKeyArn: read('PEPPER_KEY_ARN', ARN),
    strictFips,
    ...(strictFips ? { macKeyArn: read('MAC_KEY_ARN', ARN) } : {}),
  };
};

const bound = (read: Reader): BoundConfig => ({
  feedMaxAgeMs: read('FEED_MAX_AGE_MS', integer(250, 60_000), '1000'),
  readTimeoutMs: read('READ_TIMEOUT_MS', integer(50, 5_000), '300'),
});

const verification = (read: Reader): VerificationConfig => ({
  ...common(read),
  ...mac(read),
  ...bound(read),
  recordCacheMaxMs: read('RECORD_CACHE_MAX_MS', integer(0, 60_000), '60000'),
});

/** What `authorize` needs. @throws ConfigError, as the others below. */
export function authorizeConfig(env: Environment): AuthorizeConfig {
  const read = reader(env);
  return {
    ...verification(read),
    audience: read('AUDIENCE', TEXT),
    routes: read('ROUTES', ROUTES),
    usageQueueUrl: read('USAGE_QUEUE_URL', URL),
  };
}

/** What `rotate` needs: verification is proven in process. */
export function rotateConfig(env: Environment): VerificationConfig {
  return verification(reader(env));
}

export function issueConfig(env: Environment): IssueConfig {
  const read = reader(env);
  return {
    ...common(read),
    ...mac(read),
    stage: read('STAGE', z.enum(['sandbox', 'production'])),
    offers: read('OFFERS', OFFERS, '[]'),
    peppers: {
      version: read('PEPPER_VERSION', integer(1, 999), '1'),
      oldest: read('PEPPER_OLDEST', integer(1, 999), '1'),
    },
    deployers: read('DEPLOYERS', z.pipe(JSON_TEXT, z.array(ARN)), '[]'),
    alertTopicArn: read('ALERT_TOPIC_ARN', ARN),
  };
}

export function revokeConfig(env: Environment): RevokeConfig {
  const read = reader(env);
  return {
    ...common(read),
    ...bound(read),
    authorizeFunction: read('AUTHORIZE_FUNCTION', TEXT),
    alertTopicArn: read('ALERT_TOPIC_ARN', ARN),
    quarantinePolicyArn: read('QUARANTINE_POLICY_ARN', POLICY_ARN),
  };
}

export function sweepConfig(env: Environment): SweepConfig {
  const read = reader(env);
  return {
    ...common(read),
    alertTopicArn: read('ALERT_TOPIC_ARN', ARN),
    quarantinePolicyArn: read('QUARANTINE_POLICY_ARN', POLICY_ARN),
    sweepPeriodMs: read('SWEEP_PERIOD_MS', integer(60_000, 86_400_000)),
  };
}

export function respondConfig(env: Environment): RespondConfig {
  const read = reader(env);
  return {
    ...common(read),
    alertTopicArn: read('ALERT_TOPIC_ARN', ARN),
    quarantinePolicyArn: read('QUARANTINE_POLICY_ARN', POLICY_ARN),
    responsePolicy: read('RESPONSE_POLICY', JSON_TEXT),
    ownRoles: read('OWN_ROLES', JSON_TEXT),
    ...(env.SECURITY_HUB_URL === undefined ? {} : { securityHubUrl: read('SECURITY_HUB_URL', URL) }),
  };
}

export function sealConfig(env: Environment): SealConfig {
  const read = reader(env);
  const witnessBucket = env.WITNESS_BUCKET === undefined ? undefined : read('WITNESS_BUCKET', BUCKET);
  return {
    ...common(read),
    origin: read('LOG_ORIGIN', ORIGIN),
    logBucket: read('LOG_BUCKET', BUCKET),
    retentionDays: read('LOG_LOCK_DAYS', integer(1, 36_500)),
    signingKeyArn: read('SIGNING_KEY_ARN', ARN),
    heartbeatMs: read('HEARTBEAT_MS', integer(60_000, 3_600_000)),
    ...(witnessBucket === undefined ? {} : { witnessBucket }),
  };
}

export function replayConfig(env: Environment): ReplayConfig {
  const read = reader(env);
  return {
    ...basic(read),
    trailBucket: read('TRAIL_BUCKET', BUCKET),
    workBucket: read('WORK_BUCKET', BUCKET),
  };
}

export function reconcileConfig(env: Environment): ReconcileConfig {
  const read = reader(env);
  const trailBucket = env.TRAIL_BUCKET === undefined ? undefined : read('TRAIL_BUCKET', BUCKET);
  return {
    ...common(read),
    eventsQueueUrl: read('EVENTS_QUEUE_URL', URL),
    plan: read('RECONCILE_PLAN', PLAN),
    ...(trailBucket === undefined ? {} : { trailBucket }),
  };
}

/** What `report` needs. An endpoint of its own, or an account of zeros, is no AWS. */
export function reportConfig(env: Environment): EvidenceConfig {
  const read = reader(env);
  const account = read('ACCOUNT', z.string().check(z.regex(/^\d{12}$/)));
  const emulated = env.AWS_ENDPOINT_URL !== undefined || account === '000000000000';
  const shared = common(read);
  return {
    ...shared,
    logBucket: read('LOG_BUCKET', BUCKET),
    evidenceBucket: read('EVIDENCE_BUCKET', BUCKET),
    evidenceKeyArn: read('EVIDENCE_KEY_ARN', ARN),
    keyArns: read('KEYS', z.pipe(JSON_TEXT, z.record(z.string(), ARN))),
    stacks: read('STACKS', NAMES),
    report: {
      environment: { account, region: read('AWS_REGION', TEXT), env: shared.environment, emulated },
      settings: read('SETTINGS', z.pipe(JSON_TEXT, SETTINGS)),
      keyName: `${read('LOG_ORIGIN', ORIGIN)}/evidence`,
      tool: read('TOOL', TEXT),
    },
  };
}
