import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { expect, it } from 'vitest';
import { createEventHistory } from '#adapters/cloudtrail/event-history.ts';
import { createWire, refusal } from '../wire.ts';

const ASKED = {
  region: 'us-east-1',
  name: 'CreateAccessKey',
  from: Date.UTC(2026, 10, 24),
  to: Date.UTC(2026, 10, 25),
};

it('asks the region that logs it for one name, page by page', async () => {
  const record = { eventID: 'e-1', eventName: 'CreateAccessKey' };
  const wire = createWire(
    {
      json: {
        Events: [{ CloudTrailEvent: JSON.stringify(record) }, { CloudTrailEvent: '{' }, {}],
        NextToken: 'next',
      },
    },
    { json: {} },
  );
  const regions: string[] = [];
  const history = createEventHistory((region) => {
    regions.push(region);
    return new CloudTrailClient(wire.config);
  });
  const page = await history.lookup(ASKED);
  expect(page).toEqual({ records: [record, undefined, undefined], page: 'next' });
  expect(await history.lookup({ ...ASKED, page: 'next' })).toEqual({ records: [] });
  expect(regions).toEqual(['us-east-1', 'us-east-1']);
  expect(wire.calls.map(({ body }) => body)).toEqual([
    {
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateAccessKey' }],
      StartTime: ASKED.from / 1000,
      EndTime: ASKED.to / 1000,
      MaxResults: 50,
    },
    expect.objectContaining({ NextToken: 'next' }),
  ]);
});

it('throws what CloudTrail refuses', async () => {
  const wire = createWire(refusal('ThrottlingException'));
  const history = createEventHistory(() => new CloudTrailClient(wire.config));
  await expect(history.lookup(ASKED)).rejects.toMatchObject({
    name: 'PortError',
    code: 'ThrottlingException',
  });
});
