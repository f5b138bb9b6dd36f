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

  it('names the trails, what it means, the fix and the controls', () => {
    const second = trail({ arn: 'second', logging: false });
    for (const finding of judgeTrails([trail({ multiRegion: false, selectors: [] }), second])) {
      expect(finding.trails).toEqual([trail().arn]);
      expect(finding.problem).not.toBe('');
      expect(finding.fix).not.toBe('');
      expect(finding.controls.length).toBeGreaterThan(0);
    }
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
  ['narrowed by a name', [MANAGEMENT, { field: 'eventName', equals: ['CreateUser'] }], undefined],
])('an advanced selector: %s', (_what, fields, expected) => {
  expect(seen(selectorOfAdvanced(fields))).toEqual(expected);
});
