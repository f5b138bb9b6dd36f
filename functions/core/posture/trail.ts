/** One trail as CloudTrail's GetTrail, GetTrailStatus and GetEventSelectors show it, in our words. */
export interface TrailFacts {
  readonly arn: string;
  readonly homeRegion: string;
  readonly multiRegion: boolean;
  readonly globalEvents: boolean;
  readonly organisation: boolean;
  readonly logFileValidation: boolean;
  readonly logging: boolean;
  /** CloudTrail's own word on why files or digests do not arrive; absent: they do. */
  readonly deliveryError?: string;
  readonly digestError?: string;
  /** What of the account's management events it records; absent where the selectors may not be read. */
  readonly selectors?: readonly Selector[];
}

/** One event selector, basic or advanced, for management events. */
export interface Selector {
  readonly reads: boolean;
  readonly writes: boolean;
  /** Whether it records events of this service (`kms.amazonaws.com`). */
  readonly records: (eventSource: string) => boolean;
}

/** Lists the trails that record this account, an organisation's among them. */
export interface TrailReader {
  trails(): Promise<readonly TrailFacts[]>;
}

/** What is missing. */
export type TrailGap =
  | 'no-trail'
  | 'not-logging'
  | 'selectors-unreadable'
  | 'writes-not-logged'
  | 'reads-not-logged'
  | 'secrets-excluded'
  | 'kms-excluded'
  | 'not-multi-region'
  | 'global-events-off'
  | 'validation-off'
  | 'delivery-failing'
  | 'digests-failing';

export interface TrailFinding {
  readonly gap: TrailGap;
  /** The trails that it was looked for in. */
  readonly trails: readonly string[];
  /** What is blind or unproven because of it. */
  readonly problem: string;
  readonly fix: string;
  /** NIST SP 800-53 Rev. 5. */
  readonly controls: readonly string[];
}

const SECRETS = 'secretsmanager.amazonaws.com';
const KMS = 'kms.amazonaws.com';

type Gaps = Readonly<Record<TrailGap, Omit<TrailFinding, 'gap' | 'trails'>>>;

const GAPS: Gaps = {
  'no-trail': {
    problem: 'no trail records this account: EventBridge gets no call, and nothing is detected',
    fix: 'make a multi-region trail of all management events, or have the organisation’s trail cover this account',
    controls: ['AU-2', 'AU-12', 'SI-4'],
  },
  'not-logging': {
    problem: 'every trail is stopped: nothing is detected',
    fix: 'aws cloudtrail start-logging, and find out who stopped it',
    controls: ['AU-5', 'AU-12'],
  },
  'selectors-unreadable': {
    problem:
      'what is recorded cannot be read from here: an organisation’s trail shows it to its own account only',
    fix: 'run doctor once with credentials of the account that owns the trail',
    controls: ['CA-7'],
  },
  'writes-not-logged': {
    problem: 'changes are not recorded: minted keys, changed policies and tampering go unseen',
    fix: 'record management events of ReadWriteType All',
    controls: ['AU-2', 'AU-12'],
  },
  'reads-not-logged': {
    problem:
      'reads are not recorded: GetSecretValue and AssumeRole are reads, and an unbound reader goes unseen',
    fix: 'record management events of ReadWriteType All',
    controls: ['AU-2', 'AU-12', 'SI-4'],
  },
  'secrets-excluded': {
    problem: 'events of Secrets Manager are excluded: who reads a secret goes unseen',
    fix: 'take secretsmanager.amazonaws.com out of what the selectors exclude',
    controls: ['AU-2', 'AU-12', 'SI-4'],
  },
  'kms-excluded': {
    problem: 'events of KMS are excluded: which version was read after a cut-over (T0-2) goes unseen',
    fix: 'take kms.amazonaws.com out of ExcludeManagementEventSources, or out of the advanced selectors’ NotEquals',
    controls: ['AU-2', 'AU-12'],
  },
  'not-multi-region': {
    problem: 'other regions are not recorded: a thief who reads or mints there goes unseen',
    fix: 'aws cloudtrail update-trail --is-multi-region-trail',
    controls: ['AU-12'],
  },
  'global-events-off': {
    problem: 'global services are not recorded: IAM changes go unseen',
    fix: 'aws cloudtrail update-trail --include-global-service-events',
    controls: ['AU-12'],
  },
  'validation-off': {
    problem: 'log file validation is off: a file that was changed or taken away cannot be told',
    fix: 'aws cloudtrail update-trail --enable-log-file-validation',
    controls: ['AU-9', 'AU-10'],
  },
  'delivery-failing': {
    problem: 'files do not reach the bucket: what the bus loses is lost for good',
    fix: 'mend the bucket’s policy or its key’s; aws cloudtrail get-trail-status says why',
    controls: ['AU-5'],
  },
  'digests-failing': {
    problem: 'digests do not reach the bucket: files cannot be proven whole',
    fix: 'mend the bucket’s policy; aws cloudtrail get-trail-status says why',
    controls: ['AU-5', 'AU-9'],
  },
};

