import { FUNCTIONS } from '#core/functions.ts';
import { breakGlassRules } from './duty-rules.ts';
import {
  globalRegionOf,
  nameOf,
  roleArnOf,
  type Settings,
  secretsArnOf,
  secretsPrefixOf,
} from './settings.ts';
import {
  FUNCTION_CALLS,
  IDENTITY_CALLS,
  KEY_USES,
  LOG_TAMPERING,
  OWN_CALLS,
  QUEUE_CALLS,
  SESSION_CALLS,
  TABLE_CALLS,
  TAMPERING,
  TOPIC_CALLS,
} from './watched.ts';

/** Who hears of an event. `respond`: its queue, for a decision. `alert`: the topic, for a human. */
export type RuleTarget = 'respond' | 'alert';

/** One rule on the default bus: what it sees and who hears of it. */
export interface GuardRule {
  /** The rule is `tokenward-<env>-<name>`. */
  readonly name: string;
  readonly description: string;
  readonly targets: readonly RuleTarget[];
  /** Whether it must also see read-only management events, which EventBridge withholds otherwise. */
  readonly seesReads: boolean;
  readonly pattern: Readonly<Record<string, unknown>>;
}

/** Sessions in which our own functions call: these must never be taken for an intruder's (S10). */
export const ownSessionsOf = (settings: Settings): readonly string[] =>
  FUNCTIONS.map((name) => nameOf(settings, name)).map(
    (name) => `arn:${settings.partition}:sts::${settings.account}:assumed-role/${name}/${name}`,
  );

/** The roles of our own functions. */
export const ownRolesOf = (settings: Settings): readonly string[] =>
  FUNCTIONS.map((name) => roleArnOf(settings, name));

const API_CALL = ['AWS API Call via CloudTrail'];
const SERVICE_EVENT = ['AWS Service Event via CloudTrail'];
const SIGN_IN = ['AWS Console Sign In via CloudTrail'];

/**
 * The rules that watch over the tokens. Each pins `source` to the service and `account` to ours: PutEvents refuses
 * `aws.*` sources, so that on the default bus none of these can be forged. Our own functions are left out by their
 * exact role and session name; what those roles do in another session, or do beyond their work, goes to a human.
 *
 * `ownKeys`: ARNs of the keys that nobody else uses; a rule's name and targets do not depend on them.
 */
