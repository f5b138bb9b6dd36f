import type { Random } from './random.ts';
import type { JsonObject } from './record.ts';
import { DAY, type Timeline } from './timeline.ts';

/** What services call besides reading secrets: management events only, as a trail without data events has them. */
const SERVICE_APIS: readonly string[] = [
  'ssm:GetParameter',
  'ssm:GetParametersByPath',
  'sts:GetCallerIdentity',
  'dynamodb:DescribeTable',
  'kms:GenerateDataKey',
  'kms:DescribeKey',
  'ecr:GetAuthorizationToken',
  'ec2:DescribeInstances',
  'ec2:DescribeTags',
  'elasticloadbalancing:DescribeTargetHealth',
  'sns:ListTopics',
  'logs:CreateLogStream',
  'logs:DescribeLogGroups',
  'rds:DescribeDBInstances',
  's3:GetBucketLocation',
  's3:ListBuckets',
  'states:ListExecutions',
  'servicediscovery:DiscoverInstances',
  'ecs:DescribeServices',
  'lambda:GetFunction20150331v2',
];

/** What people try: the head of the list daily, its tail once in a while. */
export const PEOPLE_APIS: readonly string[] = [
  'ec2:DescribeInstances',
  's3:ListBuckets',
  'logs:DescribeLogGroups',
  'logs:FilterLogEvents',
  'ecs:DescribeServices',
  'lambda:ListFunctions20150331',
  'cloudformation:DescribeStacks',
  'rds:DescribeDBInstances',
  'monitoring:DescribeAlarms',
  'secretsmanager:ListSecrets',
  'secretsmanager:DescribeSecret',
  'ec2:DescribeSecurityGroups',
  'iam:ListRoles',
  'iam:GetRole',
  'ecs:ListTasks',
  'cloudtrail:LookupEvents',
  'ec2:DescribeVpcs',
  'ec2:DescribeSubnets',
  'sqs:ListQueues',
  'sns:ListTopics',
  'dynamodb:ListTables',
  'lambda:GetFunction20150331v2',
  's3:GetBucketPolicy',
  's3:GetBucketAcl',
  'iam:ListUsers',
  'iam:ListAttachedRolePolicies',
  'ec2:DescribeRegions',
  'ce:GetCostAndUsage',
  'kms:ListKeys',
  'kms:DescribeKey',
  'ec2:GetConsoleOutput',
  'ssm:DescribeInstanceInformation',
  'ssm:StartSession',
  'iam:ListAccessKeys',
  'iam:GetAccountSummary',
  'ec2:DescribeSnapshots',
  'organizations:DescribeOrganization',
  'servicequotas:ListServiceQuotas',
  'ses:GetSendQuota',
  'bedrock:ListFoundationModels',
];

/** What a thief asks first, after reports of incidents (TrailDiscover's list): much of it people ask too. */
export const RECON_APIS: readonly string[] = [
  'iam:ListUsers',
  'iam:ListRoles',
  'iam:ListAttachedUserPolicies',
  'iam:ListUserPolicies',
  'iam:ListGroupsForUser',
  'iam:GetAccountAuthorizationDetails',
  'iam:GetAccountSummary',
  'iam:ListAccessKeys',
  'iam:GetUser',
  'iam:SimulatePrincipalPolicy',
  's3:ListBuckets',
  's3:GetBucketAcl',
  's3:GetBucketPolicy',
  's3:GetBucketLogging',
  'ec2:DescribeInstances',
  'ec2:DescribeSnapshots',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeVpcs',
  'ec2:DescribeRegions',
  'ec2:GetPasswordData',
  'ses:GetSendQuota',
  'ses:ListIdentities',
  'ses:GetAccount',
  'sns:GetSMSAttributes',
  'bedrock:ListFoundationModels',
  'bedrock:GetFoundationModelAvailability',
  'lambda:ListFunctions20150331',
  'rds:DescribeDBInstances',
  'rds:DescribeDBSnapshots',
  'cloudtrail:DescribeTrails',
  'cloudtrail:GetTrailStatus',
  'guardduty:ListDetectors',
  'organizations:DescribeOrganization',
  'organizations:ListAccounts',
  'secretsmanager:ListSecrets',
  'ssm:DescribeParameters',
  'ssm:GetParameters',
  'kms:ListKeys',
  'kms:ListAliases',
  'dynamodb:ListTables',
  'ecr:DescribeRepositories',
  'eks:ListClusters',
  'ecs:ListClusters',
  'cloudformation:DescribeStacks',
  'route53:ListHostedZones',
  'servicequotas:ListServiceQuotas',
  'ce:GetCostAndUsage',
  'acm:ListCertificates',
  'elasticfilesystem:DescribeFileSystems',
  'redshift:DescribeClusters',
];

/** Request parameters of the usual shape for an API; null where the call has none. */
export function paramsOf(api: string, random: Random): JsonObject | null {
  switch (api) {
    case 'ec2:DescribeInstances':
      return { instancesSet: {}, filterSet: {} };
    case 'ec2:DescribeTags':
    case 'ec2:DescribeVpcs':
    case 'ec2:DescribeSubnets':
      return { filterSet: {} };
    case 'ec2:DescribeSecurityGroups':
      return { securityGroupSet: {}, securityGroupIdSet: {}, filterSet: {} };
    case 'ec2:GetPasswordData':
    case 'ec2:GetConsoleOutput':
      return { instanceId: `i-0${random.text(16, '0123456789abcdef')}` };
    case 'ssm:GetParameter':
      return { name: `/app/setting-${random.int(1, 20)}`, withDecryption: true };
    case 'ssm:GetParametersByPath':
      return { path: '/app/', recursive: true, withDecryption: true };
    case 'dynamodb:DescribeTable':
      return { tableName: `table-${random.int(1, 9)}` };
    case 'kms:GenerateDataKey':
      return { keySpec: 'AES_256', keyId: 'alias/app' };
    case 'secretsmanager:ListSecrets':
      return { maxResults: 100 };
    case 'lambda:GetFunction20150331v2':
      return { functionName: `app-${random.int(1, 9)}` };
    case 's3:GetBucketLocation':
      return { bucketName: `data-${random.int(1, 9)}`, location: '' };
    case 's3:GetBucketAcl':
      return { bucketName: `data-${random.int(1, 9)}`, acl: '' };
    case 's3:GetBucketPolicy':
      return { bucketName: `data-${random.int(1, 9)}`, policy: '' };
    case 'logs:FilterLogEvents':
      return { logGroupName: `/aws/lambda/app-${random.int(1, 9)}`, limit: 100 };
    case 'iam:GetRole':
    case 'iam:ListAttachedRolePolicies':
      return { roleName: `app-${random.int(1, 9)}` };
    default:
      return null;
  }
}

/** What a service calls, and at times one API more after a deployment. */
export function repertoire(start: number, end: number, random: Random): Timeline<readonly string[]> {
  const all = random.sample(SERVICE_APIS, SERVICE_APIS.length);
  let count = random.int(2, 6);
  const line = [{ from: Number.NEGATIVE_INFINITY, value: all.slice(0, count) }];
  for (
    let at = start + random.exponential(20 * DAY);
    at < end && count < 9;
    at += random.exponential(20 * DAY)
  )
    line.push({ from: at, value: all.slice(0, ++count) });
  return line;
}

/** Earlier items far more often than later ones (Zipf). */
export function zipf<T>(items: readonly T[], random: Random, skew = 1.1): T {
  const at = Math.floor(items.length ** (random.next() ** skew)) - 1;
  return items[Math.max(0, Math.min(items.length - 1, at))] as T;
}