/**
 * What is missing for detection and for proof. Coverage may be shared out: EventBridge is told by any trail that
 * logs, so each demand has to be met by one of them, not all by the same.
 */
export function judgeTrails(trails: readonly TrailFacts[]): readonly TrailFinding[] {
  const of = (gap: TrailGap, about: readonly TrailFacts[]): TrailFinding => ({
    gap,
    trails: about.map(({ arn }) => arn),
    ...GAPS[gap],
  });
  if (trails.length === 0) return [of('no-trail', [])];
  const logging = trails.filter((trail) => trail.logging);
  if (logging.length === 0) return [of('not-logging', trails)];
  const readable = logging.filter(({ selectors }) => selectors !== undefined);
  const recorded = readable.flatMap(({ selectors = [] }) => selectors);
  const selects = (wanted: (selector: Selector) => boolean): boolean => recorded.some(wanted);
  const content: readonly (readonly [TrailGap, boolean])[] = [
    ['writes-not-logged', selects(({ writes }) => writes)],
    ['reads-not-logged', selects(({ reads }) => reads)],
    ['secrets-excluded', selects(({ reads, records }) => reads && records(SECRETS))],
    ['kms-excluded', selects(({ reads, records }) => reads && records(KMS))],
  ];
  const missing = content.flatMap(([gap, met]) => (met ? [] : [gap]));
  // Without reads at all, that a service's reads are not recorded says nothing more.
  const gaps = missing.includes('reads-not-logged')
    ? missing.filter((gap) => !gap.endsWith('-excluded'))
    : missing;
  const some = (holds: (trail: TrailFacts) => boolean): boolean => logging.some(holds);
  const unread = readable.length < logging.length && gaps.length > 0;
  const shape: readonly (readonly [TrailGap, boolean])[] = [
    ['not-multi-region', some(({ multiRegion }) => multiRegion)],
    ['global-events-off', some(({ globalEvents }) => globalEvents)],
    ['validation-off', some(({ logFileValidation }) => logFileValidation)],
    ['delivery-failing', some(({ deliveryError }) => deliveryError === undefined)],
    [
      'digests-failing',
      some(({ logFileValidation, digestError }) => !logFileValidation || digestError === undefined),
    ],
  ];
  return [
    ...(unread
      ? [
          of(
            'selectors-unreadable',
            logging.filter(({ selectors }) => selectors === undefined),
          ),
        ]
      : []),
    ...(unread ? [] : gaps.map((gap) => of(gap, readable))),
    ...shape.flatMap(([gap, met]) => (met ? [] : [of(gap, logging)])),
  ];
}

/** A basic event selector (GetEventSelectors: `EventSelectors`). */
export interface BasicSelector {
  readonly readWriteType: string;
  readonly managementEvents: boolean;
  readonly excluded: readonly string[];
}

/** `undefined`: it is about data events only. */
export function selectorOfBasic({
  readWriteType,
  managementEvents,
  excluded,
}: BasicSelector): Selector | undefined {
  if (!managementEvents) return undefined;
  return {
    reads: readWriteType !== 'WriteOnly',
    writes: readWriteType !== 'ReadOnly',
    records: (source) => !excluded.includes(source),
  };
}

/** One field of an advanced selector, as CloudTrail spells its comparisons. */
export interface AdvancedField {
  readonly field: string;
  readonly equals?: readonly string[];
  readonly notEquals?: readonly string[];
  readonly startsWith?: readonly string[];
  readonly notStartsWith?: readonly string[];
  readonly endsWith?: readonly string[];
  readonly notEndsWith?: readonly string[];
}

/** Fields that a selector of management events may have and that are understood here. */
const UNDERSTOOD = ['eventCategory', 'readOnly', 'eventSource'];

/**
 * `undefined`: not about management events. One that narrows them by anything else (`eventName`,
 * `userIdentity.arn`) counts for nothing: it may leave out the very call that matters.
 */
export function selectorOfAdvanced(fields: readonly AdvancedField[]): Selector | undefined {
  const takes = (name: string, value: string): boolean =>
    fields.filter(({ field }) => field === name).every((field) => passes(field, value));
  if (!takes('eventCategory', 'Management')) return undefined;
  if (fields.some(({ field }) => !UNDERSTOOD.includes(field))) return undefined;
  return {
    reads: takes('readOnly', 'true'),
    writes: takes('readOnly', 'false'),
    records: (source) => takes('eventSource', source),
  };
}

function passes(field: AdvancedField, value: string): boolean {
  const any = (list: readonly string[] | undefined, test: (text: string) => boolean): boolean =>
    list === undefined || list.length === 0 || list.some(test);
  const none = (list: readonly string[] | undefined, test: (text: string) => boolean): boolean =>
    list?.some(test) !== true;
  return (
    any(field.equals, (text) => text === value) &&
    any(field.startsWith, (text) => value.startsWith(text)) &&
    any(field.endsWith, (text) => value.endsWith(text)) &&
    none(field.notEquals, (text) => text === value) &&
    none(field.notStartsWith, (text) => value.startsWith(text)) &&
    none(field.notEndsWith, (text) => value.endsWith(text))
  );
}
