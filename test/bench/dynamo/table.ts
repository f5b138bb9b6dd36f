import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { Item } from '#adapters/dynamodb/items.ts';
import { INDEX } from '#core/storage.ts';
import { bytesOf, createExpiryIndex, type Population } from './expiry.ts';
import { indexWrites } from './indexes.ts';
import { itemBytes, readUnits, writeUnits } from './size.ts';

/** Write units that one partition of the table, or of an index, gives. */
export interface Charge {
  readonly index?: string;
  readonly partition: string;
  readonly units: number;
}

/** What has been used up since the last {@link Table.settle}, in capacity units. */
export interface Spent {
  readonly reads: number;
  readonly writes: number;
  readonly indexWrites: number;
  readonly calls: number;
}

export type Command =
  | BatchGetItemCommand
  | GetItemCommand
  | PutItemCommand
  | QueryCommand
  | TransactWriteItemsCommand;

/** A table that answers the registry's own commands as DynamoDB does, and counts capacity by DynamoDB's rules. */
export interface Table {
  readonly client: DynamoDBClient;
  /** Carries a command out at once. */
  perform(command: Command): object;
  /** What a command that writes would take, partition by partition. */
  chargesOf(command: Command): readonly Charge[];
  /** Everything written, by `pk|sk`. */
  readonly items: ReadonlyMap<string, Item>;
  /** What was spent since it was last asked. */
  settle(): Spent;
}

interface Key {
  readonly pk: string;
  readonly sk: string;
}

const idOf = ({ pk, sk }: Key): string => `${pk}|${sk}`;
const keyOf = (key: Item | undefined): Key => ({ pk: key?.pk?.S ?? '', sk: key?.sk?.S ?? '' });
const some = (item: Item | undefined): readonly Item[] => (item === undefined ? [] : [item]);
const refused = (message: string): object => ({ message, $metadata: { httpStatusCode: 400, attempts: 1 } });

