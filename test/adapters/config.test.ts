import { describe, expect, it } from 'vitest';
import {
  authorizeConfig,
  ConfigError,
  type Environment,
  issueConfig,
  reconcileConfig,
  reportConfig,
  respondConfig,
  revokeConfig,
  rotateConfig,
  sealConfig,
  sweepConfig,
} from '#adapters/config.ts';

const COMMON = { ENVIRONMENT: 'dev', TABLE_NAME: 'tokenward-dev-registry', BUS_NAME: 'tokenward-dev-bus' };
const MAC = { PEPPER_KEY_ARN: 'arn:aws:kms:eu-west-1:111122223333:key/pepper' };
const TOPIC = {
  ALERT_TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:tokenward-dev-alerts',
  QUARANTINE_POLICY_ARN: 'arn:aws:iam::111122223333:policy/TokenwardQuarantine-dev',
};
const AUTHORIZE = {
  ...COMMON,
  ...MAC,
  AUDIENCE: 'orders-api',
  ROUTES: '{"GET /orders":["orders:read"]}',
  USAGE_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/111122223333/usage',
};
const ISSUE = { ...COMMON, ...MAC, ...TOPIC, STAGE: 'sandbox' };
const OFFER = {
  id: 'partners',
  kind: 'return-once',
  scopes: ['orders:read'],
  audience: 'orders-api',
  maxTtlSeconds: 86_400,
  issuers: ['arn:aws:iam::111122223333:role/partner-desk'],
};

const SEAL = {
  ...COMMON,
  LOG_ORIGIN: 'tokenward/111122223333/eu-west-1/dev',
  LOG_BUCKET: 'tokenward-dev-log-111122223333',
  LOG_LOCK_DAYS: '400',
  SIGNING_KEY_ARN: 'arn:aws:kms:eu-west-1:111122223333:key/signing',
  HEARTBEAT_MS: '300000',
};

