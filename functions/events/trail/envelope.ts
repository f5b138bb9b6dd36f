import type { ReconcilePlan } from '#core/reconcile/plan.ts';
import { hasActs } from './acts.ts';
import { type Bag, bag, inner, text } from './values.ts';

/** What of a trail is the responder's business: what its rules hand on. */
export type Scope = Pick<
  ReconcilePlan,
  'account' | 'secretsPrefix' | 'secretsArnPrefix' | 'watchAllSecrets' | 'ownSessions'
>;

/** The largest message that the responder reads; EventBridge delivers no larger one either. */
const BODY_MOST_BYTES: number = 256 * 1024;

const SECRETS_SEARCHED = ['BatchGetSecretValue', 'ListSecrets'];
const ROTATION_TROUBLE = ['RotationFailed', 'RotationAbandoned', 'TestRotationFailed'];
const SESSION_MADE = 'sts:GetCallerIdentity';

/**
 * A record of a trail's file as EventBridge would have delivered it, where one of the rules would have handed it to
 * the responder; else `undefined`. The responder cannot tell the two apart, and need not: it acts once for each event.
 */
export function envelopeOf(value: unknown, scope: Scope): string | undefined {
  const record = bag(value);
  const service = /^([a-z0-9.-]+)\.amazonaws\.com$/.exec(text(record, 'eventSource'))?.[1];
  const account = text(record, 'recipientAccountId') || text(inner(record, 'userIdentity'), 'accountId');
  if (record === undefined || service === undefined || account !== scope.account) return undefined;
  const ofService = text(record, 'eventType') === 'AwsServiceEvent';
  if (ofService ? !isRotationTrouble(record, scope) : !isCall(service, record, scope)) return undefined;
  const body = JSON.stringify({
    version: '0',
    id: text(record, 'eventID'),
    'detail-type': ofService ? 'AWS Service Event via CloudTrail' : 'AWS API Call via CloudTrail',
    source: `aws.${service}`,
    account,
    time: text(record, 'eventTime'),
    region: text(record, 'awsRegion'),
    resources: [],
    detail: record,
  });
  return Buffer.byteLength(body) > BODY_MOST_BYTES ? undefined : body;
}

function isCall(service: string, record: Bag, scope: Scope): boolean {
  const identity = inner(record, 'userIdentity');
  if (scope.ownSessions.includes(text(identity, 'arn'))) return false;
  const name = text(record, 'eventName');
  const request = inner(record, 'requestParameters');
  const api = `${service}:${service === 'lambda' ? name.replace(/\d{8}(?:v\d+)?$/, '') : name}`;
  switch (service) {
    case 'secretsmanager':
      if (SECRETS_SEARCHED.includes(name)) return true;
      if (name === 'GetSecretValue') return scope.watchAllSecrets || isOurs(text(request, 'secretId'), scope);
      return hasActs(api);
    case 'kms':
      if (name !== 'Decrypt') return hasActs(api);
      return text(inner(request, 'encryptionContext'), 'SecretARN').startsWith(scope.secretsArnPrefix);
    case 'sts':
      return text(identity, 'type') !== 'AWSService' && (api === SESSION_MADE || hasActs(api));
    default:
      return hasActs(api);
  }
}

function isRotationTrouble(record: Bag, scope: Scope): boolean {
  const secret =
    text(inner(record, 'additionalEventData'), 'SecretId') ||
    text(inner(record, 'serviceEventDetails'), 'secretId');
  return ROTATION_TROUBLE.includes(text(record, 'eventName')) && isOurs(secret, scope);
}

const isOurs = (secret: string, { secretsPrefix, secretsArnPrefix }: Scope): boolean =>
  secret.startsWith(secretsPrefix) || secret.startsWith(secretsArnPrefix);
