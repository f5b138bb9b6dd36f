/** Evidence that comes from one cause is of one family, and a family's weight is capped: correlated evidence counts once. */
export const FAMILIES = ['network', 'client', 'api', 'volume', 'contract'] as const;

export type EvidenceFamily = (typeof FAMILIES)[number];

/** Every signal. Tier 0 (`T0-…`) checks what was promised; tier 1 (`B…`) compares with habits. */
export const SIGNAL_IDS = [
  'T0-1',
  'T0-2',
  'T0-3',
  'T0-4',
  'T0-5',
  'T0-6',
  'T0-7',
  'T0-8',
  'B1',
  'B2',
  'B3',
  'B4',
  'B5',
  'B6',
  'B7',
  'B8',
  'B9',
  'B10',
  'B11',
  'B12',
  'B13',
] as const;

export type SignalId = (typeof SIGNAL_IDS)[number];

export const isTierZero = (signal: string): boolean => signal.startsWith('T0-');

/** What a signal is, apart from when it fires. */
export interface Described {
  readonly title: string;
  readonly family: EvidenceFamily;
  /** MITRE ATT&CK (Enterprise, cloud) technique. */
  readonly technique: string;
  /** NIST SP 800-53 Rev. 5 controls that it serves. */
  readonly controls: readonly string[];
}

/** Every signal, with the technique that it sees and the controls that it serves. */
export const CATALOGUE: Readonly<Record<SignalId, Described>> = {
  'T0-1': {
    title: 'canary touched',
    family: 'contract',
    technique: 'T1552',
    controls: ['SC-26', 'SI-4'],
  },
  'T0-2': {
    title: 'old version after cut-over',
    family: 'contract',
    technique: 'T1078.004',
    controls: ['IA-5', 'AC-2(12)'],
  },
  'T0-3': {
    title: 'unbound reader',
    family: 'contract',
    technique: 'T1555.006',
    controls: ['AC-3', 'AC-6'],
  },
  'T0-4': {
    title: 'outside the declared networks',
    family: 'contract',
    technique: 'T1550.001',
    controls: ['AC-3', 'SC-7'],
  },
  'T0-5': {
    title: 'minted by a suspect',
    family: 'contract',
    technique: 'T1098.001',
    controls: ['AC-2(12)', 'IA-4'],
  },
  'T0-6': {
    title: 'tampering with the watch',
    family: 'contract',
    technique: 'T1562.008',
    controls: ['AU-9', 'SI-7'],
  },
  'T0-7': {
    title: 'AWS says exposed',
    family: 'contract',
    technique: 'T1552.001',
    controls: ['SI-5', 'AC-2(13)'],
  },
  'T0-8': {
    title: 'machine role on a desktop',
    family: 'contract',
    technique: 'T1552.005',
    controls: ['IA-3', 'SI-4'],
  },
  B1: { title: 'new network', family: 'network', technique: 'T1078.004', controls: ['AC-2(12)'] },
  B2: { title: 'new region', family: 'network', technique: 'T1535', controls: ['AC-2(12)'] },
  B3: { title: 'new client family', family: 'client', technique: 'T1078.004', controls: ['AC-2(12)'] },
  B4: { title: 'two places at once', family: 'network', technique: 'T1550.001', controls: ['AC-2(12)'] },
  B5: {
    title: 'many secrets not its own',
    family: 'volume',
    technique: 'T1555.006',
    controls: ['AC-6', 'SI-4'],
  },
  B6: {
    title: 'secrets read in bulk by filter',
    family: 'volume',
    technique: 'T1555.006',
    controls: ['SI-4'],
  },
  B7: { title: 'many kinds of call denied', family: 'volume', technique: 'T1580', controls: ['AC-6(9)'] },
  B8: { title: 'the order of a search', family: 'api', technique: 'T1526', controls: ['SI-4'] },
  B9: { title: 'awake after long rest', family: 'volume', technique: 'T1078.004', controls: ['AC-2(3)'] },
  B10: { title: 'new kind of call', family: 'api', technique: 'T1580', controls: ['AC-2(12)'] },
  B11: { title: 'privilege gained', family: 'api', technique: 'T1098', controls: ['AC-6(9)'] },
  B12: { title: 'Tor or rented hosts', family: 'network', technique: 'T1090.003', controls: ['SC-7'] },
  B13: { title: 'unusual hour', family: 'volume', technique: 'T1078.004', controls: ['AC-2(12)'] },
};
