import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { TableFacts } from '#core/evidence/facts.ts';
import { guarded } from '../errors.ts';

/** The registry's table as DynamoDB describes it now. */
export function describeTable(client: DynamoDBClient, TableName: string): Promise<TableFacts> {
  return guarded(async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    const { ContinuousBackupsDescription: backups } = await client.send(
      new DescribeContinuousBackupsCommand({ TableName }),
    );
    const keyArn = Table?.SSEDescription?.KMSMasterKeyArn;
    return {
      name: TableName,
      ...(keyArn === undefined ? {} : { keyArn }),
      pointInTimeRecovery: backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED',
      deletionProtection: Table?.DeletionProtectionEnabled === true,
    };
  });
}
