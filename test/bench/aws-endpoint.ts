import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Item } from '#adapters/dynamodb/items.ts';

/** What answers for DynamoDB, KMS and SQS at once, on the loopback, from memory. */
export interface AwsEndpoint {
  readonly url: string;
  readonly calls: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Knows the three calls of `authorize`; whatever else is asked of it is refused, and fails the bench. */
export async function startAwsEndpoint(content: {
  /** By `pk|sk`. */
  readonly items: ReadonlyMap<string, Item>;
  /** What KMS decrypts everything to. */
  readonly plaintext: Uint8Array;
}): Promise<AwsEndpoint> {
  const calls: Record<string, number> = {};
  const answers: Readonly<Record<string, (body: string) => object>> = {
    'DynamoDB_20120810.GetItem': (body) => {
      const { Key } = JSON.parse(body) as { Key: Item };
      const found = content.items.get(`${Key.pk?.S}|${Key.sk?.S}`);
      return found === undefined ? {} : { Item: found };
    },
    'TrentService.Decrypt': () => ({ Plaintext: Buffer.from(content.plaintext).toString('base64') }),
    'AmazonSQS.SendMessage': (body) => {
      const { MessageBody } = JSON.parse(body) as { MessageBody: string };
      return { MessageId: '1', MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex') };
    },
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const target = String(request.headers['x-amz-target']);
    calls[target] = (calls[target] ?? 0) + 1;
    const answer = request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ')
      ? answers[target]
      : undefined;
    const body = JSON.stringify(
      answer?.(Buffer.concat(chunks).toString('utf8')) ?? { __type: 'UnknownOperation' },
    );
    response.writeHead(answer === undefined ? 400 : 200, {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close() {
      server.closeAllConnections();
      return new Promise((resolve, reject) => server.close((fault) => (fault ? reject(fault) : resolve())));
    },
  };
}
