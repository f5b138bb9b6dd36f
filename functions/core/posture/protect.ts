/** The deployment that a service control policy is to protect. */
export interface Protected {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly env: string;
  /** ARNs of trails in this account; an organisation's trail is protected by its own account. */
  readonly trails: readonly string[];
}

/** One denial, with what a thief would do without it. */
export interface Protection {
  readonly sid: string;
  readonly why: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Names of our roles that must go on doing it. @default - none */
  readonly except?: readonly string[];
  /** @default - none but who is exempt */
  readonly condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The managed policy that a quarantined user carries. */
export const quarantinePolicyArn = ({
  partition,
  account,
  env,
}: Omit<Protected, 'region' | 'trails'>): string =>
  `arn:${partition}:iam::${account}:policy/${quarantinePolicyName(env)}`;

export const quarantinePolicyName = (env: string): string => `TokenwardQuarantine-${env}`;

/** The tag by which an IAM user is put into the responder's hands, its value the environment's name. */
export const RESPOND_TAG = 'tokenward:respond';

/**
 * What no identity policy of the account can promise, since an administrator's key may be the stolen one: whoever
 * holds it can take the quarantine off himself, or put out the watch. Only a policy of the organisation stands
 * above him (AC-6, AU-9, IR-4).
 */
export function protections(deployment: Protected): readonly Protection[] {
  const { partition, account, region, env, trails } = deployment;
  const name = `tokenward-${env}-*`;
  const arn = (service: string, kind: string, where: string = region): string =>
    `arn:${partition}:${service}:${where}:${account}:${kind}`;
  const policy = quarantinePolicyArn(deployment);
  const trail = trails.length === 0 ? [arn('cloudtrail', 'trail/*', '*')] : trails;
  return [
    {
      sid: 'KeepQuarantine',
      why: 'a thief in quarantine takes the quarantine off, or changes what it denies',
      actions: [
        'iam:CreatePolicyVersion',
        'iam:DeletePolicy',
        'iam:DeletePolicyVersion',
        'iam:SetDefaultPolicyVersion',
      ],
      resources: [policy],
    },
    {
      sid: 'KeepUsersInReach',
      why: 'a thief takes a user out of the responder’s reach by its tag',
      actions: ['iam:UntagUser', 'iam:TagUser'],
      resources: [arn('iam', 'user/*', '')],
      condition: { 'ForAnyValue:StringEquals': { 'aws:TagKeys': RESPOND_TAG } },
    },
    {
      sid: 'KeepTrail',
      why: 'a thief stops the trail, and every rule goes blind',
      actions: [
        'cloudtrail:DeleteTrail',
        'cloudtrail:PutEventSelectors',
        'cloudtrail:StopLogging',
        'cloudtrail:UpdateTrail',
      ],
      resources: trail,
    },
    {
      sid: 'KeepRules',
      why: 'a thief disables a rule, or takes its target away',
      actions: ['events:DeleteRule', 'events:DisableRule', 'events:PutRule', 'events:RemoveTargets'],
      resources: [arn('events', `rule/${name}`, '*')],
    },
    {
      sid: 'KeepFunctions',
      why: 'a thief stops the responder, or has it run other code',
      actions: [
        'lambda:AddPermission',
        'lambda:DeleteFunction',
        'lambda:DeleteEventSourceMapping',
        'lambda:PutFunctionConcurrency',
        'lambda:UpdateEventSourceMapping',
        'lambda:UpdateFunctionCode',
        'lambda:UpdateFunctionConfiguration',
      ],
      resources: [arn('lambda', `function:${name}`), arn('lambda', 'event-source-mapping:*')],
    },
    {
      sid: 'KeepQueuesAndTable',
      why: 'a thief empties the queue before the responder reads it, or drops the registry',
      actions: [
        'dynamodb:DeleteTable',
        'dynamodb:UpdateTable',
        'sns:DeleteTopic',
        'sqs:DeleteQueue',
        'sqs:PurgeQueue',
        'sqs:SetQueueAttributes',
      ],
      resources: [arn('dynamodb', `table/${name}`), arn('sns', name), arn('sqs', name)],
    },
    {
      sid: 'KeepRoles',
      why: 'a thief makes one of our roles his own, or takes its rights away',
      actions: [
        'iam:AttachRolePolicy',
        'iam:CreateRole',
        'iam:DeleteRole',
        'iam:DeleteRolePolicy',
        'iam:DetachRolePolicy',
        'iam:PutRolePolicy',
        'iam:UpdateAssumeRolePolicy',
      ],
      // The roles that deploy are exempt below: nobody may make or change one of that name either.
      resources: [arn('iam', `role/${name}`, ''), arn('iam', `role/${DEPLOYERS}`, '')],
    },
    {
      sid: 'KeepAttached',
      why: 'a thief detaches the quarantine from its user',
      actions: ['iam:DetachUserPolicy'],
      resources: [arn('iam', 'user/*', '')],
      except: ['respond', 'revoke', 'sweep'],
      condition: { ArnEquals: { 'iam:PolicyARN': policy } },
    },
  ];
}

/** What the roles are called that CDK deploys with. */
const DEPLOYERS = 'cdk-*';

/**
 * The service control policy, ready to attach. The roles that deploy are exempt, and `exempt`: the break-glass role.
 * An SCP holds for every principal of the account; the management account alone stands above it.
 */
export function serviceControlPolicy(deployment: Protected, exempt: readonly string[]): object {
  const { partition, account, env } = deployment;
  const role = (name: string): string => `arn:${partition}:iam::${account}:role/${name}`;
  return {
    Version: '2012-10-17',
    Statement: protections(deployment).map(({ sid, actions, resources, except = [], condition }) => ({
      Sid: sid,
      Effect: 'Deny',
      Action: actions,
      Resource: resources,
      Condition: {
        ArnNotLike: {
          'aws:PrincipalArn': [
            role(DEPLOYERS),
            ...exempt,
            ...except.map((name) => role(`tokenward-${env}-${name}`)),
          ],
        },
        ...condition,
      },
    })),
  };
}
