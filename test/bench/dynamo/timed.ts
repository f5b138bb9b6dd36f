import {
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { World } from '../../ports/world.ts';
import { createQuota, type Quota } from '../quota.ts';
import type { Charge, Command, Table } from './table.ts';

/** How long things take, in milliseconds, and how many write units a second DynamoDB gives. */
export interface Pace {
  /** A consistent read, within a region. */
  readonly readMs: number;
  /** A transaction, from its call to its reply; its items are held so long. */
  readonly writeMs: number;
  /** One partition, of the table or of an index. */
  readonly partitionUnits: number;
  /** The table as a whole, and each index. */
  readonly tableUnits: number;
}

/** What the load met. */
export interface Met {
  conflicts: number;
  throttled: number;
}

/**
 * The table with time: reads take theirs, a transaction holds its items and cancels any other that touches one of
 * them, and a partition that has given all it has gives no more until the next moment. Every partition key counts as
 * a partition of its own, which is the most that DynamoDB promises, and none is kept for later.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html, conflicts
 */
export function createTimedClient(
  table: Table,
  world: World,
  pace: Pace,
): { readonly client: DynamoDBClient; readonly met: Met } {
  const held = new Set<string>();
  const quotas = new Map<string, Quota>();
  const met: Met = { conflicts: 0, throttled: 0 };

  const quotaOf = (name: string, perSecond: number): Quota => {
    const known = quotas.get(name) ?? createQuota(world.clock, perSecond);
    quotas.set(name, known);
    return known;
  };
  /** Units by quota: the table and each index as a whole, and each partition of them. */
  function drawn(charges: readonly Charge[]): readonly { readonly quota: Quota; readonly units: number }[] {
    const units = new Map<Quota, number>();
    for (const { index = 'table', partition, units: more } of charges) {
      const wholes = quotaOf(index, pace.tableUnits);
      const part = quotaOf(`${index}|${partition}`, pace.partitionUnits);
      for (const quota of [wholes, part]) units.set(quota, (units.get(quota) ?? 0) + more);
    }
    return [...units].map(([quota, sum]) => ({ quota, units: sum }));
  }
  const cancelled = (Code: string, count: number): TransactionCanceledException =>
    new TransactionCanceledException({
      message: Code,
      $metadata: { httpStatusCode: 400, attempts: 1 },
      CancellationReasons: Array.from({ length: count }, () => ({ Code })),
    });

  async function transact(command: TransactWriteItemsCommand): Promise<object> {
    const writes = command.input.TransactItems ?? [];
    const ids = writes.map(idOf);
    if (ids.some((id) => held.has(id))) {
      met.conflicts++;
      await world.clock.sleep(pace.writeMs / 2);
      throw cancelled('TransactionConflict', writes.length);
    }
    const draws = drawn(table.chargesOf(command));
    if (!draws.every(({ quota, units }) => quota.has(units))) {
      met.throttled++;
      await world.clock.sleep(pace.readMs);
      throw cancelled('ThrottlingError', writes.length);
    }
    for (const { quota, units } of draws) quota.take(units);
    for (const id of ids) held.add(id);
    try {
      await world.clock.sleep(pace.writeMs);
      return table.perform(command);
    } finally {
      for (const id of ids) held.delete(id);
    }
  }

  async function send(command: Command): Promise<object> {
    if (command instanceof TransactWriteItemsCommand) return transact(command);
    await world.clock.sleep(pace.readMs);
    return table.perform(command);
  }
  return { client: { send } as unknown as DynamoDBClient, met };
}

function idOf({ Put, Delete }: TransactWriteItem): string {
  const key = Put?.Item ?? Delete?.Key;
  return `${key?.pk?.S}|${key?.sk?.S}`;
}
