import { type Check, check, missing, none, unseen } from '../check.ts';
import {
  at,
  listOf,
  logicalIdOf,
  ofType,
  type Placed,
  refersTo,
  statementsOf,
  type Template,
  type TemplateStatement,
  textOf,
} from '../template.ts';

/** Days for which a key waits before it is gone, in production (SC-12(1)). */
export const KEY_DELETION_DAYS = 30;

/** What must be an alarm with somebody behind it, by the end of its name (AU-5, SI-4, SI-4(5)). */
const ALARMS: readonly string[] = [
  'seal-not-running',
  'seal-late',
  'seal-ChainBroken',
  'sweep-not-running',
  'rotation-failed',
  'authorize-errors',
  'respond-errors',
  'events-failed-not-empty',
];

/** The rules over CloudTrail that must be on: `tokenward-<env>-` and this (AC-2(12), AU-6, SI-4). */
export const RULES: readonly string[] = [
  'secret-reads',
  'value-decrypts',
  'own-roles-misused',
  'tampering',
  'log-tampering',
];

/** What the log's bucket denies to everybody (AU-9). */
const LOG_DENIALS: readonly string[] = [
  'DenyOtherAppenders',
  'DenyRemoval',
  'DenyUnlocked',
  'DenyShortLock',
  'DenyOverwriting',
  'DenySealerToRead',
];

/** Whether a policy denies whoever does not use TLS. */
const demandsTls = (statements: readonly TemplateStatement[]): boolean =>
  statements.some(
    ({ effect, condition }) =>
      effect === 'Deny' && textOf(at(condition, 'Bool', 'aws:SecureTransport')) === 'false',
  );

/** Statements of every policy of a type that is attached to a resource. */
const policiesOn = (template: Template, type: string, on: string, of: Placed): readonly TemplateStatement[] =>
  ofType(template, type)
    .filter(({ properties }) => refersTo(properties[on], logicalIdOf(of)))
    .flatMap(({ properties }) => statementsOf(properties.PolicyDocument));

/** What may be reached over a network, with the policy that may deny it and the property that says on what. */
const REACHED: readonly (readonly [type: string, policy: string, on: string])[] = [
  ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'Bucket'],
  ['AWS::SQS::Queue', 'AWS::SQS::QueuePolicy', 'Queues'],
  ['AWS::SNS::Topic', 'AWS::SNS::TopicPolicy', 'Topics'],
];

const withTls = (template: Template): readonly { readonly id: string; readonly tls: boolean }[] =>
  REACHED.flatMap(([type, policy, on]) =>
    ofType(template, type).map((resource) => ({
      id: resource.id,
      tls: demandsTls(policiesOn(template, policy, on, resource)),
    })),
  );

