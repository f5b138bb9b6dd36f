import type { CloudTrailRecord } from './record.ts';

/** A record as EventBridge hands it on. */
export interface Envelope {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: CloudTrailRecord;
}

const DETAIL_TYPES = {
  AwsApiCall: 'AWS API Call via CloudTrail',
  AwsServiceEvent: 'AWS Service Event via CloudTrail',
  AwsConsoleSignIn: 'AWS Console Sign In via CloudTrail',
} as const;

/** @param id the bus's own id of this delivery; a repeated delivery has another, the record's eventID stays */
export const envelopeOf = (record: CloudTrailRecord, id: string): Envelope => ({
  version: '0',
  id,
  'detail-type': DETAIL_TYPES[record.eventType],
  source: `aws.${record.eventSource.replace('.amazonaws.com', '')}`,
  account: record.recipientAccountId,
  time: record.eventTime,
  region: record.awsRegion,
  resources: [],
  detail: record,
});
