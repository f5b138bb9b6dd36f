import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { createRegistry } from '#adapters/dynamodb/registry.ts';
import { createClock, createRandom } from '#adapters/system/clock.ts';
import { verifyChain } from '#core/audit/chain.ts';
import type { Registry } from '#core/ports.ts';
import type { Story } from './story.ts';

/** The audit trail, its chains, and an edit that somebody plants in it. */
export async function audit(story: Story): Promise<void> {
  story.say('\nThe audit trail of orders-service, last ten records');
  const client = new DynamoDBClient(story.emulator.clientConfig);
  const tableName = story.outputs.TableName ?? '';
  const registry = createRegistry({
    client,
    tableName,
    feedCopies: 1,
    clock: createClock(),
    random: createRandom(),
  });
  const { items } = await registry.auditOf({ tokenId: 'orders-service' });
  for (const record of items.slice(-10)) {
    story.say(
      `  ${record.at}  ${record.action.padEnd(24)} ${record.actor.id.split('/').at(-1)?.padEnd(10)} ${record.reason ?? ''}`,
    );
  }
  const whole = await verifyAll(registry);
  story.check(
    whole.broken === undefined && whole.count > 300,
    `${whole.count} records in ${whole.shards} chains hold`,
  );
  const [head] = await registry.shardHeads();
  const [record] = head === undefined ? [] : await registry.auditShard(head.shard, 1, 1);
  const { Items } = await client.send(
    new ScanCommand({
      TableName: tableName,
      FilterExpression: '#kind = :audit',
      ExpressionAttributeNames: { '#kind': 'kind' },
      ExpressionAttributeValues: { ':audit': { S: 'audit' } },
    }),
  );
  const item = Items?.find(({ hash }) => hash?.S === record?.hash);
  if (record === undefined || item === undefined) throw new Error('the audit log is empty');
  const forged = { ...record, actor: { ...record.actor, id: 'somebody-else' } };
  await client.send(
    new PutItemCommand({ TableName: tableName, Item: { ...item, body: { S: JSON.stringify(forged) } } }),
  );
  const { broken } = await verifyAll(registry);
  story.check(
    broken?.reason === 'edited' && broken.shard === record.shard && broken.seq === 1,
    `a planted edit is found: ${JSON.stringify(broken)}`,
  );
  await client.send(new PutItemCommand({ TableName: tableName, Item: item }));
  client.destroy();
}

async function verifyAll(
  registry: Registry,
): Promise<{ count: number; shards: number; broken?: { reason: string; shard: number; seq: number } }> {
  let count = 0;
  const heads = await registry.shardHeads();
  for (const head of heads) {
    const checked = verifyChain(await registry.auditShard(head.shard, 1, head.seq), head);
    if (!checked.ok) return { count, shards: heads.length, broken: checked.error };
    count += checked.value.count;
  }
  return { count, shards: heads.length };
}

/** Looks for every secret of the demo, as it is and encoded, wherever the product writes. */
export async function canaryScan(story: Story, heard: readonly string[]): Promise<void> {
  story.say('\nLooking for every token of this demo in logs, events, pages, table, templates and bundles');
  const pages = heard.filter((body) => body.includes('"TopicArn"'));
  story.check(
    heard.length > 300 && pages.length > 0,
    `${heard.length - pages.length} events of the bus and ${pages.length} pages were heard`,
  );
  const said = heard.map((text, index) => ({ name: `event ${index}`, text }));
  const haystacks = [...(await everythingWritten(story)), ...said];
  const needles = [...story.secrets]
    .filter((secret) => secret.length > 40)
    .map((token) => token.split('_').at(-1)?.slice(0, 43) ?? token);
  const forms = needles.flatMap((needle) => {
    const bytes = Buffer.from(needle);
    return [
      needle,
      bytes.toString('hex'),
      bytes.toString('base64').replace(/=+$/, ''),
      encodeURIComponent(needle),
      [...needle].reverse().join(''),
    ];
  });
  const found = haystacks.filter(({ text }) => forms.some((form) => text.includes(form)));
  const size = haystacks.reduce((sum, { text }) => sum + text.length, 0);
  story.check(
    needles.length > 100 && size > 100_000 && found.length === 0,
    `${needles.length} secrets in 5 forms, ${haystacks.length} places, ${Math.round(size / 1024)} kB: ${found.length} found ${found.map(({ name }) => name).join(', ')}`,
  );
}

/** What the functions warned of, for whoever looks for the cause of a check that failed. */
export async function troubles(story: Story): Promise<void> {
  for (const { name, text } of await everythingLogged(story)) {
    for (const line of text.split('\n'))
      if (/"level":"(?:WARN|ERROR)"/.test(line)) story.say(`  ${name} ${line}`);
  }
}

async function everythingLogged(story: Story): Promise<{ name: string; text: string }[]> {
  const found: { name: string; text: string }[] = [];
  const logs = new CloudWatchLogsClient(story.emulator.clientConfig);
  const { logGroups } = await logs.send(new DescribeLogGroupsCommand({}));
  for (const { logGroupName } of logGroups ?? []) {
    let nextToken: string | undefined;
    do {
      const page = await logs.send(new FilterLogEventsCommand({ logGroupName, nextToken }));
      found.push({
        name: logGroupName ?? '',
        text: (page.events ?? []).map(({ message }) => message).join('\n'),
      });
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }
  logs.destroy();
  return found;
}

async function everythingWritten(story: Story): Promise<{ name: string; text: string }[]> {
  const found = [
    { name: 'outputs', text: JSON.stringify(story.outputs) },
    ...(await everythingLogged(story)),
  ];
  const table = new DynamoDBClient(story.emulator.clientConfig);
  let ExclusiveStartKey: Record<string, never> | undefined;
  do {
    const page = await table.send(new ScanCommand({ TableName: story.outputs.TableName, ExclusiveStartKey }));
    found.push({ name: 'table', text: JSON.stringify(page.Items) });
    ExclusiveStartKey = page.LastEvaluatedKey as Record<string, never> | undefined;
  } while (ExclusiveStartKey !== undefined);
  found.push({ name: 'cloudtrail', text: JSON.stringify(story.emulator.events.records()) });
  for (const file of await readdir(story.assembly)) {
    if (file.endsWith('.json'))
      found.push({ name: file, text: await readFile(join(story.assembly, file), 'utf8') });
  }
  for (const name of await readdir('dist/functions')) {
    found.push({
      name: `bundle ${name}`,
      text: await readFile(join('dist/functions', name, 'index.mjs'), 'utf8'),
    });
  }
  table.destroy();
  return found;
}