/** How resources are kept, by the templates as deployed (AU-9, SC-8, SC-12, SC-28, SI-4). */
export const RESOURCE_CHECKS: readonly Check[] = [
  check({
    id: 'resources.transport',
    asks: 'Does every bucket, queue and topic deny whoever does not use TLS?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const all = withTls(template);
      if (all.length === 0) return missing('bucket, queue or topic');
      return none(
        all.filter(({ tls }) => !tls).map(({ id }) => id),
        `${all.length} buckets, queues and topics, each with a denial of plain transport`,
        'reachable without TLS',
      );
    },
  }),
  check({
    id: 'resources.logs',
    asks: 'Is every log group encrypted under a key of ours and kept for its time?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template, { settings }) => {
      const groups = ofType(template, 'AWS::Logs::LogGroup');
      if (groups.length === 0) return missing('log group');
      const wrong = groups.filter(
        ({ properties }) =>
          properties.KmsKeyId === undefined || properties.RetentionInDays !== settings.logRetentionDays,
      );
      return none(
        wrong.map(({ id }) => id),
        `${groups.length} log groups under a customer key, ${settings.logRetentionDays} days`,
        'not encrypted, or kept for another time',
      );
    },
  }),
  check({
    id: 'resources.secrets',
    asks: 'Is every vaulted value under the key that is for secrets alone?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const secrets = ofType(template, 'AWS::SecretsManager::Secret');
      if (secrets.length === 0) return missing('secret');
      return none(
        secrets.filter(({ properties }) => !refersTo(properties.KmsKeyId, 'SecretsKey')).map(({ id }) => id),
        `${secrets.length} secrets, each under the secrets key`,
        'under another key',
      );
    },
  }),
  check({
    id: 'resources.log-policy',
    asks: 'Does the log’s bucket refuse all but append, the sealer’s own reads included?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template, { settings }) => {
      const locked = ofType(template, 'AWS::S3::Bucket').filter(
        ({ properties }) => properties.ObjectLockEnabled === true,
      );
      if (locked.length === 0 && settings.logElsewhere) return unseen('the log is in another account');
      if (locked.length === 0) return missing('bucket under Object Lock');
      const wrong = locked.flatMap((bucket) => {
        const denied = policiesOn(template, 'AWS::S3::BucketPolicy', 'Bucket', bucket)
          .filter(({ effect }) => effect === 'Deny')
          .map(({ sid }) => sid);
        return LOG_DENIALS.filter((sid) => !denied.includes(sid)).map((sid) => `${bucket.id} lacks ${sid}`);
      });
      return none(wrong, `${LOG_DENIALS.length} denials on the log’s bucket`, 'not denied');
    },
  }),
  check({
    id: 'resources.sealer-alone',
    asks: 'Can nobody but the sealer sign for the log?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const signing = ofType(template, 'AWS::KMS::Key').filter((key) => logicalIdOf(key) === 'SigningKey');
      if (signing.length === 0) return missing('signing key');
      const open = signing.filter(
        ({ properties }) =>
          !statementsOf(properties.KeyPolicy).some(
            ({ effect, actions }) => effect === 'Deny' && actions.includes('kms:Sign'),
          ),
      );
      return none(
        open.map(({ id }) => id),
        'every other signer is denied by the key’s own policy',
        'others may sign',
      );
    },
  }),
  check({
    id: 'resources.keys',
    asks: 'Has each purpose a key of its own, kept from destruction?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template, { settings }) => {
      const keys = ofType(template, 'AWS::KMS::Key');
      if (keys.length === 0) return missing('key');
      const production = settings.stage === 'production';
      const wrong = keys.filter(
        ({ properties, deletionPolicy }) =>
          production &&
          (Number(properties.PendingWindowInDays) < KEY_DELETION_DAYS ||
            deletionPolicy !== 'Retain' ||
            !statementsOf(properties.KeyPolicy).some(({ sid }) => sid === 'DenyKeyDestruction')),
      );
      return none(
        wrong.map(({ id }) => id),
        `${keys.length} keys, one a purpose${production ? `, ${KEY_DELETION_DAYS} days of waiting, destruction denied` : '; a sandbox’s may be destroyed'}`,
        'can be destroyed',
      );
    },
  }),
  check({
    id: 'resources.alarms',
    asks: 'Does an alarm watch every way in which something could be lost, with a topic behind it?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const alarms = ofType(template, 'AWS::CloudWatch::Alarm');
      const named = alarms.map(({ properties }) => textOf(properties.AlarmName));
      const absent = ALARMS.filter((part) => !named.some((name) => name.endsWith(`-${part}`)));
      const mute = alarms
        .filter(
          ({ properties }) =>
            listOf(properties.AlarmActions).length === 0 || properties.ActionsEnabled === false,
        )
        .map(({ id }) => id);
      return none(
        [...absent, ...mute],
        `${alarms.length} alarms, each told to the alert topic`,
        'missing or mute',
      );
    },
  }),
  check({
    id: 'resources.rules',
    asks: 'Are the rules over CloudTrail on?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template, { environment: { env } }) => {
      const rules = ofType(template, 'AWS::Events::Rule');
      const on = rules
        .filter(({ properties }) => textOf(properties.State).startsWith('ENABLED'))
        .map(({ properties }) => textOf(properties.Name));
      return none(
        // The whole name: the end of `log-tampering` is `tampering` too.
        RULES.filter((part) => !on.includes(`tokenward-${env}-${part}`)),
        `${on.length} rules, ${RULES.length} of them demanded`,
        'off or missing',
      );
    },
  }),
  check({
    id: 'resources.schedules',
    asks: 'Do the sweep, the sealer and this report run by themselves?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const named = ofType(template, 'AWS::Scheduler::Schedule')
        .filter(({ properties }) => properties.State !== 'DISABLED')
        .map(({ properties }) => textOf(properties.Name));
      const wanted = ['sweep', 'seal', 'report'];
      return none(
        wanted.filter((part) => !named.some((name) => name.endsWith(`-${part}`))),
        `${named.length} schedules, on`,
        'not scheduled',
      );
    },
  }),
  check({
    id: 'resources.rotation',
    asks: 'Has every managed secret a rotation schedule?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const secrets = ofType(template, 'AWS::SecretsManager::Secret');
      if (secrets.length === 0) return missing('secret');
      const schedules = ofType(template, 'AWS::SecretsManager::RotationSchedule').map(({ properties }) =>
        textOf(properties.SecretId),
      );
      return none(
        secrets
          .filter((secret) => !schedules.some((of) => of.includes(logicalIdOf(secret))))
          .map(({ id }) => id),
        `${secrets.length} secrets, each with a schedule`,
        'never rotated by schedule',
      );
    },
  }),
];
