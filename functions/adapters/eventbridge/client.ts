import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { clientOptions } from '../system/client-options.ts';

/** The one EventBridge client of a container. */
export function createEventBridgeClient(): EventBridgeClient {
  return new EventBridgeClient(clientOptions({ connectMs: 1_000, requestMs: 3_000 }));
}
