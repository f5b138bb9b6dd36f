import type { Contracts } from '#core/detection/contract.ts';
import type { Fact } from '#core/detection/fact.ts';
import { secretNames, tokenIdsNamed } from '#core/detection/secret-name.ts';
import { keys } from '#core/keys.ts';
import type { TokenRecord } from '#core/records.ts';
import type { RespondPorts } from './run.ts';

export type Tokens = readonly TokenRecord[];

/** Every token that facts are about. */
export async function tokensOf(facts: readonly Fact[], ports: RespondPorts): Promise<Tokens> {
  const secrets = facts.flatMap(({ act }) =>
    'secret' in act && act.secret !== undefined ? [act.secret] : [],
  );
  const used = facts.flatMap(({ kind, principal }) =>
    kind === 'api-token' ? [principal.slice(TOKEN.length)] : [],
  );
  const named = await tokensNamed(secrets, ports);
  const ids = [...new Set(used)];
  return [...named, ...(await read(ids, ports))];
}

const TOKEN = 'token:';

const MANY = 100;

async function read(ids: readonly string[], ports: RespondPorts): Promise<Tokens> {
  const some = ids.slice(0, MANY);
  return some.length === 0 ? [] : ports.registry.getMany(some.map(keys.token));
}

/** The tokens in secrets, by canonical name; a name that is another secret's in the same words is none of theirs. */
export async function tokensNamed(secrets: readonly string[], ports: RespondPorts): Promise<Tokens> {
  const names = new Set(secrets);
  const candidates = await read([...new Set([...names].flatMap(tokenIdsNamed))], ports);
  return candidates.filter(
    ({ secretArn }) => secretArn !== undefined && secretNames(secretArn).some((name) => names.has(name)),
  );
}

/** The token that a fact is about: its own, or the one whose secret it touched. */
export function tokenOf(
  { act, kind, principal }: Fact,
  tokens: Tokens,
  contracts: Contracts,
): string | undefined {
  if (kind === 'api-token') return principal.slice(TOKEN.length);
  if (!('secret' in act) || act.secret === undefined) return undefined;
  const arn = contracts.secretOf(act.secret)?.secret;
  return tokens.find(({ secretArn }) => secretArn !== undefined && secretArn === arn)?.tokenId;
}
