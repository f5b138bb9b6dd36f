import { castBackup } from './benign/backup.ts';
import { castBreakGlass } from './benign/break-glass.ts';
import { castBulkCopy } from './benign/bulk-copy.ts';
import { type Casting, cast } from './benign/cast.ts';
import { castCi } from './benign/ci.ts';
import { castLaptop } from './benign/laptop.ts';
import { castMonthlyJob } from './benign/monthly-job.ts';
import { castPeople } from './benign/people.ts';
import { castScanner } from './benign/scanner.ts';
import { castServerKey } from './benign/server-key.ts';
import { castService } from './benign/service-fleet.ts';
import { castTerraform } from './benign/terraform.ts';
import type { Random } from './random.ts';
import { createSecret, type Secret } from './secret.ts';
import type { Holder, Role, Stage } from './stage.ts';
import type { Team } from './team.ts';
import { DAY, HOUR } from './timeline.ts';

/** Parts in a thousand; `newcomer` and `renewed` are keys born within the time that is played. */
const SHARES: readonly (readonly [Role | 'newcomer' | 'renewed', number])[] = [
  ['service', 335],
  ['server-key', 225],
  ['laptop', 140],
  ['ci', 80],
  ['monthly-job', 60],
  ['people', 30],
  ['newcomer', 25],
  ['backup', 25],
  ['renewed', 20],
  ['canary', 12],
  ['terraform', 28],
  ['bulk-copy', 14],
  ['scanner', 6],
  ['break-glass', 4],
];

export interface Population {
  readonly holders: readonly Holder[];
  readonly secrets: readonly Secret[];
  readonly newcomers: readonly Holder[];
  /** A key and the one that replaced it. */
  readonly renewed: readonly (readonly [Holder, Holder])[];
}

/** Casts so many credentials. Those that are promised others' secrets come last. */
export function populate(
  stage: Stage,
  teams: readonly Team[],
  count: number,
  secrets: Secret[],
  random: Random,
): Population {
  const { start, end } = stage;
  const wanted = Array.from({ length: count }, () => random.weighted(SHARES));
  SHARES.forEach(([role], index) => {
    if (count >= 4 * SHARES.length && !wanted.includes(role)) wanted[index] = role;
  });
  wanted.sort((a, b) => rank(a) - rank(b));
  const holders: Holder[] = [];
  const newcomers: Holder[] = [];
  const renewed: (readonly [Holder, Holder])[] = [];
  const shared = new Map(teams.map((team) => [team, sharedSecrets(stage, team, secrets, random)]));
  plantCanaries(stage, teams, Math.max(2, Math.ceil(count / 200)), secrets, random);

  for (const role of wanted) {
    if (holders.length >= count) break;
    const index = holders.length;
    const team = random.pick(teams);
    const casting: Casting = {
      stage,
      team,
      index,
      random: random.fork(`cast/${index}`),
      teamSecrets: shared.get(team) ?? [],
      keep(secret) {
        secrets.push(secret);
        return secret;
      },
    };
    if (role === 'newcomer') {
      const bornAt = random.between(start + 2 * HOUR, end - DAY);
      const holder = random.chance(0.6) ? castServerKey(casting, bornAt) : castLaptop(casting, bornAt);
      newcomers.push(holder);
      holders.push(holder);
    } else if (role === 'renewed') {
      const pair = renew(casting, random.between(start + DAY, end - DAY));
      renewed.push(pair);
      holders.push(...pair);
    } else holders.push(castAs(role, casting, secrets));
  }
  return { holders, secrets, newcomers, renewed };
}

const rank = (role: Role | 'newcomer' | 'renewed'): number =>
  ['terraform', 'bulk-copy', 'break-glass'].includes(role) ? 1 : 0;

function castAs(role: Role, casting: Casting, secrets: readonly Secret[]): Holder {
  const usual = (): readonly Secret[] => secrets.filter(({ canary }) => !canary);
  switch (role) {
    case 'service':
      return castService(casting);
    case 'server-key':
      return castServerKey(casting);
    case 'laptop':
      return castLaptop(casting);
    case 'ci':
      return castCi(casting);
    case 'monthly-job':
      return castMonthlyJob(casting);
    case 'people':
      return castPeople(casting);
    case 'backup':
      return castBackup(casting);
    case 'scanner':
      return castScanner(casting);
    case 'terraform': {
      const team = usual().filter(({ owner }) => owner === casting.team.name);
      return castTerraform(casting, team.length > 0 ? team : usual());
    }
    case 'bulk-copy':
      return castBulkCopy(casting, usual());
    case 'break-glass':
      return castBreakGlass(
        casting,
        usual().filter(({ managed }) => managed),
      );
    case 'canary': {
      const name = `${casting.team.name}-legacy-${casting.index}`;
      return cast(casting, { role: 'canary', kind: 'user', name, host: 'linux', managed: true });
    }
    case 'deploy-role':
    case 'own':
      throw new RangeError(`${role} is not cast by lot`);
  }
}

/** A server's key and its successor: the same user, network and software. */
function renew(casting: Casting, at: number): readonly [Holder, Holder] {
  const { stage, random } = casting;
  const former = castServerKey(casting);
  const next = cast(casting, {
    role: 'server-key',
    kind: 'user',
    name: former.principal.name,
    principal: former.principal,
    host: former.install.host,
    install: former.install,
    managed: former.managed && random.chance(0.7),
    networks: former.networks,
    regions: former.regions,
    egress: former.egress,
    secrets: former.secrets,
    bornAt: at,
    diesAt: stage.end,
  });
  return [
    { ...former, diesAt: at - 3 * 60_000 },
    { ...next, client: former.client, apis: former.apis },
  ];
}

function sharedSecrets(stage: Stage, team: Team, secrets: Secret[], random: Random): Secret[] {
  return ['primary-db', 'cache', 'payments-api', 'smtp'].slice(0, random.int(2, 4)).map((name) => {
    const managed = random.chance(0.9);
    const wish = {
      name: managed ? `tokenward/prod/${team.name}-${name}` : `app/${team.name}/${name}`,
      region: team.region,
      owner: team.name,
      managed,
      ...(random.chance(0.8) ? { everyMs: random.pick([1, 7, 14]) * DAY } : {}),
    };
    const secret = createSecret(wish, stage.account, stage.start, stage.end, random);
    secrets.push(secret);
    return secret;
  });
}

/** Secrets that nobody was promised, named like the best of the others. */
function plantCanaries(
  stage: Stage,
  teams: readonly Team[],
  count: number,
  secrets: Secret[],
  random: Random,
): void {
  for (let index = 0; index < count; index++) {
    const team = random.pick(teams);
    const name = `tokenward/prod/${team.name}-${random.pick(['root-db', 'payments-admin', 'signing-key', 'vpn'])}-${index}`;
    const wish = { name, region: team.region, owner: 'platform-security', managed: true, canary: true };
    secrets.push(createSecret(wish, stage.account, stage.start, stage.end, random));
  }
}
