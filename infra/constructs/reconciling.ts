import type { ReconcilePlan } from '#core/reconcile/plan.ts';
import { ownSessionsOf } from '../rules.ts';
import { globalRegionOf, type Settings, secretsArnOf, secretsPrefixOf } from '../settings.ts';
import type { StateStack } from '../stacks/state.ts';
import { FUNCTION_CALLS, IDENTITY_CALLS, TABLE_CALLS, TAMPERING } from '../watched.ts';
import { type Allowance, type TokenwardFunction, throughService } from './function.ts';
import type { QueueWithDeadLetters } from './queue.ts';

export interface ReconcilingProps {
  readonly settings: Settings;
  readonly state: StateStack;
  readonly events: QueueWithDeadLetters;
}

/**
 * The right to read the trail and to put records into the responder's queue: no part of the registry but its own
 * cursors. Without a declared bucket CloudTrail's own history is asked for rare events; it has no resource to name.
 */
export function bindReconciling(fn: TokenwardFunction, { settings, state, events }: ReconcilingProps): void {
  const { trail, partition } = settings;
  state.registry.bind(fn, 'reconcile');
  fn.bind(
    { actions: ['sqs:SendMessage'], resources: [events.queue.queueArn] },
    { EVENTS_QUEUE_URL: events.queue.queueUrl, RECONCILE_PLAN: JSON.stringify(planOf(settings)) },
  );
  if (trail === undefined) {
    fn.bind({ sid: 'LookUpEvents', actions: ['cloudtrail:LookupEvents'], resources: ['*'] });
    return;
  }
  const bucketArn = `arn:${partition}:s3:::${trail.bucket}`;
  const logs = `${trail.prefix === undefined ? '' : `${trail.prefix}/`}AWSLogs/*`;
  fn.bind(
    {
      actions: ['s3:ListBucket'],
      resources: [bucketArn],
      conditions: { StringLike: { 's3:prefix': logs } },
    },
    { TRAIL_BUCKET: trail.bucket },
  );
  fn.bind({ actions: ['s3:GetObject'], resources: [`${bucketArn}/${logs}`] });
  if (trail.kmsKeyArn === undefined) return;
  fn.bind(decryptingTrail(trail.kmsKeyArn));
}

/** The trail's key lies in its bucket's region, which need not be ours. */
export const decryptingTrail = (keyArn: string): Allowance => ({
  actions: ['kms:Decrypt'],
  resources: [keyArn],
  conditions: throughService('s3', keyArn.split(':')[3] ?? ''),
});

/** The home region, and the one in which the global services are logged. */
function planOf(settings: Settings): ReconcilePlan {
  const { account, region, trail } = settings;
  const global = globalRegionOf(settings);
  const home = [...TAMPERING, ...TABLE_CALLS, ...FUNCTION_CALLS];
  return {
    account,
    prefix: trail?.prefix ?? '',
    ...(trail?.organizationId === undefined ? {} : { organizationId: trail.organizationId }),
    secretsPrefix: secretsPrefixOf(settings),
    secretsArnPrefix: secretsArnOf(settings).slice(0, -1),
    watchAllSecrets: settings.watchAllSecrets,
    ownSessions: ownSessionsOf(settings),
    regions:
      global === region
        ? [{ region, names: [...home, ...IDENTITY_CALLS] }]
        : [
            { region, names: home },
            { region: global, names: IDENTITY_CALLS },
          ],
  };
}
