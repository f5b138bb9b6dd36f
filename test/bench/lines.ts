import { BUNDLE_BYTES } from './bundle-bytes.ts';
import { COLD_START } from './cold-start.ts';
import type { Line } from './figure.ts';
import { LOAD } from './load.ts';
import { RESPOND } from './respond.ts';
import { ROTATION_CALLS } from './rotation-calls.ts';
import { SWEEP_READS } from './sweep-reads.ts';
import { THROUGHPUT } from './throughput.ts';
import { VERIFICATION } from './verification.ts';
import { WRITE_UNITS } from './write-units.ts';

/** What `npm run bench` measures, in order. */
export const LINES: readonly Line[] = [
  VERIFICATION,
  ROTATION_CALLS,
  WRITE_UNITS,
  SWEEP_READS,
  RESPOND,
  THROUGHPUT,
  BUNDLE_BYTES,
  COLD_START,
  LOAD,
];
