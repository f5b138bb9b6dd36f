import type { Bus, Clock, MacEngine, Random, Registry } from '#core/ports.ts';
import type { CommonConfig, MacConfig } from './config.ts';
import { createDynamoClient } from './dynamodb/client.ts';
import { createRegistry } from './dynamodb/registry.ts';
import { createBus } from './eventbridge/bus.ts';
import { createEventBridgeClient } from './eventbridge/client.ts';
import { createKmsClient } from './kms/client.ts';
import { createKeyModule } from './kms/key-module.ts';
import { createKmsMac } from './mac/kms-mac.ts';
import { createPepperMac } from './mac/pepper-mac.ts';
import { createClock, createRandom } from './system/clock.ts';
import { createLog, type RequestLog } from './system/log.ts';
import { type BufferedMetrics, createMetrics } from './system/metrics.ts';

/** Log, metrics and clocks: what every function has. */
export interface Basics {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: RequestLog;
  readonly metrics: BufferedMetrics;
}

/** What a function that changes state has besides. */
export type Committing = Basics & { readonly registry: Registry; readonly bus: Bus };

export function createBasics(
  service: string,
  config: Pick<CommonConfig, 'environment' | 'metricsNamespace' | 'logLevel'>,
): Basics {
  const { environment, metricsNamespace: namespace, logLevel: level } = config;
  return {
    clock: createClock(),
    random: createRandom(),
    log: createLog({ service, environment, level }),
    metrics: createMetrics({ namespace, service, environment }),
  };
}

export function createCommitting(service: string, config: CommonConfig): Committing {
  const basics = createBasics(service, config);
  const { tableName, feedCopies, busName } = config;
  const registry = createRegistry({ ...basics, client: createDynamoClient(), tableName, feedCopies });
  return { ...basics, registry, bus: createBus(createEventBridgeClient(), busName) };
}

/** KMS, and the MAC engine that the deployment chose: peppers in memory, or KMS for each MAC (strictFips). */
export function createCrypto(
  config: MacConfig,
  ports: { readonly registry: Pick<Registry, 'get'>; readonly clock: Clock },
): { readonly keys: ReturnType<typeof createKeyModule>; readonly mac: MacEngine } {
  const { pepperKeyArn, macKeyArn, strictFips } = config;
  const keys = createKeyModule(createKmsClient(), {
    pepperKeyArn,
    ...(macKeyArn === undefined ? {} : { macKeyArn }),
  });
  return { keys, mac: strictFips ? createKmsMac(keys) : createPepperMac({ ...ports, keyModule: keys }) };
}

/** Runs one invocation: its request id on every line, its metrics written whatever happens. */
export function invocation<T>(
  { log, metrics }: Basics,
  handle: (event: unknown, context: InvocationContext) => Promise<T>,
): (event: unknown, context: InvocationContext) => Promise<T> {
  return async (event, context) => {
    log.request(context.awsRequestId);
    try {
      return await handle(event, context);
    } catch (fault) {
      metrics.count('Faults');
      log.error('the invocation failed', {
        fault: fault instanceof Error ? `${fault.name}: ${fault.message}` : 'unknown',
      });
      throw fault;
    } finally {
      metrics.flush();
    }
  };
}

/** What of Lambda's context the functions use. */
export interface InvocationContext {
  readonly awsRequestId: string;
  readonly getRemainingTimeInMillis: () => number;
}
