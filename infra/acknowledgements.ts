import { type App, Validations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import { FUNCTIONS } from '#core/functions.ts';
import type { Stage } from '#core/token/declaration.ts';
import { constructIdOf } from './constructs/function.ts';
import { globalRegionOf, nameOf, type Settings } from './settings.ts';

/** A finding of cdk-nag's NIST 800-53 R5 pack that stands, with who answers for it and until when. */
export interface Acknowledgement {
  /** The rule, without the pack's prefix. */
  readonly id: string;
  /** Construct paths below the app, `tokenward-<env>-` left out; each covers what is below it. */
  readonly where: readonly string[];
  /** @default - both stages */
  readonly stage?: Stage;
  /** @default - always */
  readonly when?: (settings: Settings) => boolean;
  readonly reason: string;
  readonly owner: string;
  /** ISO date; from this day on the test suite fails until somebody has looked again. */
  readonly expires: string;
}

const OWNER = 'platform-security';
const EXPIRES = '2027-05-31';
const PREFIX = 'NIST.800.53.R5::NIST.800.53.R5-';
const OURS = FUNCTIONS.map((name) => `functions/${constructIdOf(name)}`);
const APIS = ['functions/Control/Api'];

/** Every acknowledged finding; there is no other way to let one pass. */
export const ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  {
    id: 'LambdaInsideVPC',
    where: OURS,
    reason:
      'The functions speak to AWS services over TLS only and hold no network path of yours; a VPC would add a cold start to every authorization and interface endpoints to pay for, and close nothing that their roles do not close.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'LambdaDLQ',
    where: ['functions/Authorize', 'functions/Rotate', 'functions/Respond'],
    reason:
      'Nothing invokes these asynchronously: the gateway and Secrets Manager wait for the answer, and what respond fails on goes from its queue to dead letters. A dead-letter queue of rotate would also hold rotation tokens.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'LambdaConcurrency',
    where: OURS,
    stage: 'sandbox',
    reason: 'A new account has ten containers in all and lets none be reserved; production reserves them.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'DynamoDBInBackupPlan',
    where: ['state/Registry'],
    reason:
      'Point-in-time recovery restores the registry to any second of 35 days. A restored copy elsewhere would hold revoked tokens as live: restoring is a decision, never a schedule.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'APIGWAssociatedWithWAF',
    where: APIS,
    reason:
      'IAM authenticates every call before a function runs, and the stage throttles; WAF may be added per account.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'APIGWCacheEnabledAndEncrypted',
    where: APIS,
    reason:
      'A cached answer would hand one caller another one’s token, or outlive a revocation: there is no cache.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'APIGWSSLEnabled',
    where: APIS,
    reason:
      'A client certificate proves the gateway to an HTTP backend; the backends here are Lambda functions.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'CloudWatchAlarmAction',
    where: ['global/Alarm'],
    when: (settings) => globalRegionOf(settings) !== settings.region,
    reason:
      'An alarm can call no topic of another region. Its change of state is forwarded to the home region, where the rule forwarding-failed tells a human.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'S3BucketLoggingEnabled',
    where: ['log/Log'],
    reason:
      'A bucket under Object Lock cannot hold access logs, and a second bucket for them would need the same care: log the data events of this one in CloudTrail, where the account has a trail.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'S3BucketLoggingEnabled',
    where: ['evidence/Evidence'],
    reason:
      'Who read which bundle is in CloudTrail’s data events, where the account has a trail with them; a bundle holds public facts and is signed.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'S3BucketReplicationEnabled',
    where: ['evidence/Evidence'],
    reason:
      'A bundle is made again by one command, and a copy that somebody took away verifies without the bucket.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'S3DefaultEncryptionKMS',
    where: ['log/Log'],
    when: ({ logAccount }) => logAccount !== undefined,
    reason:
      'The log is in another account: a key there has no ARN that our policies could name before it exists, so S3’s own keys encrypt it. The policy, Object Lock and the signatures keep it, not its cipher.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'S3BucketReplicationEnabled',
    where: ['log/Log'],
    reason:
      'Object Lock keeps every version in place for its whole time, and a witness in another account shows a loss. A replica is for those who must outlive the loss of a region.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'LambdaInsideVPC',
    where: ['replay/Replay'],
    when: ({ replay }) => replay,
    reason:
      'It speaks to S3 alone, over TLS, under a role that names two buckets; a VPC would close nothing more.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'LambdaDLQ',
    where: ['replay/Replay'],
    when: ({ replay }) => replay,
    reason: 'Its state machine waits for each answer and keeps what failed.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'LambdaConcurrency',
    where: ['replay/Replay'],
    when: ({ replay }) => replay,
    stage: 'sandbox',
    reason: 'A new account has ten containers in all and lets none be reserved; production reserves them.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'S3BucketLoggingEnabled',
    where: ['replay/Work'],
    when: ({ replay }) => replay,
    reason:
      'It holds what a replay made of the trail, for thirty days; who reads it stands in the data events of CloudTrail, where they are on.',
    owner: OWNER,
    expires: EXPIRES,
  },
  {
    id: 'S3BucketReplicationEnabled',
    where: ['replay/Work'],
    when: ({ replay }) => replay,
    reason: 'Whatever is in it is made again by another replay.',
    owner: OWNER,
    expires: EXPIRES,
  },
  ...[
    'APIGWAssociatedWithWAF',
    'APIGWCacheEnabledAndEncrypted',
    'APIGWExecutionLoggingEnabled',
    'APIGWSSLEnabled',
    'LambdaConcurrency',
    'LambdaDLQ',
    'LambdaInsideVPC',
  ].map(
    (id): Acknowledgement => ({
      id,
      where: ['sample'],
      stage: 'sandbox',
      reason: 'A sample to try tokens on, which holds nothing and goes with the trial; production has none.',
      owner: OWNER,
      expires: EXPIRES,
    }),
  ),
];

/**
 * Tells cdk-nag of them.
 *
 * @throws Error for a path at which there is no construct: an acknowledgement must not outlive what it is about.
 */
export function acknowledge(app: App, settings: Settings): void {
  for (const { id, where, stage, when, reason, owner, expires } of ACKNOWLEDGEMENTS) {
    if ((stage !== undefined && stage !== settings.stage) || when?.(settings) === false) continue;
    for (const path of where) {
      const construct = path
        .split('/')
        .reduce<IConstruct>((at, part) => at.node.findChild(at === app ? nameOf(settings, part) : part), app);
      Validations.of(construct).acknowledge({
        id: PREFIX + id,
        reason: `${reason} (${owner}, until ${expires})`,
      });
    }
  }
}
