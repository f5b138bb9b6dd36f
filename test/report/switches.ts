import type { Facts } from '#core/evidence/facts.ts';
import { probeRules, RULE_CODE, type RuleCode, type RuleName } from '#core/evidence/rules.ts';
import type { Template, TemplateResource } from '#core/evidence/template.ts';
import type { TokenRecord } from '#core/records.ts';
import { ok } from '#core/result.ts';
import { Secret } from '#core/secret.ts';
import { DAY, HOUR, NOW, ref, token } from '#test/core/builders.ts';
import { activityOf, goodFacts, inventoryOf, RECORDS, seen, TEMPLATE, TOKENS } from './facts.ts';

/** Removes one mechanism: the facts as they would be without it. */
export type Switch = () => Facts;

const withToken = (part: Partial<TokenRecord>): Switch => {
  const broken = { ...token(part), tokenId: 'broken' };
  return () => goodFacts({ inventory: seen(inventoryOf([...TOKENS, broken])) });
};

type Mutable = { Type: string; Properties: Record<string, unknown> } & Omit<
  TemplateResource,
  'Type' | 'Properties'
>;

/** The templates with every resource of a type changed; a change that finds nothing to change is no switch. */
function withResources(type: string, change: (resource: Mutable, id: string) => void): Template {
  const resources = structuredClone(TEMPLATE.resources) as unknown as Record<string, Mutable>;
  const before = JSON.stringify(resources);
  for (const [id, resource] of Object.entries(resources)) if (resource.Type === type) change(resource, id);
  if (JSON.stringify(resources) === before) throw new Error(`nothing of ${type} was changed`);
  return { resources };
}

const template =
  (type: string, change: (resource: Mutable, id: string) => void): Switch =>
  () =>
    goodFacts({ template: seen(withResources(type, change)) });

/** The templates without what matches. */
const without = (type: string, matches: (id: string, resource: TemplateResource) => boolean): Switch => {
  const kept = Object.entries(TEMPLATE.resources).filter(
    ([id, resource]) => resource.Type !== type || !matches(id, resource),
  );
  if (kept.length === Object.keys(TEMPLATE.resources).length) throw new Error(`there is no such ${type}`);
  return () => goodFacts({ template: seen({ resources: Object.fromEntries(kept) }) });
};

const rule =
  (part: Partial<RuleCode>): Switch =>
  () =>
    goodFacts({ rules: seen(probeRules({ ...RULE_CODE, ...part })) });

type Document = { Statement: { Sid?: string; Effect: string; Action: unknown; Resource: unknown }[] };
const documentOf = ({ Properties }: Mutable, name = 'PolicyDocument'): Document =>
  Properties[name] as Document;
const isPolicy = (resource: Mutable, name: string): boolean =>
  String(resource.Properties.ManagedPolicyName).endsWith(`-${name}`);

const value = <K extends 'seal' | 'lock' | 'table' | 'drill'>(
  name: K,
  part: Partial<Extract<Facts[K], { seen: true }>['value']>,
): Switch => {
  const fact = goodFacts()[name] as Extract<Facts[K], { seen: true }>;
  return () => goodFacts({ [name]: { ...fact, value: { ...fact.value, ...part } } });
};

const key = (part: object): Switch => {
  const { keys } = goodFacts();
  if (!keys.seen) throw new Error('the good facts have no keys');
  return () => goodFacts({ keys: seen(keys.value.map((one) => ({ ...one, ...part }))) });
};

const queue = (part: object): Switch => {
  const { queues } = goodFacts();
  if (!queues.seen) throw new Error('the good facts have no queues');
  return () => goodFacts({ queues: seen(queues.value.map((one) => ({ ...one, ...part }))) });
};

const records =
  (change: (record: (typeof RECORDS)[number]) => (typeof RECORDS)[number] | undefined): Switch =>
  () =>
    goodFacts({ activity: seen(activityOf(RECORDS.flatMap((record) => change(record) ?? []))) });

