import { createWorld } from '../ports/world.ts';
import { createTable, type Spent } from './dynamo/table.ts';
import type { Figure, Line } from './figure.ts';
import { createStack } from './stack.ts';

const HOUR = 3_600_000;
const LIFE_DAYS = 30;

/** Deterministic: limits lie a tenth above what was measured, so that a larger item or another write is noticed. */
export const WRITE_UNITS: Line = {
  name: 'write units',
  says: `what the adapter writes, by DynamoDB's rules: 1 KB a unit, twice in a transaction, indexes once; refused writes
  too. One managed token, rotated daily, swept every five minutes; late: with as many versions in its list as it keeps.`,
  async measure() {
    const world = createWorld();
    const table = createTable();
    const stack = await createStack(world, table.client);
    table.settle();

    const secretArn = await stack.register({ id: 'orders-service' });
    const issue = table.settle();
    const rotations: Spent[] = [];
    const days: Spent[] = [];
    for (let day = 0; day < LIFE_DAYS; day++) {
      world.clock.advance(23 * HOUR);
      await stack.rotate(secretArn);
      rotations.push(table.settle());
      for (let minute = 0; minute < 60; minute += 5) {
        world.clock.advance(HOUR / 12);
        await stack.sweep();
      }
      days.push(table.settle());
    }
    const answer = await stack.order({
      action: 'revoke',
      tokenId: 'orders-service',
      reason: 'bench',
      incidentId: 'INC-1',
    });
    if (answer.status !== 200) throw new Error('the token was not revoked');
    const revoke = table.settle();

    const units = ({ writes, indexWrites }: Spent): number => writes + indexWrites;
    const total = [issue, ...rotations, ...days, revoke].reduce((sum, spent) => sum + units(spent), 0);
    const figure = (name: string, value: number, limit: number): Figure => ({
      name: `write units/${name}`,
      value,
      unit: 'units',
      limit,
    });
    return [
      figure('issue', units(issue), 54),
      figure('rotate, first', units(rotations[0] as Spent), 70),
      figure('rotate, late', units(rotations.at(-1) as Spent), 86),
      figure('retire a version, late', units(days.at(-1) as Spent), 30),
      figure('revoke, late', units(revoke), 39),
      figure(`life of ${LIFE_DAYS} days`, total, 3_300),
    ];
  },
};
