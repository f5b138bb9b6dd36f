import { describe, expect, it } from 'vitest';
import {
  type AdvancedField,
  judgeTrails,
  type Selector,
  selectorOfAdvanced,
  selectorOfBasic,
  type TrailFacts,
  type TrailGap,
} from '#core/posture/trail.ts';

const everything: Selector = { reads: true, writes: true, records: () => true };
const without = (...sources: string[]): Selector => ({
  ...everything,
  records: (source) => !sources.includes(source),
});
const KMS = 'kms.amazonaws.com';
const SECRETS = 'secretsmanager.amazonaws.com';

const trail = (changed: Partial<TrailFacts> = {}): TrailFacts => ({
  arn: 'arn:aws:cloudtrail:eu-west-1:111122223333:trail/all',
  homeRegion: 'eu-west-1',
  multiRegion: true,
  globalEvents: true,
  organisation: false,
  logFileValidation: true,
  logging: true,
  selectors: [everything],
  ...changed,
});
const { selectors: _, ...unreadable } = trail();
const gapsOf = (...trails: TrailFacts[]): readonly TrailGap[] => judgeTrails(trails).map(({ gap }) => gap);

describe('what a trail leaves unseen', () => {
  it.each<[string, readonly TrailFacts[], readonly TrailGap[]]>([
    ['everything is recorded', [trail()], []],
    ['there is none', [], ['no-trail']],
    ['all are stopped', [trail({ logging: false })], ['not-logging']],
    ['no reads', [trail({ selectors: [{ ...everything, reads: false }] })], ['reads-not-logged']],
    ['no writes', [trail({ selectors: [{ ...everything, writes: false }] })], ['writes-not-logged']],
    ['nothing but data events', [trail({ selectors: [] })], ['writes-not-logged', 'reads-not-logged']],
    ['without KMS', [trail({ selectors: [without(KMS)] })], ['kms-excluded']],
    ['without Secrets Manager', [trail({ selectors: [without(SECRETS)] })], ['secrets-excluded']],
    [
      'KMS only where nothing is read',
      [trail({ selectors: [without(KMS), { ...everything, reads: false }] })],
      ['kms-excluded'],
    ],
    [
      'Secrets Manager only where nothing is read',
      [trail({ selectors: [without(SECRETS), { ...everything, reads: false }] })],
      ['secrets-excluded'],
    ],
    ['one region', [trail({ multiRegion: false })], ['not-multi-region']],
    ['no global services', [trail({ globalEvents: false })], ['global-events-off']],
    ['no validation', [trail({ logFileValidation: false })], ['validation-off']],
    ['no delivery', [trail({ deliveryError: 'AccessDenied' })], ['delivery-failing']],
    ['no digests', [trail({ digestError: 'AccessDenied' })], ['digests-failing']],
    [
      'no validation, so no digests',
      [trail({ logFileValidation: false, digestError: 'x' })],
      ['validation-off'],
    ],
    ['its selectors are not to be read', [unreadable], ['selectors-unreadable']],
    ['another one, readable, records it all', [unreadable, trail()], []],
    [
      'another one, readable, leaves KMS out',
      [unreadable, trail({ selectors: [without(KMS)] })],
      ['selectors-unreadable'],
    ],
    [
      'two that share it out',
      [
        trail({ selectors: [{ ...everything, reads: false }], logFileValidation: false }),
        trail({ selectors: [{ ...everything, writes: false }], multiRegion: false, globalEvents: false }),
      ],
      [],
    ],
    [
      'one that records it all is stopped',
      [trail({ logging: false }), trail({ multiRegion: false })],
      ['not-multi-region'],
    ],
  ])('%s', (_what, trails, gaps) => {
    expect(gapsOf(...trails)).toEqual(gaps);
  });

  it.each<[TrailGap, readonly TrailFacts[], fix: string, controls: string]>([
    ['no-trail', [], 'make a multi-region trail', 'AU-2 AU-12 SI-4'],
    ['not-logging', [trail({ logging: false })], 'aws cloudtrail start-logging', 'AU-5 AU-12'],
    ['selectors-unreadable', [unreadable], 'run doctor once with credentials of the account', 'CA-7'],
    ['writes-not-logged', [trail({ selectors: [] })], 'ReadWriteType All', 'AU-2 AU-12'],
    ['reads-not-logged', [trail({ selectors: [] })], 'ReadWriteType All', 'AU-2 AU-12 SI-4'],
    ['secrets-excluded', [trail({ selectors: [without(SECRETS)] })], SECRETS, 'AU-2 AU-12 SI-4'],
    ['kms-excluded', [trail({ selectors: [without(KMS)] })], KMS, 'AU-2 AU-12'],
    ['not-multi-region', [trail({ multiRegion: false })], 'update-trail --is-multi-region-trail', 'AU-12'],
    [
      'global-events-off',
      [trail({ globalEvents: false })],
      'update-trail --include-global-service-events',
      'AU-12',
    ],
    [
      'validation-off',
      [trail({ logFileValidation: false })],
      'update-trail --enable-log-file-validation',
      'AU-9 AU-10',
    ],
    ['delivery-failing', [trail({ deliveryError: 'x' })], 'get-trail-status', 'AU-5'],
    ['digests-failing', [trail({ digestError: 'x' })], 'get-trail-status', 'AU-5 AU-9'],
  ])('%s: says what it means, how to mend it, and the controls', (gap, trails, fix, controls) => {
    const found = judgeTrails(trails).find((finding) => finding.gap === gap);
    expect(found).toMatchObject({
      trails: trails.map(({ arn }) => arn),
      problem: expect.stringMatching(/^[a-z].* /),
      fix: expect.stringContaining(fix),
    });
    expect(found?.controls.join(' ')).toBe(controls);
  });

  it('names the trails that it was looked for in', () => {
    const second = trail({ arn: 'second', logging: false });
    for (const finding of judgeTrails([trail({ multiRegion: false, selectors: [] }), second]))
      expect(finding.trails).toEqual([trail().arn]);
    expect(judgeTrails([second])[0]?.trails).toEqual(['second']);
    expect(judgeTrails([unreadable, trail({ arn: 'readable', selectors: [] })])[0]?.trails).toEqual([
      trail().arn,
    ]);
  });
});

