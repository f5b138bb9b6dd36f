import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keys } from '#core/keys.ts';
import { PortError } from '#core/ports.ts';
import { ORDERS } from '#test/loop/system.ts';
import { type Bench, createBench } from './harness.ts';

/** What CloudFormation was told. */
interface Told {
  readonly method: string | undefined;
  readonly contentType: string | undefined;
  readonly body: Readonly<Record<string, unknown>> & { readonly PhysicalResourceId: string };
}

const STACK = 'arn:aws:cloudformation:eu-west-1:111122223333:stack/tokens/1';
/** A declaration as production demands it. */
const GOOD = { ...ORDERS, unusedAfterDays: 30 };
const told: Told[] = [];
/** How the ResponseURL answers next; 200 when empty. */
const statuses: number[] = [];
let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    told.push({
      method: request.method,
      contentType: request.headers['content-type'],
      body: JSON.parse(Buffer.concat(chunks).toString('utf8')) as Told['body'],
    });
    response.writeHead(statuses.shift() ?? 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/response?signature=x`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  told.length = 0;
  statuses.length = 0;
});

function declared(): { bench: Bench; secretArn: string } {
  const bench = createBench();
  bench.memory.directory.create(ORDERS.principal);
  return { bench, secretArn: bench.memory.vault.createSecret('tokenward/dev/orders') };
}

let requests = 0;
async function send(
  bench: Bench,
  type: 'Create' | 'Update' | 'Delete',
  secretArn: string,
  more: { declaration?: string; PhysicalResourceId?: string } = {},
): Promise<Told['body']> {
  const { declaration = JSON.stringify(GOOD), ...rest } = more;
  requests++;
  const before = told.length;
  const answered = await bench.run({
    RequestType: type,
    ResponseURL: url,
    StackId: STACK,
    RequestId: `request-${requests}`,
    LogicalResourceId: 'Orders',
    ResourceType: 'Custom::TokenwardToken',
    ResourceProperties: { ServiceToken: 'arn:aws:lambda:x', secretArn, declaration },
    ...rest,
  });
  expect(answered).toBeUndefined();
  const last = told.at(-1);
  if (last === undefined || told.length === before) throw new Error('CloudFormation was told nothing');
  expect(last).toMatchObject({ method: 'PUT', body: { StackId: STACK, RequestId: `request-${requests}` } });
  expect(last.contentType ?? '').toBe('');
  return last.body;
}

describe('CloudFormation', () => {
  it('Create registers, and is answered with id and keyId and no secret', async () => {
    const { bench, secretArn } = declared();
    const body = await send(bench, 'Create', secretArn);
    const [keyId] = bench.live();
    expect(body).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: 'orders',
      LogicalResourceId: 'Orders',
      Data: { TokenId: 'orders', KeyId: keyId },
    });
    const value = bench.memory.vault.current(secretArn)?.value.reveal() ?? '';
    expect(JSON.stringify(told)).not.toContain(JSON.parse(value).token);
  });

  it('Update rebinds and keeps the value', async () => {
    const { bench, secretArn } = declared();
    await send(bench, 'Create', secretArn);
    const before = bench.live();
    const declaration = JSON.stringify({ ...GOOD, owner: 'team-intake' });
    const body = await send(bench, 'Update', secretArn, { declaration, PhysicalResourceId: 'orders' });
    expect(body).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'orders' });
    expect(bench.live()).toEqual(before);
    expect(await bench.memory.registry.get(keys.token('orders'))).toMatchObject({ owner: 'team-intake' });
  });

  it('Update to another id answers the new id, and the Delete of the old one removes that alone', async () => {
    const { bench, secretArn } = declared();
    await send(bench, 'Create', secretArn);
    const next = bench.memory.vault.createSecret('tokenward/dev/intake');
    const declaration = JSON.stringify({ ...GOOD, id: 'intake' });
    const body = await send(bench, 'Update', next, { declaration, PhysicalResourceId: 'orders' });
    expect(body.PhysicalResourceId).toBe('intake');
    await send(bench, 'Delete', secretArn, { PhysicalResourceId: 'orders' });
    expect((await bench.memory.registry.get(keys.token('orders')))?.removal).toBeDefined();
    expect((await bench.memory.registry.get(keys.token('intake')))?.removal).toBeUndefined();
  });

  it('a failed Update keeps its physical id', async () => {
    const { bench, secretArn } = declared();
    await send(bench, 'Create', secretArn);
    const declaration = JSON.stringify({ ...GOOD, principal: 'arn:aws:iam::111122223333:role/gone' });
    const body = await send(bench, 'Update', secretArn, { declaration, PhysicalResourceId: 'orders' });
    expect(body).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'orders', Data: {} });
    expect(body.Reason).toMatch(/principal.*does not exist.*infra\/tokens\.ts/);
  });

  it.each([
    ['owner and approver in one', { approver: ORDERS.owner }, 'approver'],
    ['approver and deployer in one', { approver: 'Pipeline' }, 'approver'],
    ['no end to a version', { hardMaxHours: 1e300 }, 'hardMaxHours'],
    ['a wildcard', { scopes: ['*'] }, 'scopes'],
    ['every network', { networks: ['0.0.0.0/0'] }, 'networks'],
    ['half a character', { audience: '\ud800' }, 'audience'],
    ['a sandbox setting', { unusedAfterDays: 0 }, 'unusedAfterDays'],
  ])('a template written by hand is held to the rules of synth: %s', async (_what, part, field) => {
    const { bench, secretArn } = declared();
    const before = bench.memory.registry.items.size;
    const declaration = JSON.stringify({ ...GOOD, ...part });
    const { Status, Reason } = await send(bench, 'Create', secretArn, { declaration });
    expect(Status).toBe('FAILED');
    expect(Reason).toMatch(new RegExp(`^bad-declaration: declaration\\.${field}: .+; .+`));
    expect(bench.memory.registry.items.size).toBe(before);
  });

  it('a secret that is none is refused before anything is written', async () => {
    const { bench } = declared();
    for (const secretArn of ['', 'tokenward/dev/orders', 'arn:aws:s3:::bucket']) {
      const { Status, Reason } = await send(bench, 'Create', secretArn);
      expect([Status, Reason]).toEqual(['FAILED', expect.stringMatching(/^bad-secret: secretArn: /)]);
    }
    expect(bench.memory.registry.items.size).toBe(0);
  });

  it('Delete asks for removal, once; of what is not there, it succeeds', async () => {
    const { bench, secretArn } = declared();
    await send(bench, 'Create', secretArn);
    for (const id of ['orders', 'orders', 'never-was']) {
      const body = await send(bench, 'Delete', secretArn, { PhysicalResourceId: id });
      expect(body).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: id });
    }
    expect(bench.memory.pager.pages).toHaveLength(1);
  });

  it('an id that another secret holds: the Create fails, and its Delete touches nothing', async () => {
    const { bench, secretArn } = declared();
    await send(bench, 'Create', secretArn);
    const before = bench.memory.registry.log.length;
    const other = bench.memory.vault.createSecret('tokenward/dev/copy');
    const failed = await send(bench, 'Create', other);
    expect(failed).toMatchObject({ Status: 'FAILED', Reason: expect.stringContaining('id-taken') });
    expect(failed.PhysicalResourceId).toMatch(/^failed-/);
    const { PhysicalResourceId } = failed;
    expect(await send(bench, 'Delete', other, { PhysicalResourceId })).toMatchObject({ Status: 'SUCCESS' });
    expect(bench.memory.registry.log.length).toBe(before);
    expect(bench.live()).toHaveLength(1);
  });

  it('a Create that fails half way can be deployed again with another secret', async () => {
    const { bench, secretArn } = declared();
    bench.world.beforeCall = ({ method }) => {
      if (method === 'put')
        throw new PortError('InternalServiceError', { outcome: 'maybe-applied', retryable: true });
    };
    const { Status, Reason, PhysicalResourceId } = await send(bench, 'Create', secretArn);
    bench.world.beforeCall = undefined;
    expect(Status).toBe('FAILED');
    expect(Reason).toContain('InternalServiceError');
    await send(bench, 'Delete', secretArn, { PhysicalResourceId });
    const next = bench.memory.vault.createSecret('tokenward/dev/orders-again');
    expect(await send(bench, 'Create', next)).toMatchObject({ Status: 'SUCCESS' });
    expect(bench.live()).toHaveLength(1);
    expect(bench.memory.vault.current(next)).toBeDefined();
  });

  it('an unexpected fault is told without its text, which may hold anything', async () => {
    const { bench, secretArn } = declared();
    bench.world.beforeCall = ({ method }) => {
      if (method === 'put') throw new Error('twd_dev_leaked');
    };
    const { Reason } = await send(bench, 'Create', secretArn);
    expect(Reason).toBe('unexpected fault; see the log of the issue function');
    expect(JSON.stringify(bench.memory.log.lines)).not.toContain('twd_dev_leaked');
  });

  it('is told again when it does not hear', async () => {
    const { bench, secretArn } = declared();
    statuses.push(503, 500);
    await send(bench, 'Create', secretArn);
    expect(told.map(({ body }) => body.Status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    expect(bench.live()).toHaveLength(1);
  });

  it('that never hears makes the invocation fail, so that Lambda brings the event again', async () => {
    const { bench, secretArn } = declared();
    statuses.push(503, 503, 503, 503);
    await expect(send(bench, 'Create', secretArn)).rejects.toThrow('503');
    expect(bench.live()).toHaveLength(1);
  });
});
