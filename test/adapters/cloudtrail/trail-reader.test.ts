import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { describe, expect, it } from 'vitest';
import { createTrailReader } from '#adapters/cloudtrail/trail-reader.ts';
import { judgeTrails, type TrailReader } from '#core/posture/trail.ts';
import { createWire, refusal, type Wire, type WireAnswer } from '../wire.ts';

const ARN = 'arn:aws:cloudtrail:eu-west-1:111122223333:trail/all';
const listed: WireAnswer = {
  json: { trailList: [{ TrailARN: ARN }, { TrailARN: ARN }, { Name: 'nameless' }] },
};
const TRAIL = {
  TrailARN: ARN,
  HomeRegion: 'eu-west-1',
  IsMultiRegionTrail: true,
  IncludeGlobalServiceEvents: true,
  IsOrganizationTrail: false,
  LogFileValidationEnabled: true,
};
const status = (more: object = {}): WireAnswer => ({
  json: { IsLogging: true, LatestDeliveryError: '', ...more },
});
const basic: WireAnswer = {
  json: {
    EventSelectors: [
      {
        ReadWriteType: 'All',
        IncludeManagementEvents: true,
        ExcludeManagementEventSources: ['kms.amazonaws.com'],
      },
    ],
  },
};

function readerOn(...answers: WireAnswer[]): { reader: TrailReader; calls: Wire['calls'] } {
  const wire = createWire(...answers);
  return { reader: createTrailReader(new CloudTrailClient(wire.config)), calls: wire.calls };
}

describe('createTrailReader', () => {
  it('asks of each trail once, shadows of other regions and of the organisation too', async () => {
    const { reader, calls } = readerOn(listed, { json: { Trail: TRAIL } }, status(), basic);
    const trails = await reader.trails();
    expect(trails).toMatchObject([
      { arn: ARN, homeRegion: 'eu-west-1', multiRegion: true, logFileValidation: true, logging: true },
    ]);
    expect(trails[0]).not.toHaveProperty('deliveryError');
    expect(judgeTrails(trails).map(({ gap }) => gap)).toEqual(['kms-excluded']);
    expect(calls.map(({ operation, body }) => [operation, body])).toEqual([
      ['DescribeTrails', { includeShadowTrails: true }],
      ['GetTrail', { Name: ARN }],
      ['GetTrailStatus', { Name: ARN }],
      ['GetEventSelectors', { TrailName: ARN }],
    ]);
  });

  it('reads advanced selectors, and what CloudTrail cannot deliver', async () => {
    const advanced = {
      AdvancedEventSelectors: [
        {
          FieldSelectors: [
            { Field: 'eventCategory', Equals: ['Management'] },
            { Field: 'readOnly', Equals: ['false'] },
            {
              Field: 'eventSource',
              NotEquals: ['kms.amazonaws.com'],
              NotStartsWith: ['x'],
              NotEndsWith: ['y'],
            },
          ],
        },
        {
          FieldSelectors: [
            { Field: 'eventCategory', Equals: ['Data'] },
            { Field: 'x', StartsWith: ['a'], EndsWith: ['b'] },
          ],
        },
      ],
    };
    const failing = status({
      LatestDeliveryError: 'AccessDenied',
      LatestDigestDeliveryError: 'NoSuchBucket',
    });
    const { reader } = readerOn(listed, { json: { Trail: TRAIL } }, failing, { json: advanced });
    const trails = await reader.trails();
    expect(trails[0]).toMatchObject({ deliveryError: 'AccessDenied', digestError: 'NoSuchBucket' });
    expect(judgeTrails(trails).map(({ gap }) => gap)).toEqual([
      'reads-not-logged',
      'delivery-failing',
      'digests-failing',
    ]);
  });

  it('takes what CloudTrail leaves out for the worse', async () => {
    const { reader } = readerOn(listed, { json: {} }, { json: {} }, { json: {} });
    expect(judgeTrails(await reader.trails()).map(({ gap }) => gap)).toEqual(['not-logging']);
  });

  it('knows that an organisation’s selectors may not be shown to it', async () => {
    const { reader } = readerOn(
      listed,
      { json: { Trail: TRAIL } },
      status(),
      refusal('AccessDeniedException'),
    );
    expect(judgeTrails(await reader.trails()).map(({ gap }) => gap)).toEqual(['selectors-unreadable']);
  });

  it('throws what it cannot judge', async () => {
    const { reader } = readerOn(listed, { json: { Trail: TRAIL } }, status(), refusal('ThrottlingException'));
    await expect(reader.trails()).rejects.toMatchObject({ name: 'PortError', code: 'ThrottlingException' });
  });
});