export function guardRules(settings: Settings, ownKeys: readonly string[] = []): readonly GuardRule[] {
  const { account, partition, region } = settings;
  const ownSessions = ownSessionsOf(settings);
  const notOurs = { arn: [{ exists: false }, { 'anything-but': ownSessions }] };
  const ours = { sessionContext: { sessionIssuer: { arn: ownRolesOf(settings) } } };
  const secretArn = [{ prefix: secretsArnOf(settings).slice(0, -1) }];
  const named = [{ prefix: nameOf(settings, '') }];
  const arnOf = (service: string, kind: string): object => ({
    prefix: `arn:${partition}:${service}:${region}:${account}:${kind}${nameOf(settings, '')}`,
  });
  const functionNamed = [...named, arnOf('lambda', 'function:')];
  const from = (services: readonly string[], types: readonly string[], detail: object) => ({
    source: services.map((service) => `aws.${service}`),
    'detail-type': types,
    account: [account],
    detail,
  });
  return [
    {
      name: 'secret-reads',
      description: 'Who reads a secret of ours, or tries to, or looks for secrets',
      targets: ['respond'],
      seesReads: true,
      pattern: from(['secretsmanager'], API_CALL, {
        eventSource: ['secretsmanager.amazonaws.com'],
        $or: [
          settings.watchAllSecrets
            ? { eventName: ['GetSecretValue'] }
            : {
                eventName: ['GetSecretValue'],
                requestParameters: { secretId: [{ prefix: secretsPrefixOf(settings) }, ...secretArn] },
              },
          { eventName: ['BatchGetSecretValue', 'ListSecrets'] },
        ],
        userIdentity: notOurs,
      }),
    },
    {
      name: 'value-decrypts',
      description: 'Which version was really decrypted, by the encryption context',
      targets: ['respond'],
      seesReads: true,
      pattern: from(['kms'], API_CALL, {
        eventSource: ['kms.amazonaws.com'],
        eventName: ['Decrypt'],
        requestParameters: { encryptionContext: { SecretARN: secretArn } },
        userIdentity: notOurs,
      }),
    },
    {
      name: 'own-keys-used',
      description: 'Somebody who is not our function uses a key that makes or checks tokens',
      targets: ['alert'],
      seesReads: true,
      pattern: from(['kms'], API_CALL, {
        eventSource: ['kms.amazonaws.com'],
        eventName: KEY_USES,
        $or: [
          { requestParameters: { encryptionContext: { purpose: ['tokenward-pepper'] } } },
          { resources: { ARN: ownKeys } },
        ],
        userIdentity: notOurs,
      }),
    },
    {
      name: 'rotation-failed',
      description: 'Secrets Manager gave a rotation up',
      targets: ['respond'],
      seesReads: false,
      pattern: from(['secretsmanager'], SERVICE_EVENT, {
        eventSource: ['secretsmanager.amazonaws.com'],
        eventName: ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'],
        $or: [
          { additionalEventData: { SecretId: secretArn } },
          { serviceEventDetails: { secretId: secretArn } },
        ],
      }),
    },
    {
      name: 'identity-changes',
      description: 'Keys, policies and trust that somebody makes, changes or takes away',
      targets: ['respond'],
      seesReads: false,
      pattern: from(['iam', 'organizations', 'rolesanywhere'], API_CALL, {
        eventName: IDENTITY_CALLS,
        userIdentity: notOurs,
      }),
    },
    {
      name: 'sessions',
      description: 'Temporary credentials made by somebody, and who asks whose credentials these are',
      targets: ['respond'],
      seesReads: true,
      pattern: from(['sts'], API_CALL, {
        eventSource: ['sts.amazonaws.com'],
        eventName: SESSION_CALLS,
        // A service that assumes a role for itself has no credential to judge.
        userIdentity: { ...notOurs, type: [{ 'anything-but': ['AWSService'] }] },
      }),
    },
    {
      name: 'function-changes',
      description: 'A function changed, or opened to others',
      targets: ['respond'],
      seesReads: false,
      pattern: from(['lambda'], API_CALL, {
        eventSource: ['lambda.amazonaws.com'],
        eventName: FUNCTION_CALLS.map((prefix) => ({ prefix })),
        userIdentity: notOurs,
      }),
    },
    {
      name: 'own-roles-misused',
      description: 'A role of ours in a session or with a call that is not ours',
      targets: ['alert'],
      seesReads: true,
      pattern: {
        ...from([], API_CALL, {
          userIdentity: ours,
          $or: [
            { userIdentity: { arn: [{ 'anything-but': ownSessions }] } },
            { eventName: [{ 'anything-but': OWN_CALLS }] },
          ],
        }),
        source: [{ prefix: 'aws.' }],
      },
    },
    {
      // To a human as well: whoever has the responder itself in hand will not be told on by it.
      name: 'tampering',
      description: 'Somebody touches what watches',
      targets: ['respond', 'alert'],
      seesReads: false,
      pattern: from(['cloudtrail', 'events', 'kms', 'secretsmanager'], API_CALL, {
        eventName: TAMPERING,
        userIdentity: notOurs,
      }),
    },
    {
      name: 'deployment-tampering',
      description: 'Somebody changes a function, the table, a queue or the topic of this deployment',
      targets: ['respond', 'alert'],
      seesReads: false,
      pattern: from(['dynamodb', 'lambda', 'sns', 'sqs'], API_CALL, {
        $or: [
          {
            eventName: FUNCTION_CALLS.map((prefix) => ({ prefix })),
            requestParameters: { functionName: functionNamed },
          },
          {
            eventName: TABLE_CALLS,
            requestParameters: { tableName: [...named, arnOf('dynamodb', 'table/')] },
          },
          {
            eventName: QUEUE_CALLS,
            requestParameters: { queueUrl: [{ wildcard: `*/${account}/${nameOf(settings, '')}*` }] },
          },
          { eventName: TOPIC_CALLS, requestParameters: { topicArn: [arnOf('sns', '')] } },
          { eventName: TOPIC_CALLS, requestParameters: { subscriptionArn: [arnOf('sns', '')] } },
        ],
        userIdentity: notOurs,
      }),
    },
    logTampering(settings, settings.logAccount ?? account),
    {
      name: 'exposed-credentials',
      description: 'AWS Health says that a credential was found in public',
      targets: ['alert'],
      seesReads: false,
      pattern: from(['health'], ['AWS Health Event'], {
        eventTypeCode: ['AWS_RISK_CREDENTIALS_EXPOSED', 'AWS_RISK_CREDENTIALS_EXPOSURE_SUSPECTED'],
      }),
    },
    {
      name: 'root-sign-in',
      description: 'The root user of the account signs in, or tries to',
      targets: ['alert'],
      seesReads: false,
      pattern: from(['signin'], SIGN_IN, { userIdentity: { type: ['Root'] } }),
    },
    ...(globalRegionOf(settings) === region ? [] : [forwardingFailed(settings)]),
    ...breakGlassRules(settings),
  ];
}

/** An alarm can call no topic of another region: its change of state is forwarded like the events. */
function forwardingFailed(settings: Settings): GuardRule {
  const { account, partition } = settings;
  const alarms = `arn:${partition}:cloudwatch:${globalRegionOf(settings)}:${account}:alarm:${nameOf(settings, '')}`;
  return {
    name: 'forwarding-failed',
    description: 'Events of the global services could not be forwarded to this region',
    targets: ['alert'],
    seesReads: false,
    pattern: {
      source: ['aws.cloudwatch'],
      'detail-type': ['CloudWatch Alarm State Change'],
      account: [account],
      resources: [{ prefix: alarms }],
      detail: { state: { value: ['ALARM'] } },
    },
  };
}

/** The rules that have a target. */
export const rulesTo = (target: RuleTarget, settings: Settings): readonly GuardRule[] =>
  guardRules(settings).filter(({ targets }) => targets.includes(target));

/** ARN of a rule of ours on the default bus. */
export function ruleArnOf(settings: Settings, { name }: Pick<GuardRule, 'name'>): string {
  const { partition, region, account } = settings;
  return `arn:${partition}:events:${region}:${account}:rule/${nameOf(settings, name)}`;
}

/** Whatever changes how the bucket of the log is kept, in the account that has it. */
export function logTampering(settings: Settings, account: string): GuardRule {
  return {
    name: 'log-tampering',
    description: 'Somebody changes how the sealed audit log is kept',
    targets: ['alert'],
    seesReads: false,
    pattern: {
      source: ['aws.s3'],
      'detail-type': API_CALL,
      account: [account],
      detail: {
        eventSource: ['s3.amazonaws.com'],
        eventName: LOG_TAMPERING,
        requestParameters: { bucketName: [{ prefix: nameOf(settings, 'log') }] },
      },
    },
  };
}
