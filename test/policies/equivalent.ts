/** A widening that lets nobody do more than before, by the names that `widenings` gives, and why. */
export interface Equivalent {
  readonly what: RegExp;
  readonly why: string;
}

/** Each must be met by at least one widening that no row notices; there is no other way to let one pass. */
export const EQUIVALENT: readonly Equivalent[] = [
  {
    what: /: the actions of \{"Action":"events:PutEvents"/,
    why: 'the condition is on events:source, which no other action on a bus carries',
  },
  {
    what: /^tokenward-prod-auditor \d+: the resources of .*cloudtrail:GetTrail/,
    why: 'these actions are on trails only, and they name every trail',
  },
  {
    what: /^tokenward-prod-issue \d+: the actions of .*GenerateDataKeyWithoutPlaintext/,
    why: 'what the pepper key delegates beyond these two carries no encryption context, and so never meets the condition',
  },
  {
    what: /^arn:aws:s3:::tokenward-prod-log.*: the condition ArnEquals aws:PrincipalArn of .*"Effect":"Allow"/,
    why: 'it names our account, whose principals need the right in their own policy as well',
  },
  {
    what: /secret:tokenward\/prod\/(orders-service|billing)-.*: the condition ArnEquals aws:PrincipalArn .*iam::123456789012:root/,
    why: 'the same: the account alone gives nobody a right',
  },
  {
    what: /: the resources of .*iam::123456789012:user\/\*/,
    why: 'these actions are on users only, they name every user of the account, and IAM reaches no other account',
  },
  {
    what: /: the actions of \{"Action":\["iam:AttachUserPolicy","iam:DetachUserPolicy"\]/,
    why: 'the condition is on iam:PolicyARN, which no other action on a user carries',
  },
  {
    what: /: the actions of \{"Action":"securityhub:BatchImportFindings"/,
    why: 'no other action is on a product of Security Hub',
  },
];
