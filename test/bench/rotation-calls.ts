import { createWorld } from '../ports/world.ts';
import { createTable } from './dynamo/table.ts';
import type { Line } from './figure.ts';
import { createStack } from './stack.ts';

/** One call of the vault port is one call to Secrets Manager (`adapters/secrets-manager/vault.ts`). */
export const ROTATION_CALLS: Line = {
  name: 'rotation calls',
  says: 'one clean rotation, all four steps over the real adapter of the registry: calls to Secrets Manager and to DynamoDB',
  async measure() {
    const world = createWorld();
    const table = createTable();
    const stack = await createStack(world, table.client);
    const secretArn = await stack.register({});
    const before = world.count('vault');
    table.settle();
    await stack.rotate(secretArn);
    return [
      {
        name: 'rotation calls/Secrets Manager',
        value: world.count('vault') - before,
        unit: 'calls',
        limit: 5,
      },
      { name: 'rotation calls/DynamoDB', value: table.settle().calls, unit: 'calls', limit: 45 },
    ];
  },
};
