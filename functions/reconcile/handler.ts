import { createCloudTrailClient } from '#adapters/cloudtrail/client.ts';
import { createEventHistory } from '#adapters/cloudtrail/event-history.ts';
import { reconcileConfig } from '#adapters/config.ts';
import { createDynamoClient } from '#adapters/dynamodb/client.ts';
import { createCursorStore } from '#adapters/dynamodb/cursor-store.ts';
import { createTrailClient } from '#adapters/s3/client.ts';
import { createTrailFiles } from '#adapters/s3/trail-files.ts';
import { createSqsClient } from '#adapters/sqs/client.ts';
import { createEventQueue } from '#adapters/sqs/event-queue.ts';
import { createBasics, type InvocationContext, invocation } from '#adapters/wire.ts';
import { type ReconcileReport, run } from './run.ts';

/** Left of the invocation when reading stops: enough for the file in hand. */
const RESERVE_MS = 30_000;

const config = reconcileConfig(process.env);
const basics = createBasics('reconcile', config);
const { plan, trailBucket } = config;
const ports = {
  ...basics,
  cursors: createCursorStore(createDynamoClient(), config.tableName),
  queue: createEventQueue(createSqsClient(), config.eventsQueueUrl),
  history: createEventHistory(createCloudTrailClient),
  ...(trailBucket === undefined ? {} : { files: createTrailFiles(createTrailClient(), trailBucket) }),
};

/** The scheduled reader of what the event bus may have lost. */
export const handler: (event: unknown, context: InvocationContext) => Promise<ReconcileReport> = invocation(
  basics,
  (_event, context) =>
    run(ports, plan, { reserveMs: RESERVE_MS, remainingMs: context.getRemainingTimeInMillis }),
);
