import { SEQUENCE_MS } from '../evidence.ts';
import { type Fire, historyIn, novelty } from './seen.ts';

/**
 * How much a new kind of call may weigh by how often incident reports name it: our own three bands, drawn from the
 * counts that TrailDiscover collects.
 *
 * @see https://traildiscover.cloud (CC BY 4.0)
 */
const OFTEN = new Set([
  'iam:CreateUser',
  'ec2:RunInstances',
  's3:ListBuckets',
  'iam:CreateAccessKey',
  'iam:CreateLoginProfile',
  'ec2:AuthorizeSecurityGroupIngress',
  'iam:AttachUserPolicy',
  'sts:GetCallerIdentity',
  'ses:GetSendQuota',
  'iam:ListUsers',
  'ses:ListIdentities',
  'ses:GetAccount',
]);

const SOMETIMES = new Set([
  'bedrock:InvokeModel',
  'iam:CreateRole',
  'lambda:CreateFunction',
  'secretsmanager:ListSecrets',
  'sts:GetFederationToken',
  'ec2:CreateKeyPair',
  'ec2:GetPasswordData',
  'iam:AttachRolePolicy',
  'iam:GetUser',
  'secretsmanager:GetSecretValue',
  'secretsmanager:BatchGetSecretValue',
  'cloudtrail:DeleteTrail',
  'cloudtrail:StopLogging',
  'ec2:CreateSnapshot',
  'ec2:ImportKeyPair',
  'iam:PutUserPolicy',
  'iam:UpdateLoginProfile',
  'iam:ListRoles',
  'iam:ListAttachedRolePolicies',
  'ssm:GetParameters',
  'ssm:SendCommand',
  'ssm:StartSession',
]);

const MOST = { often: 2.5, sometimes: 1.5, seldom: 0.4 } as const;

/** B10: a kind of call that the credential never made. */
export const newApi: Fire = (seen) => {
  const { api } = seen.obs;
  const fresh = novelty(seen, 'api', api, 0.6);
  if (fresh <= 0) return undefined;
  const most = OFTEN.has(api) ? MOST.often : SOMETIMES.has(api) ? MOST.sometimes : MOST.seldom;
  return {
    weight: Math.min(most, fresh),
    says: `first ${api} in ${historyIn(seen)}`,
    about: api,
    halfLifeMs: SEQUENCE_MS,
  };
};
