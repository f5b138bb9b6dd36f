import { logOriginOf, type Settings } from '../settings.ts';
import type { LogStack } from '../stacks/log.ts';
import type { StateStack } from '../stacks/state.ts';
import { type Allowance, type TokenwardFunction, throughService } from './function.ts';
import { appendable } from './log-policy.ts';

export interface SealingProps {
  readonly settings: Settings;
  readonly state: StateStack;
  readonly log: LogStack;
}

/** Reads the chains, adds to the log, signs: all that the sealer may do, and no part of it that another may (AC-6). */
export function bindSealing(fn: TokenwardFunction, { settings, state, log }: SealingProps): void {
  const { signing } = state.keys;
  state.registry.bind(fn, 'seal');
  fn.bind(
    { actions: ['s3:PutObject', 's3:PutObjectRetention'], resources: appendable(log.bucket) },
    {
      LOG_BUCKET: log.bucket.bucketName,
      LOG_ORIGIN: logOriginOf(settings),
      LOG_LOCK_DAYS: String(settings.logLockDays),
      HEARTBEAT_MS: String(settings.heartbeatMinutes * 60_000),
    },
  );
  fn.bind(
    { actions: ['kms:GetPublicKey', 'kms:Sign'], resources: [signing.keyArn] },
    { SIGNING_KEY_ARN: signing.keyArn },
  );
  if (log.key !== undefined) {
    fn.bind({
      actions: ['kms:GenerateDataKey'],
      resources: [log.key.keyArn],
      conditions: throughService('s3', settings.region),
    });
  }
  const { witnessBucket, partition } = settings;
  if (witnessBucket === undefined) return;
  fn.bind(
    { actions: ['s3:PutObject'], resources: [`arn:${partition}:s3:::${witnessBucket}/witness/*`] },
    { WITNESS_BUCKET: witnessBucket },
  );
}

/** What an auditor needs to export the log and to know its key. */
export function readingTheLog({ settings, state, log }: SealingProps): readonly Allowance[] {
  return [
    { actions: ['s3:GetObject'], resources: [log.bucket.arnForObjects('*')] },
    { actions: ['s3:ListBucket'], resources: [log.bucket.bucketArn] },
    { actions: ['kms:GetPublicKey'], resources: [state.keys.signing.keyArn] },
    ...(log.key === undefined
      ? []
      : [
          {
            actions: ['kms:Decrypt'],
            resources: [log.key.keyArn],
            conditions: throughService('s3', settings.region),
          },
        ]),
  ];
}
