import { ACCOUNT, REGION } from '../account.ts';
import type { Row } from '../evaluate.ts';
import { the, through } from '../names.ts';
import { FUNCTIONS, may, mustNot, nobody, only } from './row.ts';

const ASSUME = 'sts:AssumeRole';
const lambda = { 'aws:SourceAccount': ACCOUNT };

/** Who may become whom, and who may learn of or change an identity. */
export const IDENTITY: readonly Row[] = [
  ...only(['fn:issue'], 'iam:GetRole', the.role('orders-service')),
  mustNot('fn:issue', 'iam:GetRole', the.role('payroll')),
  ...['iam:PassRole', 'iam:AttachRolePolicy', 'iam:PutRolePolicy', 'iam:UpdateAssumeRolePolicy'].flatMap(
    (action) => nobody(action, the.role('orders-service')),
  ),
  ...nobody('iam:CreateAccessKey', `arn:aws:iam::${ACCOUNT}:user/dora`),
  ...(['deploy', 'file-publishing', 'lookup'] as const).flatMap((kind) =>
    only(['duty:deployer'], ASSUME, the.bootstrap(kind)),
  ),
  ...nobody(ASSUME, the.bootstrap('cfn-exec')),
  // A duty is taken by whom the context names, a function's role by Lambda alone.
  may('issuing-desk', ASSUME, the.role('tokenward-prod-issuer')),
  may('audit-desk', ASSUME, the.role('tokenward-prod-auditor')),
  may('pipeline', ASSUME, the.role('tokenward-prod-deployer')),
  ...(['issuer', 'responder', 'deployer'] as const).map((duty) =>
    mustNot('audit-desk', ASSUME, the.role(`tokenward-prod-${duty}`)),
  ),
  ...(['responder', 'auditor', 'deployer'] as const).map((duty) =>
    mustNot('issuing-desk', ASSUME, the.role(`tokenward-prod-${duty}`)),
  ),
  ...(['issuer', 'responder', 'auditor'] as const).flatMap((duty) => [
    mustNot('pipeline', ASSUME, the.role(`tokenward-prod-${duty}`)),
    mustNot('duty:deployer', ASSUME, the.role(`tokenward-prod-${duty}`)),
    mustNot('foreign-stranger', ASSUME, the.role(`tokenward-prod-${duty}`)),
  ]),
  ...(['sweep-schedule', 'seal-schedule', 'reconcile-schedule', 'report-schedule'] as const).flatMap(
    (name) => {
      const scheduler = 'service:scheduler.amazonaws.com';
      const role = the.role(`tokenward-prod-${name}`);
      const ours = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule-group/default`;
      return [
        may(scheduler, ASSUME, role, through.source(ours)),
        mustNot(scheduler, ASSUME, role, through.source(ours.replace('default', 'payroll'))),
        mustNot(scheduler, ASSUME, role, { ...through.source(ours), 'aws:SourceAccount': '666666666666' }),
        mustNot('administrator', ASSUME, role),
      ];
    },
  ),
  ...FUNCTIONS.map((who) => who.slice('fn:'.length)).flatMap((name) => [
    may('service:lambda.amazonaws.com', ASSUME, the.role(`tokenward-prod-${name}`), lambda),
    mustNot('service:ec2.amazonaws.com', ASSUME, the.role(`tokenward-prod-${name}`), lambda),
    mustNot('administrator', ASSUME, the.role(`tokenward-prod-${name}`)),
    mustNot('foreign-stranger', ASSUME, the.role(`tokenward-prod-${name}`)),
    // Each writes its own log and nobody else's, and takes nothing from any.
    may(`fn:${name}`, 'logs:PutLogEvents', the.logs(name)),
    mustNot(`fn:${name}`, 'logs:PutLogEvents', the.logs(name === 'issue' ? 'rotate' : 'issue')),
    mustNot(`fn:${name}`, 'logs:DeleteLogGroup', the.logs(name).replace(/:log-stream:a$/, '')),
  ]),
  ...only(['duty:responder'], 'cloudformation:DescribeStacks', the.stack('functions')),
  ...only(['duty:auditor'], 'cloudformation:DescribeStacks', the.stack('state')),
  ...nobody('cloudformation:UpdateStack', the.stack('functions')),
  ...nobody('cloudformation:DeleteStack', the.stack('log')),
];
