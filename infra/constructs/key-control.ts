import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { quarantinePolicyArn, quarantinePolicyName, RESPOND_TAG } from '#core/posture/protect.ts';
import type { Settings } from '../settings.ts';
import type { TokenwardFunction } from './function.ts';

/**
 * The one policy that the responder may put on a user: it denies whatever temporary credentials made with the user's
 * keys would do. The keys themselves are made Inactive; a person's console password is untouched, but its sessions
 * are temporary credentials too. It has no other content, so that whoever attaches it can widen nothing.
 */
export function quarantinePolicy(scope: Construct, settings: Settings): ManagedPolicy {
  return new ManagedPolicy(scope, 'Quarantine', {
    managedPolicyName: quarantinePolicyName(settings.env),
    description: 'Put on an IAM user whose access key is in a thief’s hands; tokenward release takes it off',
    statements: [
      new PolicyStatement({
        sid: 'DenyTemporaryCredentials',
        effect: Effect.DENY,
        actions: ['*'],
        resources: ['*'],
        conditions: { Null: { 'aws:TokenIssueTime': 'false' } },
      }),
    ],
  });
}

/** What a function does with a user in the responder's reach. */
export type KeyVerb = 'identify' | 'look' | 'switch' | 'attach' | 'detach';

/**
 * Hands on the keys of users that carry our tag, and on the one policy: nothing inline, no other policy, no key made
 * or deleted (F26). Tags are read of any user, to tell whose owner asked for it.
 */
export function bindKeyControl(fn: TokenwardFunction, settings: Settings, verbs: readonly KeyVerb[]): void {
  const policyArn = quarantinePolicyArn(settings);
  const users = [`arn:${settings.partition}:iam::${settings.account}:user/*`];
  const tagged = { StringEquals: { [`aws:ResourceTag/${RESPOND_TAG}`]: settings.env } };
  const actions = (of: readonly KeyVerb[]): readonly string[] =>
    of.filter((verb) => verbs.includes(verb)).flatMap((verb) => ACTIONS[verb]);
  if (verbs.includes('identify')) fn.bind({ actions: ACTIONS.identify, resources: users });
  fn.bind(
    { actions: actions(['look', 'switch']), resources: users, conditions: tagged },
    { QUARANTINE_POLICY_ARN: policyArn },
  );
  fn.bind({
    actions: actions(['attach', 'detach']),
    resources: users,
    conditions: { ...tagged, ArnEquals: { 'iam:PolicyARN': policyArn } },
  });
}

const ACTIONS: Readonly<Record<KeyVerb, readonly string[]>> = {
  identify: ['iam:GetUser'],
  look: ['iam:ListAccessKeys', 'iam:ListAttachedUserPolicies'],
  switch: ['iam:UpdateAccessKey'],
  attach: ['iam:AttachUserPolicy'],
  detach: ['iam:DetachUserPolicy'],
};
