import { mintedIn, openSession } from '#core/detection/lineage.ts';
import { memoryOf } from '#core/detection/memory-text.ts';
import type { Observation } from '#core/detection/observation.ts';
import { keys } from '#core/keys.ts';
import type { EpochMs } from '#core/records.ts';
import type { Lineage } from '#core/response/decide.ts';
import type { Finding } from '#core/response/finding.ts';
import type { DecidePorts } from '#functions/apply/decide.ts';

type Reads = Pick<DecidePorts, 'registry'>;

/** Under which subject it is kept how a credential came into being. */
export const birthOf = (credential: string): string => `minted:${credential}`;

/** Under which subject it is kept what a credential minted. */
export const mintsOf = (credential: string): string => `mints:${credential}`;

/** A chain of minted credentials is followed as far as this. */
export const GENERATIONS_MOST = 4;

/** How many credentials one search for descendants looks at. */
const LOOKED_MOST = 64;

/** Sessions of roles that were assumed with some credentials, or with what these minted, and may still be open. */
export async function sessionsOf(
  credentials: readonly string[],
  now: EpochMs,
  { registry }: Reads,
): Promise<readonly string[]> {
  const found: string[] = [];
  const looked = new Set(credentials);
  for (const credential of looked) {
    const read = await registry.get(keys.habits(mintsOf(credential)));
    for (const mint of (read && memoryOf(read)?.recent) ?? []) {
      const session = openSession(mint, now);
      if (session !== undefined) found.push(session);
      // A set is walked in the order in which it grows.
      if (looked.size < LOOKED_MOST) looked.add(mintedIn(mint));
    }
  }
  return found;
}

/**
 * Where a suspect credential comes from, and the sessions of roles that go on without it. Of a user's own session the
 * search begins at the key that minted it: whoever has the one had the other.
 */
export async function lineageOf(
  who: Pick<Finding['who'], 'credential' | 'principal'>,
  now: EpochMs,
  ports: Reads,
): Promise<Lineage> {
  let eldest = who.credential;
  let mint = await mintOf(eldest, ports);
  for (let steps = 1; mint?.principal === who.principal && steps < GENERATIONS_MOST; steps++) {
    eldest = mint.credential;
    mint = await mintOf(eldest, ports);
  }
  const sessions = await sessionsOf([...new Set([eldest, who.credential])], now, ports);
  return { sessions, ...(mint === undefined ? {} : { mintedBy: `${mint.credential} of ${mint.principal}` }) };
}

/** How a credential came into being; `undefined`: nobody told. */
export async function mintOf(credential: string, ports: Reads): Promise<Observation | undefined> {
  const read = await ports.registry.get(keys.habits(birthOf(credential)));
  return read && memoryOf(read)?.recent[0];
}
