import { ACCOUNT, API_ID, REGION, SUFFIX } from './account.ts';

const regional = (service: string, rest: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
const BUCKET = `arn:aws:s3:::tokenward-prod-log-${ACCOUNT}-${REGION}`;
const TABLE = regional('dynamodb', 'table/tokenward-prod-registry');

/** ARNs of what the production deployment of the tests is made of. */
export const the: Readonly<
  Record<'strangeSecret' | 'table' | 'bucket' | 'topic' | 'bus', string> &
    Record<
      | 'secret'
      | 'key'
      | 'index'
      | 'object'
      | 'queue'
      | 'rule'
      | 'fn'
      | 'route'
      | 'logs'
      | 'role'
      | 'bootstrap'
      | 'stack',
      (name: string) => string
    >
> = {
  secret: (id: string): string => regional('secretsmanager', `secret:tokenward/prod/${id}${SUFFIX}`),
  strangeSecret: regional('secretsmanager', `secret:payroll/database${SUFFIX}`),
  key: (logicalId: string): string => regional('kms', `key/${logicalId}`),
  table: TABLE,
  index: (name: string): string => `${TABLE}/index/${name}`,
  bucket: BUCKET,
  object: (name: string): string => `${BUCKET}/${name}`,
  queue: (name: string): string => regional('sqs', `tokenward-prod-${name}`),
  topic: regional('sns', 'tokenward-prod-alerts'),
  bus: regional('events', 'event-bus/tokenward-prod-bus'),
  rule: (name: string): string => regional('events', `rule/tokenward-prod-${name}`),
  fn: (name: string): string => regional('lambda', `function:tokenward-prod-${name}`),
  route: (path: string): string => regional('execute-api', `${API_ID}/v1/POST${path}`),
  logs: (name: string): string =>
    regional('logs', `log-group:/aws/lambda/tokenward-prod-${name}:log-stream:a`),
  role: (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`,
  bootstrap: (kind: string): string =>
    `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-${kind}-role-${ACCOUNT}-${REGION}`,
  stack: (name: string): string => regional('cloudformation', `stack/tokenward-prod-${name}/0f1e2d3c`),
};

/** What is in the same account and none of ours: one of each kind. */
export const NEIGHBOUR: Readonly<
  Record<
    | 'table'
    | 'key'
    | 'queue'
    | 'topic'
    | 'bus'
    | 'fn'
    | 'object'
    | 'bucket'
    | 'route'
    | 'logs'
    | 'role'
    | 'stack',
    string
  >
> = {
  table: regional('dynamodb', 'table/payroll'),
  key: regional('kms', 'key/payroll'),
  queue: regional('sqs', 'payroll'),
  topic: regional('sns', 'payroll'),
  bus: regional('events', 'event-bus/payroll'),
  fn: regional('lambda', 'function:payroll'),
  object: 'arn:aws:s3:::payroll/segments/1',
  bucket: 'arn:aws:s3:::payroll',
  route: regional('execute-api', 'p1a2y3r4o5/v1/POST/tokens'),
  logs: regional('logs', 'log-group:/aws/lambda/payroll:log-stream:a'),
  role: `arn:aws:iam::${ACCOUNT}:role/payroll`,
  stack: regional('cloudformation', 'stack/payroll/0f1e2d3c'),
};

export const KEYS: readonly string[] = [
  'DataKey',
  'SecretsKey',
  'PepperKey',
  'MacKey',
  'LogsKey',
  'SigningKey',
  'ArchiveKey',
  'EvidenceKey',
];

type Context = Readonly<Record<string, string>>;

/** What AWS itself puts into a request, by the way it comes; a row overrides what it is about. */
export const through: Readonly<
  Record<'tls' | 'tagged' | 'table' | 'bucket' | 'topic' | 'pepper' | 'locked', Context> & {
    vault: (id: string) => Context;
    source: (arn: string) => Context;
    leading: (...keys: string[]) => Readonly<Record<string, readonly string[]>>;
  }
> = {
  tls: { 'aws:SecureTransport': 'true' },
  /** A secret of this deployment carries its tag. */
  tagged: { 'aws:SecureTransport': 'true', 'aws:ResourceTag/tokenward:env': 'prod' },
  vault: (id: string) => ({
    'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com`,
    'kms:EncryptionContext:SecretARN': the.secret(id),
  }),
  table: { 'kms:ViaService': `dynamodb.${REGION}.amazonaws.com` },
  bucket: { 'kms:ViaService': `s3.${REGION}.amazonaws.com` },
  topic: { 'kms:EncryptionContext:aws:sns:topicArn': the.topic },
  pepper: { 'kms:EncryptionContext:purpose': 'tokenward-pepper' },
  leading: (...keys: string[]) => ({ 'dynamodb:LeadingKeys': keys }),
  /** A sealed object as the sealer puts it. */
  locked: {
    'aws:SecureTransport': 'true',
    's3:object-lock-mode': 'COMPLIANCE',
    's3:object-lock-remaining-retention-days': '400',
    's3:if-none-match': '*',
    's3:ObjectCreationOperation': 'true',
  },
  source: (arn: string) => ({ 'aws:SourceArn': arn, 'aws:SourceAccount': arn.split(':')[4] ?? '' }),
};
