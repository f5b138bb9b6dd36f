import { keys } from '#core/keys.ts';
import type { IncidentRecord, TokenRecord } from '#core/records.ts';
import { isUserArn } from '#core/response/key-orders.ts';
import { parseToken } from '#core/token/format.ts';
import { createSystem, ORDERS, type System, secretRead, usage } from '#test/loop/system.ts';
import { createRandom, type Random } from '#test/traffic/random.ts';

const userArn = (name: string): string => `arn:aws:iam::111122223333:user/${name}`;
const CLIENTS = ['curl/8.5.0', 'python-requests/2.32', 'Go-http-client/2.0', 'okhttp/4.12', 'axios/1.7'];

/** A theft that the noise must not hide, and what of it must end: a token, or the keys of a user. */
export interface Theft {
  readonly name: string;
  readonly target: string;
  readonly event: unknown;
}

/** Tokens, each owner with ten of them, and what happens to them: noise, and thefts in the midst of it. */
export interface Town {
  readonly system: System;
  readonly thefts: readonly Theft[];
  /** In any order. */
  readonly events: readonly unknown[];
  /** Tokens of which the noise said more than what is worth an alert. */
  readonly accused: ReadonlySet<string>;
  /** Every version of every token before anything happened, by token. */
  readonly before: ReadonlyMap<string, readonly string[]>;
}

export interface TownSize {
  readonly tokens: number;
  readonly events: number;
  /** The noise comes from one network and by one client, or from everywhere, so that nothing is common to all. */
  readonly from?: 'everywhere' | 'one';
}

/**
 * What a saboteur can do to have other people's tokens ended: genuine ones presented from outside their networks,
 * readers refused, values whose time is over.
 */
export async function createTown(
  { tokens, events, from = 'everywhere' }: TownSize,
  seed: string,
): Promise<Town> {
  const system = createSystem();
  const random = createRandom(seed);
  const named: { readonly tokenId: string; readonly keyId: string; readonly secretId: string }[] = [];
  for (let n = 0; n < tokens; n++) {
    const tokenId = `svc-${n}`;
    const secretId = await system.register({ ...ORDERS, id: tokenId, owner: `team-${Math.floor(n / 10)}` });
    named.push({ tokenId, secretId, keyId: keyIdOf(system, secretId) });
  }
  const thefts = await theftsIn(system, named[0]?.secretId ?? '');
  const accused = new Set<string>();
  const noise = Array.from({ length: events }, (_, n): unknown => {
    const { tokenId, keyId, secretId } = named[n % tokens] as (typeof named)[number];
    const network = from === 'one' ? '198.18.0.7' : addressFrom(random);
    const client = from === 'one' ? 'curl/8.5.0' : random.pick(CLIENTS);
    const said = { at: system.world.clock.now(), usageId: `noise-${n}`, tokenId, keyId, network, client };
    const kind = random.weighted(KINDS);
    if (kind === 'refused')
      return secretRead({
        eventId: said.usageId,
        secretId,
        at: said.at,
        ip: network,
        errorCode: 'AccessDenied',
      });
    if (kind === 'presented') accused.add(tokenId);
    return usage({ ...said, reason: kind === 'presented' ? 'network' : 'retired' });
  });
  const all = [...noise, ...thefts.map(({ event }) => event)];
  const before = new Map(tokensOf(system).map((token) => [token.tokenId, liveOf(token)]));
  return { system, thefts, events: random.sample(all, all.length), accused, before };
}

const KINDS = [
  ['presented', 6],
  ['late', 2],
  ['refused', 2],
] as const;

const addressFrom = (random: Random): string =>
  `${random.int(11, 197)}.${random.int(0, 255)}.${random.int(0, 255)}.7`;

