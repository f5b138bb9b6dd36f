import type { SignalId } from '../catalogue.ts';
import { newApi } from './api-new.ts';
import { order } from './api-order.ts';
import { privilege } from './api-privilege.ts';
import { newClient } from './client-new.ts';
import { canary } from './contract-canary.ts';
import { exposed } from './contract-exposed.ts';
import { machine } from './contract-machine.ts';
import { outside } from './contract-network.ts';
import { unbound } from './contract-reader.ts';
import { tamper } from './contract-tamper.ts';
import { oldVersion } from './contract-version.ts';
import { hosting } from './network-hosting.ts';
import { newNetwork } from './network-new.ts';
import { overlap } from './network-overlap.ts';
import { newRegion } from './network-region.ts';
import type { Fire } from './seen.ts';
import { batch } from './volume-batch.ts';
import { breadth } from './volume-breadth.ts';
import { denied } from './volume-denied.ts';
import { dormant } from './volume-dormant.ts';
import { unusualHour } from './volume-hour.ts';

/** Every signal that looks at one observation. T0-5 looks at two credentials: `contract-lineage.ts`. */
export const SIGNALS_IN_ORDER: readonly (readonly [SignalId, Fire])[] = [
  ['T0-1', canary],
  ['T0-2', oldVersion],
  ['T0-3', unbound],
  ['T0-4', outside],
  ['T0-6', tamper],
  ['T0-7', exposed],
  ['T0-8', machine],
  ['B1', newNetwork],
  ['B2', newRegion],
  ['B3', newClient],
  ['B4', overlap],
  ['B5', breadth],
  ['B6', batch],
  ['B7', denied],
  ['B8', order],
  ['B9', dormant],
  ['B10', newApi],
  ['B11', privilege],
  ['B12', hosting],
  ['B13', unusualHour],
];