const seen = (selector: Selector | undefined): object | undefined =>
  selector && {
    reads: selector.reads,
    writes: selector.writes,
    kms: selector.records(KMS),
    secrets: selector.records(SECRETS),
  };
const ALL = { reads: true, writes: true, kms: true, secrets: true };

it.each([
  ['All', true, [], ALL],
  ['ReadOnly', true, [], { ...ALL, writes: false }],
  ['WriteOnly', true, [KMS, 'rdsdata.amazonaws.com'], { ...ALL, reads: false, kms: false }],
  ['All', false, [], undefined],
])(
  'a basic selector of %s, management %s, without %j',
  (readWriteType, managementEvents, excluded, expected) => {
    expect(seen(selectorOfBasic({ readWriteType, managementEvents, excluded }))).toEqual(expected);
  },
);

const MANAGEMENT: AdvancedField = { field: 'eventCategory', equals: ['Management'] };

it.each<[string, readonly AdvancedField[], object | undefined]>([
  ['all management events', [MANAGEMENT], ALL],
  ['data events', [{ field: 'eventCategory', equals: ['Data'] }], undefined],
  ['reads', [MANAGEMENT, { field: 'readOnly', equals: ['true'] }], { ...ALL, writes: false }],
  ['writes', [MANAGEMENT, { field: 'readOnly', equals: ['false'] }], { ...ALL, reads: false }],
  ['without KMS', [MANAGEMENT, { field: 'eventSource', notEquals: [KMS] }], { ...ALL, kms: false }],
  [
    'without either of two',
    [MANAGEMENT, { field: 'eventSource', notEquals: ['rds.amazonaws.com', KMS] }],
    { ...ALL, kms: false },
  ],
  [
    'without what begins so',
    [MANAGEMENT, { field: 'eventSource', notStartsWith: ['secrets'] }],
    { ...ALL, secrets: false },
  ],
  [
    'without what ends so',
    [MANAGEMENT, { field: 'eventSource', notEndsWith: ['ms.amazonaws.com'] }],
    { ...ALL, kms: false },
  ],
  [
    'only what begins so',
    [MANAGEMENT, { field: 'eventSource', startsWith: ['kms'] }],
    { ...ALL, secrets: false },
  ],
  [
    'only what ends so',
    [MANAGEMENT, { field: 'eventSource', endsWith: ['manager.amazonaws.com'] }],
    { ...ALL, kms: false },
  ],
  ['an empty comparison', [MANAGEMENT, { field: 'eventSource', equals: [] }], ALL],
  [
    'one of several',
    [MANAGEMENT, { field: 'eventSource', equals: ['sts.amazonaws.com', KMS] }],
    { ...ALL, secrets: false },
  ],
  ['narrowed by a name', [MANAGEMENT, { field: 'eventName', equals: ['CreateUser'] }], undefined],
])('an advanced selector: %s', (_what, fields, expected) => {
  expect(seen(selectorOfAdvanced(fields))).toEqual(expected);
});