/** One of each kind that issue and design name; one of them about a token that the noise names too. */
async function theftsIn(system: System, namedSecret: string): Promise<readonly Theft[]> {
  const make = (id: string, more: object = {}): Promise<string> =>
    system.register({ ...ORDERS, id, owner: `owner-of-${id}`, ...more });
  const at = system.world.clock.now();
  const bait = await make('bait', { canary: true });
  const ledger = await make('ledger');
  const payments = await make('payments');
  const mail = await make('mail');
  const billing = await make('billing', { readers: [userArn('billing-job')] });
  const old = (await system.ports.registry.get(keys.token('billing')))?.versions[0]?.versionId;
  await system.order({ action: 'reissue', tokenId: 'billing', reason: 'a leak', incidentId: 'INC-1' });
  await system.ports.vault.settle();
  for (const name of ['billing-job', 'ci']) system.ports.keyControl.create(userArn(name));
  const byUser = (name: string, event: unknown, more: object = {}): unknown => {
    const { detail, ...envelope } = event as { detail: { requestParameters: object } };
    const userIdentity = { type: 'IAMUser', arn: userArn(name), accessKeyId: `AKIA-${name}` };
    const requestParameters = { ...detail.requestParameters, ...more };
    return { ...envelope, detail: { ...detail, userIdentity, requestParameters } };
  };
  const stolenKey = byUser('ci', secretRead({ eventId: 'key', secretId: payments, at, ip: '203.0.113.20' }));
  const oldRead = secretRead({ eventId: 'old', secretId: billing, at: at + 60_000 });
  return [
    {
      name: 'a canary used',
      target: 'bait',
      event: usage({
        usageId: 'canary',
        tokenId: 'bait',
        keyId: keyIdOf(system, bait),
        at,
        network: '10.1.2.3',
        outcome: 'allowed',
      }),
    },
    {
      name: 'an unbound reader',
      target: 'ledger',
      event: secretRead({ eventId: 'unbound', secretId: ledger, at, ip: '203.0.113.10' }),
    },
    {
      name: 'an unbound reader of what the noise names',
      target: 'svc-0',
      event: secretRead({ eventId: 'unbound-too', secretId: namedSecret, at, ip: '203.0.113.30' }),
    },
    {
      name: 'an old version after its end',
      target: userArn('billing-job'),
      event: byUser('billing-job', oldRead, { versionId: old }),
    },
    { name: 'a stolen IAM key', target: userArn('ci'), event: stolenKey },
    { name: 'what a stolen IAM key read', target: 'payments', event: stolenKey },
    {
      name: 'a stolen token, as the noise pretends many are',
      target: 'mail',
      event: usage({
        usageId: 'stolen',
        tokenId: 'mail',
        keyId: keyIdOf(system, mail),
        at,
        network: '198.51.100.66',
        client: 'Wget/1.24',
      }),
    },
  ];
}

function keyIdOf(system: System, secretArn: string): string {
  const parsed = parseToken(system.read(secretArn));
  if (!parsed.ok) throw new Error(`${secretArn} holds no token`);
  return parsed.value.keyId;
}

const tokensOf = ({ ports }: System): readonly TokenRecord[] =>
  [...ports.registry.items.values()].filter((item) => item.kind === 'token');

export const incidentsOf = ({ ports }: System): readonly IncidentRecord[] =>
  [...ports.registry.items.values()].filter((item) => item.kind === 'incident');

const liveOf = ({ versions }: TokenRecord): readonly string[] =>
  versions.flatMap(({ keyId, state }) => (state === 'current' || state === 'retiring' ? [keyId] : []));

/** Tokens of which nothing that was held before is good any more. */
export function ended({ system, before }: Town): readonly string[] {
  return tokensOf(system)
    .filter((token) => {
      const live = new Set(liveOf(token));
      return token.standing !== 'active' || !before.get(token.tokenId)?.some((keyId) => live.has(keyId));
    })
    .map(({ tokenId }) => tokenId);
}

/** How often somebody was paged about what. */
export function pagesOf({ system }: Town): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const { key } of system.ports.pager.pages) times.set(key, (times.get(key) ?? 0) + 1);
  return times;
}

/** What waits for a person. */
export const held = ({ system }: Town): ReadonlySet<string> =>
  new Set(
    incidentsOf(system)
      .filter(({ state }) => state === 'pending')
      .flatMap((incident) => incident.held.map(({ tokenId }) => tokenId)),
  );

function isBlocked({ ports }: System, arn: string): boolean {
  const found = ports.keyControl.userOf(arn);
  return (
    found?.policies.includes(ports.keyControl.policyArn) === true &&
    found.keys.every(({ status }) => status === 'Inactive')
  );
}

/** The thefts that ended: their token, or their user's keys. */
export function actedUpon(town: Town): readonly string[] {
  const gone = new Set(ended(town));
  return town.thefts
    .filter(({ target }) => (isUserArn(target) ? isBlocked(town.system, target) : gone.has(target)))
    .map(({ name }) => name);
}

/** The thefts that came to nothing: neither ended nor waiting for a person. */
export function lost(town: Town): readonly string[] {
  const done = new Set(actedUpon(town));
  const waiting = held(town);
  return town.thefts
    .filter(({ name, target }) => !done.has(name) && !waiting.has(target))
    .map(({ name }) => name);
}

/** How many automatic actions each signal took, window by window, as the audit log has it. */
export function taken({ system }: Town, windowMs: number): Readonly<Record<string, readonly number[]>> {
  const counts = new Map<string, Map<number, number>>();
  for (const { action, at, details } of system.ports.registry.log) {
    if (action !== 'response.decided' || details?.outcome !== 'done') continue;
    const signal = String(details.signal);
    const windows = counts.get(signal) ?? new Map<number, number>();
    counts.set(signal, windows);
    const window = Math.floor(Date.parse(at) / windowMs);
    windows.set(window, (windows.get(window) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].map(([signal, windows]) => [signal, [...windows.values()]]));
}