/** @throws RangeError for a command or an expression that the registry did not use when this was written. */
export function createTable(population?: Population): Table {
  const items = new Map<string, Item>();
  const gone = new Set<string>();
  const expiry = createExpiryIndex(
    population,
    (pk, sk) => items.has(idOf({ pk, sk })) || gone.has(idOf({ pk, sk })),
  );
  const byPrincipal = new Map<string, Map<string, string>>();
  let spent = { reads: 0, writes: 0, indexWrites: 0, calls: 0 };

  const find = (key: Key): Item | undefined =>
    items.get(idOf(key)) ?? (gone.has(idOf(key)) ? undefined : population?.item(key.pk, key.sk));

  function store(key: Key, before: Item | undefined, after: Item | undefined): void {
    const written = items.get(idOf(key));
    expiry.replace(written, after);
    if (after === undefined) {
      items.delete(idOf(key));
      gone.add(idOf(key));
    } else items.set(idOf(key), after);
    const arn = (after ?? before)?.principalArn?.S;
    if (arn === undefined) return;
    const ofPrincipal = byPrincipal.get(arn) ?? new Map<string, string>();
    byPrincipal.set(arn, ofPrincipal);
    if (after === undefined) ofPrincipal.delete(key.pk);
    else ofPrincipal.set(key.pk, idOf(key));
  }

  function read(key: Item | undefined, consistent: boolean | undefined): Item | undefined {
    const item = find(keyOf(key));
    spent.reads += readUnits(item === undefined ? 0 : itemBytes(item), consistent === true);
    return item;
  }

  function query(input: QueryCommandInput): object {
    const { IndexName, KeyConditionExpression: condition, ExpressionAttributeValues: values = {} } = input;
    const limit = input.Limit ?? Number.POSITIVE_INFINITY;
    let found: readonly Item[];
    if (IndexName === INDEX.expiry && condition === 'due = :due AND dueAt <= :now') {
      found = expiry.query(values[':due']?.S ?? '', Number(values[':now']?.N), limit);
    } else if (IndexName === INDEX.principal && condition === 'principalArn = :arn') {
      const ids = [...(byPrincipal.get(values[':arn']?.S ?? '')?.values() ?? [])];
      found = ids.sort().flatMap((id) => some(items.get(id)));
      if (found.length > limit) throw new RangeError('pages of this query are not modelled');
    } else {
      throw new RangeError(`query not modelled: ${IndexName}, ${condition}`);
    }
    spent.reads += readUnits(bytesOf(found), input.ConsistentRead === true);
    return { Items: found };
  }

  function put(write: NonNullable<TransactWriteItem['Put']>): void {
    store(keyOf(write.Item), find(keyOf(write.Item)), write.Item);
  }

  function chargesOf(command: Command): readonly Charge[] {
    const transaction = command instanceof TransactWriteItemsCommand;
    const writes: readonly TransactWriteItem[] = transaction
      ? (command.input.TransactItems ?? [])
      : command instanceof PutItemCommand
        ? [{ Put: command.input }]
        : [];
    return writes.flatMap((write) => {
      const key = keyOf(write.Put?.Item ?? write.Delete?.Key);
      const [before, after] = [find(key), write.Put?.Item];
      const bytes = Math.max(...[before, after].map((item) => (item === undefined ? 0 : itemBytes(item))));
      return [{ partition: key.pk, units: writeUnits(bytes, transaction) }, ...indexWrites(before, after)];
    });
  }

  /** A refused write takes its units all the same; the indexes never hear of it. */
  function charge(command: Command, applied: boolean): void {
    for (const { index, units } of chargesOf(command)) {
      if (index === undefined) spent.writes += units;
      else if (applied) spent.indexWrites += units;
    }
  }

  function transact(command: TransactWriteItemsCommand): object {
    const writes = command.input.TransactItems ?? [];
    const CancellationReasons = writes.map(({ Put, Delete }) => {
      const { ConditionExpression, ExpressionAttributeValues } = Put ?? Delete ?? {};
      const now = find(keyOf(Put?.Item ?? Delete?.Key));
      return holds(ConditionExpression, ExpressionAttributeValues, now)
        ? { Code: 'None' }
        : { Code: 'ConditionalCheckFailed' };
    });
    const applied = CancellationReasons.every(({ Code }) => Code === 'None');
    charge(command, applied);
    if (!applied) {
      throw new TransactionCanceledException({ ...refused('cancelled'), CancellationReasons } as never);
    }
    for (const { Put, Delete } of writes) {
      if (Put !== undefined) put(Put);
      else store(keyOf(Delete?.Key), find(keyOf(Delete?.Key)), undefined);
    }
    return {};
  }

  function perform(command: Command): object {
    spent.calls++;
    if (command instanceof GetItemCommand) {
      const Item = read(command.input.Key, command.input.ConsistentRead);
      return Item === undefined ? {} : { Item };
    }
    if (command instanceof BatchGetItemCommand) {
      const [[name, wanted] = ['', undefined]] = Object.entries(command.input.RequestItems ?? {});
      const found = wanted?.Keys?.flatMap((key) => some(read(key, wanted.ConsistentRead)));
      return { Responses: { [name]: found } };
    }
    if (command instanceof QueryCommand) return query(command.input);
    if (command instanceof TransactWriteItemsCommand) return transact(command);
    if (!(command instanceof PutItemCommand)) throw new RangeError('command not modelled');
    const { ConditionExpression, ExpressionAttributeValues, Item } = command.input;
    const held = holds(ConditionExpression, ExpressionAttributeValues, find(keyOf(Item)));
    charge(command, held);
    if (!held) throw new ConditionalCheckFailedException(refused('condition') as never);
    put(command.input);
    return {};
  }

  return {
    client: { send: async (command: Command) => perform(command) } as unknown as DynamoDBClient,
    perform,
    chargesOf,
    items,
    settle() {
      const before = spent;
      spent = { reads: 0, writes: 0, indexWrites: 0, calls: 0 };
      return before;
    },
  };
}

/** The conditions of the registry's writes, and no others. */
function holds(condition: string | undefined, values: Item = {}, item: Item | undefined): boolean {
  switch (condition) {
    case undefined:
      return true;
    case 'attribute_not_exists(pk)':
      return item === undefined;
    case 'rev = :rev':
      return item?.rev?.N === values[':rev']?.N;
    case 'gen = :gen':
      return item?.gen?.N === values[':gen']?.N;
    case 'seq = :seq AND #hash = :hash':
      return item?.seq?.N === values[':seq']?.N && item?.hash?.S === values[':hash']?.S;
    default:
      throw new RangeError(`condition not modelled: ${condition}`);
  }
}
