import { ACCOUNT } from '../account.ts';
import type { Row } from '../evaluate.ts';
import { may, mustNot, nobody, only } from './row.ts';

const USER = `arn:aws:iam::${ACCOUNT}:user/team/ci`;
const FOREIGN = 'arn:aws:iam::210987654321:user/ci';
const QUARANTINE = `arn:aws:iam::${ACCOUNT}:policy/TokenwardQuarantine-prod`;
const tagged = { 'aws:ResourceTag/tokenward:respond': 'prod' };
const elsewhere = { 'aws:ResourceTag/tokenward:respond': 'dev' };
const by = (policy: string) => ({ 'iam:PolicyARN': policy });

/** IAM users: their keys switched off and on, one policy put on and taken off, where their owner asked for it (F26). */
export const USERS: readonly Row[] = [
  ...only(['fn:respond', 'fn:sweep'], 'iam:GetUser', USER),
  mustNot('fn:respond', 'iam:GetUser', FOREIGN),
  mustNot('fn:sweep', 'iam:GetUser', FOREIGN),
  ...['iam:ListAccessKeys', 'iam:ListAttachedUserPolicies'].flatMap((action) => [
    ...only(['fn:respond', 'fn:sweep'], action, USER, tagged),
    ...nobody(action, USER, elsewhere),
    ...nobody(action, FOREIGN, tagged),
  ]),
  ...only(['fn:respond', 'fn:sweep', 'fn:revoke'], 'iam:UpdateAccessKey', USER, tagged),
  ...nobody('iam:UpdateAccessKey', USER, elsewhere),
  ...nobody('iam:UpdateAccessKey', USER),
  ...nobody('iam:UpdateAccessKey', FOREIGN, tagged),
  ...only(['fn:respond', 'fn:sweep'], 'iam:AttachUserPolicy', USER, { ...tagged, ...by(QUARANTINE) }),
  ...only(['fn:respond', 'fn:sweep', 'fn:revoke'], 'iam:DetachUserPolicy', USER, {
    ...tagged,
    ...by(QUARANTINE),
  }),
  ...['iam:AttachUserPolicy', 'iam:DetachUserPolicy'].flatMap((action) => [
    ...nobody(action, USER, { ...tagged, ...by('arn:aws:iam::aws:policy/AdministratorAccess') }),
    ...nobody(action, USER, { ...elsewhere, ...by(QUARANTINE) }),
    ...nobody(action, USER, by(QUARANTINE)),
    ...nobody(action, FOREIGN, { ...tagged, ...by(QUARANTINE) }),
  ]),
  ...[
    'iam:CreateAccessKey',
    'iam:DeleteAccessKey',
    'iam:CreateLoginProfile',
    'iam:TagUser',
    'iam:UntagUser',
  ].flatMap((action) => nobody(action, USER, tagged)),
  ...['iam:PutUserPolicy', 'iam:DeleteUserPolicy', 'iam:PutUserPermissionsBoundary'].flatMap((action) =>
    nobody(action, USER, tagged),
  ),
  ...['iam:CreatePolicyVersion', 'iam:SetDefaultPolicyVersion', 'iam:DeletePolicy'].flatMap((action) =>
    nobody(action, QUARANTINE),
  ),
  may('administrator', 'iam:DeletePolicy', QUARANTINE),
];
