import { expect, it } from 'vitest';
import { CATALOGUE, isTierZero, SIGNAL_IDS, type SignalId } from '#core/detection/catalogue.ts';

/** What verdicts, evidence and the register of controls say of each signal. */
const SAID: readonly (readonly [SignalId, string, string, string, string])[] = [
  ['T0-1', 'canary touched', 'contract', 'T1552', 'SC-26, SI-4'],
  ['T0-2', 'old version after cut-over', 'contract', 'T1078.004', 'IA-5, AC-2(12)'],
  ['T0-3', 'unbound reader', 'contract', 'T1555.006', 'AC-3, AC-6'],
  ['T0-4', 'outside the declared networks', 'contract', 'T1550.001', 'AC-3, SC-7'],
  ['T0-5', 'minted by a suspect', 'contract', 'T1098.001', 'AC-2(12), IA-4'],
  ['T0-6', 'tampering with the watch', 'contract', 'T1562.008', 'AU-9, SI-7'],
  ['T0-7', 'AWS says exposed', 'contract', 'T1552.001', 'SI-5, AC-2(13)'],
  ['T0-8', 'machine role on a desktop', 'contract', 'T1552.005', 'IA-3, SI-4'],
  ['B1', 'new network', 'network', 'T1078.004', 'AC-2(12)'],
  ['B2', 'new region', 'network', 'T1535', 'AC-2(12)'],
  ['B3', 'new client family', 'client', 'T1078.004', 'AC-2(12)'],
  ['B4', 'two places at once', 'network', 'T1550.001', 'AC-2(12)'],
  ['B5', 'many secrets not its own', 'volume', 'T1555.006', 'AC-6, SI-4'],
  ['B6', 'secrets read in bulk by filter', 'volume', 'T1555.006', 'SI-4'],
  ['B7', 'many kinds of call denied', 'volume', 'T1580', 'AC-6(9)'],
  ['B8', 'the order of a search', 'api', 'T1526', 'SI-4'],
  ['B9', 'awake after long rest', 'volume', 'T1078.004', 'AC-2(3)'],
  ['B10', 'new kind of call', 'api', 'T1580', 'AC-2(12)'],
  ['B11', 'privilege gained', 'api', 'T1098', 'AC-6(9)'],
  ['B12', 'Tor or rented hosts', 'network', 'T1090.003', 'SC-7'],
  ['B13', 'unusual hour', 'volume', 'T1078.004', 'AC-2(12)'],
];

it('describes every signal once', () => {
  expect(SAID.map(([signal]) => signal)).toEqual(SIGNAL_IDS);
});

it.each(SAID)('%s is %s', (signal, title, family, technique, controls) => {
  expect(CATALOGUE[signal]).toEqual({ title, family, technique, controls: controls.split(', ') });
  expect(isTierZero(signal)).toBe(family === 'contract');
});
