import { liveSession } from '../benign/fleet-session.ts';
import { personName, usualPlace } from '../benign/whereabouts.ts';
import { clientOf, createInstall, type Family } from '../clients.ts';
import { addressIn, neighbourOf } from '../geo/blocks.ts';
import { COUNTRIES } from '../geo/places.ts';
import { createSession, sessionKeyId, userIdentity } from '../identity.ts';
import type { Random } from '../random.ts';
import type { Client, Origin, UserIdentity } from '../record.ts';
import type { Act, Caller, Holder, Role, Stage } from '../stage.ts';
import { DAY, valueAt } from '../timeline.ts';
import type { AttackKind } from './kinds.ts';

/** What the truth says of one credential in an attack. */
export interface Mark {
  readonly credential: string;
  readonly principal: string;
  readonly kind: AttackKind;
  /** False for one that is only named in hostile noise and that nobody stole. */
  readonly compromised: boolean;
  /** Temporary keys through which it acted. */
  readonly accessKeyIds?: readonly string[];
}

export interface Attack {
  readonly marks: readonly Mark[];
  readonly act: Act;
}

/** What a scheme may choose from. `take` gives a credential that no other scheme has. */
export interface Plot {
  readonly stage: Stage;
  readonly random: Random;
  readonly holders: readonly Holder[];
  take(fits: (holder: Holder) => boolean): Holder | undefined;
}

export const roles =
  (...wanted: readonly Role[]) =>
  (holder: Holder): boolean =>
    wanted.includes(holder.role);

/** A time after everything has some history, and before the end. */
export const strikeTime = ({ stage, random }: Plot): number =>
  random.between(stage.start + 0.4 * (stage.end - stage.start), stage.end - 0.08 * (stage.end - stage.start));

export type Lair =
  | 'abroad'
  | 'abroad-home'
  | 'near-home'
  | 'near-server'
  | 'cloud'
  | 'tor'
  | 'tunnel'
  | 'inside';

/** Where a thief sits: an address for each call, changing as such places do. */
export function lairOf(
  stage: Stage,
  victim: Holder,
  lair: Lair,
  random: Random,
  foreign?: string,
): (at: number) => Origin {
  const near = victim.team.country;
  const country = foreign ?? random.pick(COUNTRIES.filter((other) => other !== near));
  const some = (use: Parameters<Stage['geo']['find']>[0], where?: string): Origin => {
    const blocks = stage.geo.find(use, where === undefined ? {} : { country: where });
    return { ip: addressIn(random.pick(blocks.length > 0 ? blocks : stage.geo.find(use)), random) };
  };
  switch (lair) {
    case 'abroad':
      return always(some('vps', country));
    case 'near-server':
      return always(some('vps', near));
    case 'tunnel':
      return always(some('vpn', random.chance(0.5) ? near : country));
    case 'cloud':
      return always({
        ip: addressIn(random.pick(stage.geo.find('cloud', { region: victim.team.region })), random),
      });
    case 'near-home': {
      const home = some('home', near);
      return () => (random.chance(0.9) ? home : { ip: neighbourOf(home.ip, random) });
    }
    case 'abroad-home':
      return () => some('home', country);
    case 'tor': {
      let circuit = -1;
      let exit = some('tor');
      return (at) => {
        const now = Math.floor(at / 600_000);
        if (now !== circuit) {
          circuit = now;
          exit = some('tor');
        }
        return exit;
      };
    }
    case 'inside':
      return (at) => usualPlace(stage, victim, at);
  }
}

const always =
  (origin: Origin): ((at: number) => Origin) =>
  () =>
    origin;

/** A thief's software: his own, a tool's, or what the victim uses, if he looked. */
export function thiefClient(victim: Holder, random: Random, at: number): Client {
  const manner = random.weighted([
    ['own', 6],
    ['tool', 1],
    ['family', 2],
    ['copied', 1],
  ] as const);
  if (manner === 'copied') return valueAt(victim.client, at);
  if (manner === 'family')
    return clientOf(createInstall(random, victim.install.family, random.pick(['linux', 'mac', 'wsl'])));
  if (manner === 'tool') {
    const userAgent = random.pick([
      'TruffleHog',
      'Boto3/1.34.46 md/Botocore#1.34.46 ua/2.0 os/linux#6.8.11-amd64 md/arch#x86_64 lang/python#3.12.6 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.46 kali',
      'aws-cli/1.22.34 Python/3.10.12 Linux/6.6.15-kali botocore/1.23.34',
      'python-requests/2.31.0',
    ]);
    return { userAgent, tls: { version: 'TLSv1.3', keyExchange: 'x25519' } };
  }
  const family: Family = random.pick(['boto3', 'aws-cli', 'aws-cli', 'aws-sdk-go-v2']);
  return clientOf(createInstall(random, family, random.pick(['linux', 'wsl', 'windows', 'mac'])));
}

/** The victim's own identity in a thief's hands: its key, or the temporary key that an instance of it holds. */
function stolen(
  victim: Holder,
  at: number,
  random: Random,
): { readonly who: UserIdentity; readonly keyId: string } {
  if (victim.keyId !== undefined)
    return { who: userIdentity(victim.principal, victim.keyId), keyId: victim.keyId };
  const session =
    victim.role === 'service'
      ? liveSession(victim, 0, at)
      : createSession(
          victim.principal,
          sessionName(victim, random),
          sessionKeyId(random),
          at - 0.02 * DAY,
          victim.role === 'people' ? 'person' : 'assumed',
        );
  return { who: session.identity, keyId: session.keyId };
}

/** A name such as the role's everyday sessions have. */
const sessionName = ({ role }: Holder, random: Random): string =>
  role === 'people' ? personName(1) : `${role === 'ci' ? 'build' : role}-${random.int(1e6, 1e7)}`;

export interface Thief {
  readonly victim: Holder;
  at(time: number): Caller;
  readonly mark: Mark;
}

/** A thief with one victim: who, where and what he calls with. */
export function thiefOf(
  { stage, random }: Plot,
  victim: Holder,
  kind: AttackKind,
  at: number,
  lair: Lair,
  client: Client = thiefClient(victim, random, at),
  foreign?: string,
): Thief {
  const from = lairOf(stage, victim, lair, random, foreign);
  const { who, keyId } = stolen(victim, at, random);
  return {
    victim,
    mark: {
      credential: victim.credential,
      principal: victim.principal.arn,
      kind,
      compromised: true,
      ...(keyId === victim.credential ? {} : { accessKeyIds: [keyId] }),
    },
    at: (time) => ({ who, from: from(time), client, region: victim.team.region, marks: [victim.credential] }),
  };
}
