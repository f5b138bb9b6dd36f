import { ACCOUNT, API_ID, REGION } from '../account.ts';
import type { Row } from '../evaluate.ts';
import { the, through } from '../names.ts';
import { FUNCTIONS, may, mustNot, nobody, only } from './row.ts';

const { source, tls } = through;
const INVOKE = 'lambda:InvokeFunction';
const gateway = (id: string, path: string): string =>
  `arn:aws:execute-api:${REGION}:${ACCOUNT}:${id}/v1/POST${path}`;
const alarm = (name: string): string => `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:${name}`;

const TRAIL = `arn:aws:cloudtrail:${REGION}:${ACCOUNT}:trail/organisation`;
const DEFAULT_BUS = `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default`;
/** The rules of the region where global services are logged. */
const FORWARDERS = ['forward-identity', 'forward-sessions', 'forward-own-roles', 'forward-notices'].map(
  (name) => `arn:aws:events:us-east-1:${ACCOUNT}:rule/tokenward-prod-${name}`,
);

const QUEUES: readonly string[] = [
  'events',
  'usage',
  'undelivered',
  'global-undelivered',
  ...[
    'events',
    'usage',
    'issue',
    'sweep',
    'revoke',
    'seal',
    'reconcile',
    'report',
    'sweep-schedule',
    'seal-schedule',
    'reconcile-schedule',
    'report-schedule',
  ].map((name) => `${name}-failed`),
];

