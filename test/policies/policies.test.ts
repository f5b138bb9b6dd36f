import { describe, expect, it } from 'vitest';
import { deploy } from '../infra/deployment.ts';
import { ACCOUNT, readAccount } from './account.ts';
import { EQUIVALENT } from './equivalent.ts';
import { judge, type Row, told } from './evaluate.ts';
import { NEIGHBOUR, the } from './names.ts';
import { TABLE } from './table.ts';
import { widenings } from './widen.ts';

const deployed = readAccount(
  deploy('production', {
    strictFips: true,
    breakGlassRoleArn: the.role('break-glass'),
    operators: {
      issuer: [the.role('issuing-desk')],
      responder: [the.role('incident-desk')],
      auditor: [the.role('audit-desk')],
      deployer: [the.role('pipeline')],
    },
  }),
);
/** With a neighbour's key, which its account may use by IAM alone. */
const account = {
  ...deployed,
  resource: new Map(deployed.resource).set(NEIGHBOUR.key, {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
    ],
  }),
};
const rows: readonly Row[] = Object.values(TABLE).flat();

/** The rows that do not hold. */
async function broken(judged: readonly Row[], by: typeof account): Promise<string[]> {
  const wrong: string[] = [];
  for (const row of judged) if ((await judge(row, by)).allowed !== row.may) wrong.push(told(row));
  return wrong;
}

describe('what the policies of production allow and deny, judged by an evaluator of its own', () => {
  it.each(Object.entries(TABLE))('%s', async (_, area) => {
    expect(await broken(area, account)).toEqual([]);
  });

  it('is a table of many cases, both ways', () => {
    expect(rows.filter((row) => row.may).length).toBeGreaterThan(200);
    expect(rows.filter((row) => !row.may).length).toBeGreaterThan(1_000);
  });
});

describe('the table', () => {
  it('names a reason for every action that a role of ours is allowed: no right is there that no case needs', async () => {
    const used = new Set<string>();
    for (const row of rows.filter(({ may }) => may)) {
      for (const statement of (await judge(row, account)).decisive) used.add(`${statement} ${row.action}`);
    }
    const idle = [...account.identity.values()].flat().flatMap(({ name, policy }) =>
      policy.Statement.flatMap((statement) =>
        [statement.Action]
          .flat()
          .filter((action) => !used.has(`${JSON.stringify(statement)} ${action}`))
          .map((action) => `${name}: ${action}`),
      ),
    );
    expect(idle).toEqual([]);
  });

  it('notices every policy that is let slip by a condition, a denial, a resource or an action', async () => {
    const all = widenings(account);
    expect(all.length).toBeGreaterThan(200);
    const unnoticed: string[] = [];
    for (const { what, account: wider, concerns } of all) {
      const judged = rows.filter((row) => !row.may && concerns(row));
      let noticed = false;
      for (const row of judged) {
        noticed = (await judge(row, wider)).allowed;
        if (noticed) break;
      }
      if (!noticed) unnoticed.push(what);
    }
    expect(unnoticed.filter((what) => !EQUIVALENT.some((each) => each.what.test(what)))).toEqual([]);
    const idle = EQUIVALENT.filter((each) => !unnoticed.some((what) => each.what.test(what)));
    expect(idle.map(({ why }) => why)).toEqual([]);
  });
});