describe('configs', () => {
  it('know of a second medium only where one is named', () => {
    expect(sealConfig(SEAL)).toMatchObject({
      origin: SEAL.LOG_ORIGIN,
      logBucket: SEAL.LOG_BUCKET,
      retentionDays: 400,
      heartbeatMs: 300_000,
    });
    expect(sealConfig(SEAL)).not.toHaveProperty('witnessBucket');
    expect(sealConfig({ ...SEAL, WITNESS_BUCKET: 'elsewhere' }).witnessBucket).toBe('elsewhere');
    for (const wrong of [
      { WITNESS_BUCKET: '' },
      { LOG_ORIGIN: 'a b' },
      { LOG_LOCK_DAYS: '0' },
      { LOG_BUCKET: 'A' },
    ]) {
      expect(() => sealConfig({ ...SEAL, ...wrong })).toThrow(ConfigError);
    }
  });

  it('have the documented defaults', () => {
    expect(authorizeConfig(AUTHORIZE)).toEqual({
      environment: 'dev',
      tableName: 'tokenward-dev-registry',
      busName: 'tokenward-dev-bus',
      metricsNamespace: 'Tokenward',
      logLevel: 'INFO',
      feedCopies: 1,
      pepperKeyArn: MAC.PEPPER_KEY_ARN,
      strictFips: false,
      feedMaxAgeMs: 1000,
      readTimeoutMs: 300,
      recordCacheMaxMs: 60_000,
      audience: 'orders-api',
      routes: { 'GET /orders': ['orders:read'] },
      usageQueueUrl: AUTHORIZE.USAGE_QUEUE_URL,
    });
  });

  it('read what each other function needs', () => {
    expect(rotateConfig({ ...COMMON, ...MAC, FEED_MAX_AGE_MS: '250' }).feedMaxAgeMs).toBe(250);
    expect(issueConfig({ ...ISSUE, OFFERS: JSON.stringify([OFFER]) })).toMatchObject({
      stage: 'sandbox',
      offers: [OFFER],
      deployers: [],
      peppers: { version: 1, oldest: 1 },
    });
    expect(issueConfig(ISSUE)).toMatchObject({ offers: [], deployers: [] });
    const pipeline = 'arn:aws:iam::111122223333:role/pipeline';
    expect(issueConfig({ ...ISSUE, DEPLOYERS: JSON.stringify([pipeline]) }).deployers).toEqual([pipeline]);
    expect(issueConfig({ ...ISSUE, PEPPER_VERSION: '3', PEPPER_OLDEST: '2' }).peppers).toEqual({
      version: 3,
      oldest: 2,
    });
    expect(() => issueConfig({ ...ISSUE, DEPLOYERS: '["pipeline"]' })).toThrow('DEPLOYERS');
    expect(revokeConfig({ ...COMMON, ...TOPIC, AUTHORIZE_FUNCTION: 'a' }).authorizeFunction).toBe('a');
    expect(sweepConfig({ ...COMMON, ...TOPIC, SWEEP_PERIOD_MS: '300000' }).sweepPeriodMs).toBe(300_000);
    expect(
      respondConfig({ ...COMMON, ...TOPIC, RESPONSE_POLICY: '{}', OWN_ROLES: '{"roles":[]}' }),
    ).toMatchObject({
      responsePolicy: {},
      ownRoles: { roles: [] },
    });
  });

  it.each(Object.keys(AUTHORIZE))('name %s when it is missing', (variable) => {
    const env: Environment = { ...AUTHORIZE, [variable]: undefined };
    expect(() => authorizeConfig(env)).toThrow(`environment variable ${variable} is missing`);
  });

  it.each([
    ['ENVIRONMENT', 'Dev!'],
    ['POWERTOOLS_LOG_LEVEL', 'LOUD'],
    ['FEED_COPIES', '0'],
    ['FEED_MAX_AGE_MS', '249'],
    ['FEED_MAX_AGE_MS', '1e3'],
    ['READ_TIMEOUT_MS', '-1'],
    ['RECORD_CACHE_MAX_MS', '60001'],
    ['PEPPER_KEY_ARN', 'alias/pepper'],
    ['STRICT_FIPS', 'yes'],
    ['ROUTES', '{'],
    ['ROUTES', '{"GET /orders":"orders:read"}'],
    ['USAGE_QUEUE_URL', 'queue'],
    ['TABLE_NAME', ''],
  ])('name %s when it is %j, without its value', (variable, value) => {
    const read = (): unknown => authorizeConfig({ ...AUTHORIZE, [variable]: value });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(`environment variable ${variable} is not valid`);
  });

  it.each([
    ['OFFERS', '{}'],
    ['OFFERS', '['],
    ['STAGE', 'staging'],
    ['ALERT_TOPIC_ARN', 'alerts'],
  ])('name %s of issue when it is %j', (variable, value) => {
    expect(() => issueConfig({ ...ISSUE, [variable]: value })).toThrow(
      `environment variable ${variable} is not valid`,
    );
  });

  it('tell Security Hub only where it is said where that is', () => {
    const env = { ...COMMON, ...TOPIC, RESPONSE_POLICY: '{}', OWN_ROLES: '{}' };
    expect(respondConfig(env)).not.toHaveProperty('securityHubUrl');
    const SECURITY_HUB_URL = 'https://securityhub.eu-west-1.amazonaws.com';
    expect(respondConfig({ ...env, SECURITY_HUB_URL }).securityHubUrl).toBe(SECURITY_HUB_URL);
    expect(() => respondConfig({ ...env, SECURITY_HUB_URL: 'hub' })).toThrow('SECURITY_HUB_URL is not valid');
  });

  it('say what of the trail is read, to the letter', () => {
    const plan = {
      account: '111122223333',
      prefix: '',
      secretsPrefix: 'tokenward/dev/',
      secretsArnPrefix: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:tokenward/dev/',
      watchAllSecrets: false,
      ownSessions: [],
      regions: [{ region: 'eu-west-1', names: ['StopLogging'] }],
    };
    const env = {
      ...COMMON,
      EVENTS_QUEUE_URL: AUTHORIZE.USAGE_QUEUE_URL,
      RECONCILE_PLAN: JSON.stringify(plan),
    };
    expect(reconcileConfig(env).plan).toEqual(plan);
    expect(reconcileConfig(env)).not.toHaveProperty('trailBucket');
    expect(reconcileConfig({ ...env, TRAIL_BUCKET: 'the-trail' }).trailBucket).toBe('the-trail');
    expect(() => reconcileConfig({ ...env, TRAIL_BUCKET: 'The Trail' })).toThrow('TRAIL_BUCKET is not valid');
    for (const wrong of [
      { ...plan, more: 1 },
      { ...plan, account: '1' },
      { ...plan, regions: [{}] },
    ])
      expect(() => reconcileConfig({ ...env, RECONCILE_PLAN: JSON.stringify(wrong) })).toThrow(
        'RECONCILE_PLAN is not valid',
      );
  });

  it('name the policy that users are quarantined by, and no other thing', () => {
    const env = { ...COMMON, ...TOPIC, SWEEP_PERIOD_MS: '300000' };
    expect(sweepConfig(env).quarantinePolicyArn).toBe(TOPIC.QUARANTINE_POLICY_ARN);
    const QUARANTINE_POLICY_ARN = 'arn:aws:iam::111122223333:role/admin';
    expect(() => sweepConfig({ ...env, QUARANTINE_POLICY_ARN })).toThrow(
      'QUARANTINE_POLICY_ARN is not valid',
    );
  });

  it('demand a MAC key under strictFips, and only then', () => {
    expect(() => rotateConfig({ ...COMMON, ...MAC, STRICT_FIPS: 'true' })).toThrow('MAC_KEY_ARN is missing');
    const MAC_KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/mac';
    expect(rotateConfig({ ...COMMON, ...MAC, STRICT_FIPS: 'true', MAC_KEY_ARN }).macKeyArn).toBe(MAC_KEY_ARN);
    expect(rotateConfig({ ...COMMON, ...MAC, MAC_KEY_ARN })).not.toHaveProperty('macKeyArn');
  });
});

