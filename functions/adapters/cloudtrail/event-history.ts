import { type CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { jsonIn } from '#core/json.ts';
import type { EventHistory } from '#core/reconcile/ports.ts';
import { toPortError } from '../errors.ts';

const PAGE = 50;

/** CloudTrail's event history, one client for each region. What is no JSON is given as it is, for the caller to count. */
export function createEventHistory(clientOf: (region: string) => CloudTrailClient): EventHistory {
  return {
    async lookup({ region, name, from, to, page }) {
      try {
        const { Events = [], NextToken } = await clientOf(region).send(
          new LookupEventsCommand({
            LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: name }],
            StartTime: new Date(from),
            EndTime: new Date(to),
            MaxResults: PAGE,
            ...(page === undefined ? {} : { NextToken: page }),
          }),
        );
        const records = Events.map(({ CloudTrailEvent = '' }) => jsonIn(CloudTrailEvent));
        return { records, ...(NextToken === undefined ? {} : { page: NextToken }) };
      } catch (fault) {
        throw toPortError(fault);
      }
    },
  };
}
