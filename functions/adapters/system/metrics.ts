import { MetricUnit, Metrics as PowertoolsMetrics } from '@aws-lambda-powertools/metrics';
import type { Metrics } from '#core/ports.ts';

/** Metrics that wait for the end of the invocation. */
export interface BufferedMetrics extends Metrics {
  /** Writes what was counted. The handler calls it in its `finally`. */
  flush(): void;
}

/**
 * CloudWatch metrics by EMF: written to the log, so that counting costs no call. A count with dimensions of its
 * own is written at once, without changing those of the others.
 */
export function createMetrics(options: {
  namespace: string;
  service: string;
  environment: string;
}): BufferedMetrics {
  const metrics = new PowertoolsMetrics({
    namespace: options.namespace,
    serviceName: options.service,
    defaultDimensions: { environment: options.environment },
  });
  return {
    count(name, value = 1, dimensions) {
      if (dimensions === undefined) {
        metrics.addMetric(name, MetricUnit.Count, value);
        return;
      }
      const single = metrics.singleMetric();
      for (const [dimension, of] of Object.entries(dimensions)) single.addDimension(dimension, of);
      single.addMetric(name, MetricUnit.Count, value);
    },
    milliseconds(name, value) {
      metrics.addMetric(name, MetricUnit.Milliseconds, value);
    },
    flush() {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    },
  };
}
