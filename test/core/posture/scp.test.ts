import { runSimulation } from '@cloud-copilot/iam-simulate';
import { describe, expect, it } from 'vitest';
import { serviceControlPolicy } from '#core/posture/protect.ts';

const ACCOUNT = '111122223333';
const TRAIL = `arn:aws:cloudtrail:eu-west-1:${ACCOUNT}:trail/all`;
const iam = (kind: string): string => `arn:aws:iam::${ACCOUNT}:${kind}`;
const regional = (service: string, rest: string): string => `arn:aws:${service}:eu-west-1:${ACCOUNT}:${rest}`;
const QUARANTINE = iam('policy/TokenwardQuarantine-prod');
const BREAK_GLASS = iam('role/break-glass');

const deployment = { partition: 'aws', account: ACCOUNT, region: 'eu-west-1', env: 'prod', trails: [TRAIL] };

/** Whether a principal who may do everything by its own policy gets through, judged by an evaluator of its own. */
async function passes(
  role: string,
  action: string,
  resource: string,
  context: Readonly<Record<string, string | string[]>> = {},
): Promise<boolean> {
  const simulated = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${ACCOUNT}:assumed-role/${role.split('/').at(-1)}/x`,
        action,
        resource: { resource, accountId: ACCOUNT },
        contextVariables: { 'aws:PrincipalArn': role, ...context },
      },
      identityPolicies: [
        {
          name: 'administrator',
          policy: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
          },
        },
      ],
      serviceControlPolicies: [
        {
          orgIdentifier: 'account',
          policies: [
            {
              name: 'FullAWSAccess',
              policy: {
                Version: '2012-10-17',
                Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
              },
            },
            { name: 'tokenward', policy: serviceControlPolicy(deployment, [BREAK_GLASS]) },
          ],
        },
      ],
      resourceControlPolicies: [],
    },
    { simulationMode: 'Strict' },
  );
  if (simulated.resultType === 'error') throw new Error(JSON.stringify(simulated.errors));
  return simulated.overallResult === 'Allowed';
}

type Call = readonly [
  action: string,
  resource: string,
  context?: Readonly<Record<string, string | string[]>>,
];

/** What a thief with an administrator's key does to go on unseen, or to get out. */
const THEFTS: readonly Call[] = [
  ...['CreatePolicyVersion', 'DeletePolicy', 'DeletePolicyVersion', 'SetDefaultPolicyVersion'].map(
    (action): Call => [`iam:${action}`, QUARANTINE],
  ),
  ['iam:DetachUserPolicy', iam('user/ci'), { 'iam:PolicyARN': QUARANTINE }],
  ['iam:UntagUser', iam('user/ci'), { 'aws:TagKeys': ['team', 'tokenward:respond'] }],
  ['iam:TagUser', iam('user/teams/ci'), { 'aws:TagKeys': ['tokenward:respond'] }],
  ...['DeleteTrail', 'PutEventSelectors', 'StopLogging', 'UpdateTrail'].map(
    (action): Call => [`cloudtrail:${action}`, TRAIL],
  ),
  ...['DeleteRule', 'DisableRule', 'PutRule', 'RemoveTargets'].flatMap((action): readonly Call[] => [
    [`events:${action}`, regional('events', 'rule/tokenward-prod-secret-reads')],
    [`events:${action}`, `arn:aws:events:us-east-1:${ACCOUNT}:rule/tokenward-prod-forward-identity`],
  ]),
  ...[
    'AddPermission',
    'DeleteFunction',
    'PutFunctionConcurrency',
    'UpdateFunctionCode',
    'UpdateFunctionConfiguration',
  ].map((action): Call => [`lambda:${action}`, regional('lambda', 'function:tokenward-prod-respond')]),
  ...['DeleteEventSourceMapping', 'UpdateEventSourceMapping'].map(
    (action): Call => [
      `lambda:${action}`,
      regional('lambda', 'event-source-mapping:0f1e2d3c-0000-4000-8000-000000000000'),
    ],
  ),
  ...['DeleteTable', 'UpdateTable'].map(
    (action): Call => [`dynamodb:${action}`, regional('dynamodb', 'table/tokenward-prod-registry')],
  ),
  ['sns:DeleteTopic', regional('sns', 'tokenward-prod-alerts')],
  ...['DeleteQueue', 'PurgeQueue', 'SetQueueAttributes'].map(
    (action): Call => [`sqs:${action}`, regional('sqs', 'tokenward-prod-events')],
  ),
  ...[
    'AttachRolePolicy',
    'CreateRole',
    'DeleteRole',
    'DeleteRolePolicy',
    'DetachRolePolicy',
    'PutRolePolicy',
    'UpdateAssumeRolePolicy',
  ].flatMap((action): readonly Call[] => [
    [`iam:${action}`, iam('role/tokenward-prod-respond')],
    [`iam:${action}`, iam('role/cdk-hnb659fds-deploy-role-x')],
  ]),
];

/** The same calls about what is none of ours. */
const OTHERS: readonly Call[] = [
  ['iam:DeletePolicy', iam('policy/TokenwardQuarantine-test')],
  ['iam:DetachUserPolicy', iam('user/ci'), { 'iam:PolicyARN': iam('policy/payroll') }],
  ['iam:TagUser', iam('user/ci'), { 'aws:TagKeys': ['team'] }],
  ['cloudtrail:StopLogging', regional('cloudtrail', 'trail/payroll')],
  ['events:DisableRule', regional('events', 'rule/payroll')],
  ['lambda:UpdateFunctionCode', regional('lambda', 'function:payroll')],
  ['dynamodb:DeleteTable', regional('dynamodb', 'table/payroll')],
  ['dynamodb:PutItem', regional('dynamodb', 'table/tokenward-prod-registry')],
  ['sns:DeleteTopic', regional('sns', 'payroll')],
  ['sqs:PurgeQueue', regional('sqs', 'payroll')],
  ['iam:PutRolePolicy', iam('role/payroll')],
  ['iam:GetRole', iam('role/tokenward-prod-respond')],
];

const whole = ([action, resource, context = {}]: Call): Required<Call> => [action, resource, context];

describe('under the service control policy', () => {
  it.each(THEFTS.map(whole))('an administrator may not %s on %s', async (action, resource, context) => {
    expect(await passes(iam('role/administrator'), action, resource, context)).toBe(false);
    expect(await passes(BREAK_GLASS, action, resource, context)).toBe(true);
    expect(await passes(iam('role/cdk-hnb659fds-cfn-exec-role-x-eu-west-1'), action, resource, context)).toBe(
      true,
    );
  });

  it.each(OTHERS.map(whole))('an administrator may still %s on %s', async (action, resource, context) => {
    expect(await passes(iam('role/administrator'), action, resource, context)).toBe(true);
  });

  it.each(['respond', 'revoke', 'sweep'])('%s takes the quarantine off again', async (name) => {
    const role = iam(`role/tokenward-prod-${name}`);
    const detach = ['iam:DetachUserPolicy', iam('user/ci'), { 'iam:PolicyARN': QUARANTINE }] as const;
    expect(await passes(role, ...detach)).toBe(true);
    expect(await passes(role, 'iam:DeletePolicy', QUARANTINE)).toBe(false);
  });
});
