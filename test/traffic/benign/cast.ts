import { repertoire } from '../apis.ts';
import {
  createInstall,
  type Family,
  type Host,
  type Install,
  SERVICE_FAMILIES,
  updates,
} from '../clients.ts';
import { accessKeyId, createPrincipal, type Principal } from '../identity.ts';
import type { Random } from '../random.ts';
import { createSecret, type Secret } from '../secret.ts';
import type { Egress, Holder, Role, Stage } from '../stage.ts';
import type { Team } from '../team.ts';
import { constant, DAY, type Timeline } from '../timeline.ts';

/** What each kind of credential needs to be cast: the stage, a team, and where its secrets go. */
export interface Casting {
  readonly stage: Stage;
  readonly team: Team;
  readonly random: Random;
  readonly index: number;
  /** Keeps a new secret among those of the world. */
  readonly keep: (secret: Secret) => Secret;
  readonly teamSecrets: readonly Secret[];
}

export interface Wish {
  readonly role: Role;
  readonly kind: 'user' | 'role';
  readonly name: string;
  readonly path?: string;
  readonly principal?: Principal;
  readonly family?: Family;
  readonly host: Host;
  readonly managed?: boolean;
  readonly networks?: readonly string[];
  readonly regions?: readonly string[];
  readonly anyClient?: boolean;
  readonly egress?: Timeline<Egress>;
  readonly secrets?: readonly Secret[];
  readonly apis?: readonly string[];
  readonly updateEveryMs?: number;
  readonly bornAt?: number;
  readonly diesAt?: number;
  readonly install?: Install;
}

/** Casts one credential; the draws that no kind decides for itself are made here. */
export function cast({ stage, team, random }: Casting, wish: Wish): Holder {
  const principal = wish.principal ?? createPrincipal(wish.kind, wish.name, stage.account, random, wish.path);
  const install =
    wish.install ?? createInstall(random, wish.family ?? random.weighted(SERVICE_FAMILIES), wish.host);
  const keyId = wish.kind === 'user' ? accessKeyId(random) : undefined;
  const managed = wish.managed ?? random.chance(0.85);
  const secrets = wish.secrets ?? [];
  const egress = wish.egress ?? team.egress;
  const networks = wish.networks ?? [];
  const surprised =
    team.undeclaredFrom !== null && networks.length > 0 && [team.egress, team.privately].includes(egress);
  for (const secret of secrets) secret.readers.add(principal.arn);
  return {
    credential: keyId ?? principal.arn,
    role: wish.role,
    principal,
    ...(keyId === undefined ? {} : { keyId }),
    team,
    managed,
    networks,
    regions: wish.regions ?? [...new Set([team.region, team.standby, 'us-east-1'])],
    clientFamily: wish.anyClient === true ? null : install.family,
    critical: random.chance(0.4),
    egress,
    install,
    client: updates(
      install,
      stage.start,
      stage.end,
      wish.updateEveryMs ?? random.lognormal(12, 0.5) * DAY,
      random,
    ),
    apis: wish.apis === undefined ? repertoire(stage.start, stage.end, random) : constant(wish.apis),
    secrets,
    bornAt: wish.bornAt ?? stage.start,
    diesAt: wish.diesAt ?? stage.end,
    breaches: surprised ? ['network'] : [],
  };
}

/** A secret of a team: mostly managed, and most of those rotate. */
export function ownSecret({ stage, team, random, keep }: Casting, name: string): Secret {
  const managed = random.chance(0.85);
  const everyMs = random.weighted([
    [DAY, 3],
    [7 * DAY, 4],
    [14 * DAY, 2],
    [undefined, 3],
  ]);
  return keep(
    createSecret(
      {
        name: managed ? `tokenward/prod/${team.name}-${name}` : `app/${team.name}/${name}`,
        region: team.region,
        owner: team.name,
        managed,
        ...(everyMs === undefined ? {} : { everyMs }),
      },
      stage.account,
      stage.start,
      stage.end,
      random,
    ),
  );
}

/** Its own secrets, and at times some that its team shares. */
export function secretsFor(casting: Casting, name: string): readonly Secret[] {
  const { random, teamSecrets } = casting;
  const own = Array.from(
    {
      length: random.weighted([
        [1, 6],
        [2, 3],
        [3, 1],
      ]),
    },
    (_, n) => ownSecret(casting, `${name}-${['db', 'api', 'mq'][n]}`),
  );
  return [
    ...own,
    ...random.sample(
      teamSecrets,
      random.weighted([
        [0, 5],
        [1, 3],
        [2, 2],
      ]),
    ),
  ];
}
