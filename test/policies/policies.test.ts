import { describe, expect, it } from 'vitest';
import { deploy } from '../infra/deployment.ts';
import { ACCOUNT, type Account, readAccount } from './account.ts';
import { EQUIVALENT } from './equivalent.ts';
import { judge, type Row, told } from './evaluate.ts';
import { NEIGHBOUR, the } from './names.ts';
import { DECLARED_TRAIL, TRAIL } from './rows/trail.ts';
import { TABLE } from './table.ts';
import { widenings } from './widen.ts';

/** With keys of others, which their account may use by IAM alone. */
function accountOf(context: Readonly<Record<string, unknown>>): Account {
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
      ...context,
    }),
  );
  const byIam = {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
    ],
  };
  const others = [NEIGHBOUR.key, DECLARED_TRAIL.kmsKeyArn].map((key) => [key, byIam] as const);
  return { ...deployed, resource: new Map([...deployed.resource, ...others]) };
}

const account = accountOf({});
const rows: readonly Row[] = Object.values(TABLE).flat();
const watching = accountOf({ trail: DECLARED_TRAIL, replay: true, securityHub: true });
const watchingRows: readonly Row[] = [
  ...rows.filter(({ action }) => action !== 'cloudtrail:LookupEvents'),
  ...TRAIL,
];

/** The rows that do not hold. */
async function broken(judged: readonly Row[], by: Account): Promise<string[]> {
  const wrong: string[] = [];
  for (const row of judged) if ((await judge(row, by)).allowed !== row.may) wrong.push(told(row));
  return wrong;
}

describe('what the policies of production allow and deny, judged by an evaluator of its own', () => {
  it.each(Object.entries(TABLE))('%s', async (_, area) => {
    expect(await broken(area, account)).toEqual([]);
  });

  it('a trail, its replay and Security Hub add what they say, and nothing else', async () => {
    expect(await broken(watchingRows, watching)).toEqual([]);
  });

  it('is a table of many cases, both ways', () => {
    expect(rows.filter((row) => row.may).length).toBeGreaterThan(200);
    expect(rows.filter((row) => !row.may).length).toBeGreaterThan(1_000);
  });
});

describe.each([
  ['the table', account, rows],
  ['the table of a deployment with a trail', watching, watchingRows],
] as const)('%s', (_, account, rows) => {
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
});

it('notices every policy that is let slip by a condition, a denial, a resource or an action', async () => {
  const known = widenings(account);
  const before = new Set(known.map(({ what }) => what));
  const added = widenings(watching).filter(({ what }) => !before.has(what));
  expect(known.length).toBeGreaterThan(200);
  expect(added.length).toBeGreaterThan(20);
  const unnoticed = [...(await unnoticedBy(rows, known)), ...(await unnoticedBy(watchingRows, added))];
  expect(unnoticed.filter((what) => !EQUIVALENT.some((each) => each.what.test(what)))).toEqual([]);
  const idle = EQUIVALENT.filter((each) => !unnoticed.some((what) => each.what.test(what)));
  expect(idle.map(({ why }) => why)).toEqual([]);
});

/** The widenings under which every denial of the table still holds. */
async function unnoticedBy(table: readonly Row[], widened: ReturnType<typeof widenings>): Promise<string[]> {
  const unnoticed: string[] = [];
  for (const { what, account: wider, concerns } of widened) {
    const judged = table.filter((row) => !row.may && concerns(row));
    let noticed = false;
    for (const row of judged) {
      noticed = (await judge(row, wider)).allowed;
      if (noticed) break;
    }
    if (!noticed) unnoticed.push(what);
  }
  return unnoticed;
}