/** Who sets what going: functions, routes, queues, the pager, the bus. */
export const WORK: readonly Row[] = [
  ...only(['fn:sweep', 'fn:respond', 'fn:revoke'], INVOKE, the.fn('rotate')),
  ...only(['fn:revoke'], INVOKE, the.fn('authorize')),
  ...only(['duty:responder'], INVOKE, the.fn('revoke')),
  ...nobody(INVOKE, the.fn('issue')),
  ...nobody(INVOKE, the.fn('respond')),
  ...only(['schedule:sweep'], INVOKE, the.fn('sweep')),
  ...only(['schedule:seal'], INVOKE, the.fn('seal')),
  ...only(['schedule:reconcile'], INVOKE, the.fn('reconcile')),
  ...only(['schedule:report', 'duty:auditor'], INVOKE, the.fn('report')),
  may('service:secretsmanager.amazonaws.com', INVOKE, the.fn('rotate'), { 'aws:SourceAccount': ACCOUNT }),
  mustNot('service:secretsmanager.amazonaws.com', INVOKE, the.fn('rotate'), {
    'aws:SourceAccount': '666666666666',
  }),
  mustNot('service:secretsmanager.amazonaws.com', INVOKE, the.fn('issue'), { 'aws:SourceAccount': ACCOUNT }),
  may('service:apigateway.amazonaws.com', INVOKE, the.fn('issue'), source(gateway(API_ID, '/tokens'))),
  may('service:apigateway.amazonaws.com', INVOKE, the.fn('revoke'), source(gateway(API_ID, '/revocations'))),
  mustNot(
    'service:apigateway.amazonaws.com',
    INVOKE,
    the.fn('issue'),
    source(gateway(API_ID, '/revocations')),
  ),
  mustNot(
    'service:apigateway.amazonaws.com',
    INVOKE,
    the.fn('issue'),
    source(gateway('zzzzzzzzzz', '/tokens')),
  ),
  mustNot('service:apigateway.amazonaws.com', INVOKE, the.fn('sweep'), source(gateway(API_ID, '/tokens'))),
  mustNot('service:apigateway.amazonaws.com', INVOKE, the.fn('revoke'), source(gateway(API_ID, '/tokens'))),
  ...FUNCTIONS.map((who) => mustNot(who, 'lambda:UpdateFunctionCode', the.fn('authorize'))),
  ...nobody('lambda:AddPermission', the.fn('revoke')),

  ...only(['duty:issuer'], 'execute-api:Invoke', the.route('/tokens')),
  ...only(['duty:responder'], 'execute-api:Invoke', the.route('/revocations'), {}, ['reader']),

  ...only(['fn:authorize'], 'sqs:SendMessage', the.queue('usage'), tls),
  ...only(['fn:reconcile'], 'sqs:SendMessage', the.queue('events'), tls, ['foreign-stranger']),
  ...only(['fn:respond'], 'sqs:ReceiveMessage', the.queue('events'), tls),
  ...only(['fn:respond'], 'sqs:DeleteMessage', the.queue('usage'), tls),
  ...nobody('sqs:PurgeQueue', the.queue('events'), tls),
  mustNot('fn:authorize', 'sqs:SendMessage', the.queue('usage'), { 'aws:SecureTransport': 'false' }),
  mustNot('administrator', 'sqs:ReceiveMessage', the.queue('events-failed'), {
    'aws:SecureTransport': 'false',
  }),
  ...(['issue', 'sweep', 'revoke', 'seal', 'reconcile', 'report'] as const).flatMap((name) => [
    may(`fn:${name}`, 'sqs:SendMessage', the.queue(`${name}-failed`), tls),
    mustNot('fn:authorize', 'sqs:SendMessage', the.queue(`${name}-failed`), tls),
  ]),
  ...(['secret-reads', 'value-decrypts', 'rotation-failed'] as const).flatMap((rule) => [
    may('service:events.amazonaws.com', 'sqs:SendMessage', the.queue('events'), source(the.rule(rule))),
    may('service:events.amazonaws.com', 'sqs:SendMessage', the.queue('undelivered'), source(the.rule(rule))),
    mustNot('service:events.amazonaws.com', 'sqs:SendMessage', the.queue('usage'), source(the.rule(rule))),
    mustNot('service:events.amazonaws.com', 'sns:Publish', the.topic, source(the.rule(rule))),
  ]),
  may('service:events.amazonaws.com', 'sns:Publish', the.topic, source(the.rule('tampering'))),
  may('service:events.amazonaws.com', 'sqs:SendMessage', the.queue('events'), source(the.rule('tampering'))),
  ...(['log-tampering', 'own-roles-misused', 'break-glass-used'] as const).flatMap((rule) => [
    may('service:events.amazonaws.com', 'sns:Publish', the.topic, source(the.rule(rule))),
    mustNot('service:events.amazonaws.com', 'sqs:SendMessage', the.queue('events'), source(the.rule(rule))),
  ]),
  ...QUEUES.map((name) =>
    mustNot('administrator', 'sqs:SendMessage', the.queue(name), { 'aws:SecureTransport': 'false' }),
  ),
  ...['events', 'undelivered'].flatMap((name) => [
    mustNot('service:events.amazonaws.com', 'sqs:SendMessage', the.queue(name), source(the.rule('payroll'))),
    mustNot('service:sns.amazonaws.com', 'sqs:SendMessage', the.queue(name), source(the.topic)),
  ]),
  mustNot(
    'service:events.amazonaws.com',
    'sqs:SendMessage',
    the.queue('events'),
    source(`arn:aws:events:${REGION}:666666666666:rule/tokenward-prod-secret-reads`),
  ),

  ...only(['fn:issue', 'fn:sweep', 'fn:respond', 'fn:revoke'], 'sns:Publish', the.topic, tls),
  ...nobody('sns:Subscribe', the.topic, tls),
  ...nobody('sns:DeleteTopic', the.topic, tls),
  may(
    'service:cloudwatch.amazonaws.com',
    'sns:Publish',
    the.topic,
    source(alarm('tokenward-prod-seal-late')),
  ),
  mustNot('service:cloudwatch.amazonaws.com', 'sns:Publish', the.topic, source(alarm('payroll-late'))),

  ...only(['fn:issue', 'fn:rotate', 'fn:sweep', 'fn:respond', 'fn:revoke'], 'events:PutEvents', the.bus, {
    'events:source': 'tokenward',
  }),
  mustNot('fn:issue', 'events:PutEvents', the.bus, { 'events:source': ['tokenward', 'aws.secretsmanager'] }),
  mustNot('fn:issue', 'events:PutEvents', the.bus),
  ...only(['role:forward'], 'events:PutEvents', DEFAULT_BUS),
  mustNot('role:forward', 'events:PutEvents', the.bus),
  ...FORWARDERS.flatMap((rule) => [
    may('service:events.amazonaws.com', 'sts:AssumeRole', the.role('tokenward-prod-forward'), source(rule)),
    may('service:events.amazonaws.com', 'sqs:SendMessage', the.queue('global-undelivered'), source(rule)),
    mustNot('service:events.amazonaws.com', 'sqs:SendMessage', the.queue('events'), source(rule)),
  ]),
  ...[the.rule('payroll'), the.rule('forward-identity')].flatMap((rule) => [
    mustNot(
      'service:events.amazonaws.com',
      'sts:AssumeRole',
      the.role('tokenward-prod-forward'),
      source(rule),
    ),
    mustNot('service:events.amazonaws.com', 'sqs:SendMessage', the.queue('global-undelivered'), source(rule)),
  ]),
  ...['GetEventSelectors', 'GetTrail', 'GetTrailStatus'].flatMap((action) =>
    only(['duty:auditor'], `cloudtrail:${action}`, TRAIL),
  ),
  ...only(['duty:auditor'], 'cloudtrail:DescribeTrails', '*'),
  ...only(['fn:reconcile'], 'cloudtrail:LookupEvents', '*'),
  ...nobody('events:DisableRule', the.rule('secret-reads')),
  ...nobody('cloudtrail:StopLogging', TRAIL),
  ...nobody('cloudwatch:DeleteAlarms', alarm('tokenward-prod-seal-late')),
];