/** For each check, the world without the mechanism that it looks for. */
export const SWITCHES: Readonly<Record<string, Switch>> = {
  'inventory.accounted': withToken({ approver: 'Team-Orders ' }),
  'inventory.bounded': withToken({ versions: [ref({ expiresAt: NOW + 400 * DAY })] }),
  'inventory.age': withToken({ versions: [ref({ createdAt: NOW - 5 * DAY })] }),
  'inventory.ended': withToken({ standing: 'revoked', versions: [ref()] }),
  'inventory.resolved': withToken({
    fields: { ...token().fields, principal: { arn: 'arn:aws:iam::111122223333:role/gone' } },
  }),
  'inventory.narrow': withToken({ fields: { ...token().fields, scopes: ['prices:*'] } }),
  'inventory.reviewed': withToken({ reviewAt: NOW - 2 * HOUR }),
  'inventory.people': () => goodFacts({ inventory: seen(inventoryOf([])) }),
  'activity.rotation': records((record) => (record.action === 'version.promoted' ? undefined : record)),
  'activity.reissue': records((record) => (record.action === 'token.reissue-completed' ? undefined : record)),
  'activity.identifiers': records(({ after: _, ...record }) => record),
  'activity.content': records((record) => ({ ...record, actor: { kind: 'iam', id: '' } })),
  'activity.caused': records(({ cause: _, ...record }) => record),
  'seal.current': value('seal', { sealedAt: NOW - HOUR }),
  'seal.chains': value('seal', { lost: [{ shard: 3, seq: 7, reason: 'fork' }] }),
  'lock.retention': value('lock', { mode: 'GOVERNANCE' }),
  'drill.restore': value('drill', { differences: 1 }),
  'keys.origin': key({ origin: 'EXTERNAL' }),
  'keys.rotation': key({ rotation: false }),
  'keys.algorithms': key({ spec: 'RSA_2048' }),
  'table.encryption': value('table', { keyArn: 'arn:aws:kms:eu-central-1:123456789012:key/aws-owned' }),
  'table.recovery': value('table', { pointInTimeRecovery: false }),
  'queues.handled': queue({ messages: 1 }),
  'queues.encrypted': queue({ encrypted: false }),
  'policies.roles': template('AWS::IAM::ManagedPolicy', ({ Properties }) => {
    Properties.Roles = [{ Ref: 'One' }, { Ref: 'Two' }];
  }),
  'policies.narrow': template('AWS::IAM::ManagedPolicy', (resource) => {
    if (!isPolicy(resource, 'sweep')) return;
    documentOf(resource).Statement.push({
      Effect: 'Allow',
      Action: 'dynamodb:*',
      Resource: 'arn:aws:dynamodb:::x',
    });
  }),
  'policies.duties': template('AWS::IAM::ManagedPolicy', (resource) => {
    if (!isPolicy(resource, 'issuer') && !isPolicy(resource, 'auditor')) return;
    documentOf(resource).Statement.push({
      Effect: 'Allow',
      Action: 'dynamodb:GetItem',
      Resource: 'arn:aws:dynamodb:::x',
    });
  }),
  'policies.apart': template('AWS::IAM::ManagedPolicy', (resource) => {
    if (!isPolicy(resource, 'seal')) return;
    documentOf(resource).Statement.push({
      Effect: 'Allow',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::log/x',
    });
  }),
  'policies.callers': template('AWS::ApiGateway::Method', ({ Properties }) => {
    Properties.AuthorizationType = 'NONE';
  }),
  'policies.cache': () =>
    goodFacts({
      template: seen({
        resources: {
          ...TEMPLATE.resources,
          'tokenward-prod-sample/Authorizer': {
            Type: 'AWS::ApiGateway::Authorizer',
            Properties: { AuthorizerResultTtlInSeconds: 300 },
          },
        },
      }),
    }),
  'policies.boundary': template('AWS::Lambda::Function', ({ Properties }) => {
    Properties.Environment = { Variables: { TOKEN: `twd_prod_${'a'.repeat(16)}_${'b'.repeat(49)}` } };
  }),
  'policies.settings': template('AWS::Lambda::Function', ({ Properties }) => {
    const { Variables } = Properties.Environment as { Variables: Record<string, string> };
    if (Variables.FEED_MAX_AGE_MS !== undefined) Variables.FEED_MAX_AGE_MS = '60000';
  }),
  'resources.transport': without('AWS::SQS::QueuePolicy', () => true),
  'resources.logs': template('AWS::Logs::LogGroup', ({ Properties }) => {
    delete Properties.KmsKeyId;
  }),
  'resources.secrets': template('AWS::SecretsManager::Secret', ({ Properties }) => {
    delete Properties.KmsKeyId;
  }),
  'resources.log-policy': template('AWS::S3::BucketPolicy', (resource) => {
    const document = documentOf(resource);
    document.Statement = document.Statement.filter(({ Sid }) => Sid !== 'DenyRemoval');
  }),
  'resources.sealer-alone': template('AWS::KMS::Key', (resource) => {
    const document = documentOf(resource, 'KeyPolicy');
    document.Statement = document.Statement.filter(({ Sid }) => Sid !== 'DenyOtherSigners');
  }),
  'resources.keys': template('AWS::KMS::Key', ({ Properties }) => {
    Properties.PendingWindowInDays = 7;
  }),
  'resources.alarms': template('AWS::CloudWatch::Alarm', ({ Properties }) => {
    Properties.AlarmActions = [];
  }),
  'resources.rules': template('AWS::Events::Rule', ({ Properties }) => {
    Properties.State = 'DISABLED';
  }),
  'resources.schedules': template('AWS::Scheduler::Schedule', ({ Properties }) => {
    Properties.State = 'DISABLED';
  }),
  'resources.rotation': without('AWS::SecretsManager::RotationSchedule', () => true),
  'rules.expiry': rule({ standingOf: () => undefined }),
  'rules.revoked': rule({ standingOf: () => undefined }),
  'rules.suspended': rule({ standingOf: () => undefined }),
  'rules.audience': rule({ needOf: () => undefined }),
  'rules.scope': rule({ needOf: () => undefined }),
  'rules.network': rule({ needOf: () => undefined }),
  'rules.declaration': rule({ checkDeclaration: () => [] }),
  'rules.approver': rule({ checkDeclaration: () => [] }),
  'rules.chain': rule({ verifyChain: (all, claimed) => ok({ count: all.length, head: claimed }) }),
  'rules.identity': rule({ append: (_, head) => ({ records: [], head }) }),
  'rules.feed': rule({ usable: () => true }),
  'rules.format': rule({
    parseToken: (text) => ok({ environment: 'probe', keyId: 'k', token: Secret.of(text) }),
  }),
  'rules.redaction': rule({ withoutSecrets: (text) => text }),
} satisfies Record<`rules.${RuleName}`, Switch> & Record<string, Switch>;
