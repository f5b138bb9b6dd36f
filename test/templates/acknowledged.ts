import type { Acknowledged } from './finding.ts';

const FUNCTIONS = /^(?:functions|replay)\/[A-Z][a-z]+Function[0-9A-F]{8}$/;

/** Every finding of cfn-lint and checkov on the production templates that stands; those of cdk-nag are in infra/acknowledgements.ts. */
export const ACKNOWLEDGED: readonly Acknowledged[] = [
  {
    rule: 'W3005',
    at: FUNCTIONS,
    reason:
      'CDK writes the role beside the policy that the function waits for: the policy is what counts, and naming the role twice does nothing.',
  },
  {
    rule: 'CKV_AWS_7',
    at: /^state\/(Mac|Signing)Key$/,
    reason:
      'KMS rotates no HMAC and no asymmetric key by itself; docs/runbook.md says how each is replaced by hand.',
  },
  {
    rule: 'CKV_AWS_18',
    at: /^log\/Log$/,
    reason:
      'A bucket under Object Lock cannot take access logs, and a second bucket for them would need the same care: CloudTrail logs its data events, where the account has a trail.',
  },
  {
    rule: 'CKV_AWS_18',
    at: /^evidence\/Evidence$/,
    reason:
      'Who read which bundle is in CloudTrail’s data events, where the account has a trail with them; a bundle holds public facts and is signed.',
  },
  {
    rule: 'CKV_AWS_18',
    at: /^replay\/Work$/,
    reason:
      'It holds what the trail’s own bucket holds, digested, and is emptied after thirty days; who reads it is in CloudTrail’s data events, where the account has them.',
  },
  {
    rule: 'CKV_AWS_27',
    at: /Queue/,
    reason:
      'Each is encrypted, with the keys of SQS: EventBridge then needs no right on a key of ours, and no missing right can make it drop events in silence. No message holds a value.',
  },
  {
    rule: 'CKV_AWS_33',
    at: /^state\/SecretsKey$/,
    reason:
      'The statement is narrowed to the bound readers, to our secrets and to Secrets Manager by its conditions (infra/reasons.ts), which the rule does not read; test/policies does.',
  },
  {
    rule: 'CKV_AWS_45',
    at: /^functions\/ReconcileFunction/,
    reason:
      'Names of API calls and ARNs of our own sessions run on for longer than the rule believes of anything but a key: no value is in it, and infra/no-plaintext.ts looks for those.',
  },
  {
    rule: 'CKV_AWS_73',
    at: /^functions\/ControlApi/,
    reason: 'A trace is one more place for a value to leak to; the access log has who, what and how long.',
  },
  {
    rule: 'CKV_AWS_116',
    at: /^(?:functions\/(?:Authorize|Rotate|Respond)|replay\/Replay)Function/,
    reason:
      'Nothing invokes these asynchronously. A dead-letter queue of rotate would also hold rotation tokens.',
  },
  {
    rule: 'CKV_AWS_117',
    at: FUNCTIONS,
    reason:
      'They speak to AWS services over TLS only, and hold no network path of yours: a VPC would add a cold start to every authorization and close nothing that their roles do not.',
  },
  {
    rule: 'CKV_AWS_120',
    at: /^functions\/ControlApi/,
    reason: 'A cached answer would hand one caller another one’s token, or outlive a revocation.',
  },
  {
    rule: 'CKV_AWS_173',
    at: FUNCTIONS,
    reason:
      'Lambda encrypts them with its own key, and no value is in them: an Aspect refuses a template with one (infra/no-plaintext.ts).',
  },
];