describe('what report needs', () => {
  const settings = {
    stage: 'production',
    feedMaxAgeMs: 1_000,
    readTimeoutMs: 300,
    logRetentionDays: 400,
    sweepPeriodMinutes: 5,
    logLockDays: 400,
    heartbeatMinutes: 5,
    strictFips: false,
    useFipsEndpoint: false,
    logElsewhere: false,
    witness: false,
  };
  const REPORT: Environment = {
    ...COMMON,
    ACCOUNT: '111122223333',
    AWS_REGION: 'eu-west-1',
    LOG_BUCKET: 'tokenward-dev-log',
    LOG_ORIGIN: 'tokenward/111122223333/eu-west-1/dev',
    EVIDENCE_BUCKET: 'tokenward-dev-evidence',
    EVIDENCE_KEY_ARN: 'arn:aws:kms:eu-west-1:111122223333:key/evidence',
    KEYS: '{"data":"arn:aws:kms:eu-west-1:111122223333:key/data"}',
    STACKS: '["tokenward-dev-state"]',
    SETTINGS: JSON.stringify(settings),
    TOOL: 'tokenward 0.1.0',
  };

  it('is where it runs, what is deployed, and who signs', () => {
    expect(reportConfig(REPORT)).toMatchObject({
      keyArns: { data: 'arn:aws:kms:eu-west-1:111122223333:key/data' },
      stacks: ['tokenward-dev-state'],
      report: {
        environment: { account: '111122223333', region: 'eu-west-1', env: 'dev', emulated: false },
        settings,
        keyName: 'tokenward/111122223333/eu-west-1/dev/evidence',
        tool: 'tokenward 0.1.0',
      },
    });
  });

  it.each([{ AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }, { ACCOUNT: '000000000000' }])(
    'knows an emulator by %j',
    (variables) => {
      expect(reportConfig({ ...REPORT, ...variables }).report.environment.emulated).toBe(true);
    },
  );

  it.each([
    ['SETTINGS', '{}'],
    ['SETTINGS', JSON.stringify({ ...settings, more: 1 })],
    ['STACKS', '["a b"]'],
    ['KEYS', '{"data":"alias/data"}'],
    ['ACCOUNT', '1'],
  ])('refuses %s %s', (variable, value) => {
    expect(() => reportConfig({ ...REPORT, [variable]: value })).toThrow(ConfigError);
  });
});
