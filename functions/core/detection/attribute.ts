import type { Contracts } from './contract.ts';
import { slotOf } from './decay.ts';
import type { Observation } from './observation.ts';

/**
 * Gives what KMS unwrapped to the credential that asked for it. Secrets Manager calls KMS with a key made for that
 * one call, so KMS's record names the principal alone; the same principal's read of the same secret in the same ten
 * minutes names the credential. Of several, the first by name, so that arrival does not decide.
 */
export function attribute(observations: readonly Observation[], contracts: Contracts): Observation[] {
  const secretIn = (secret: string): string => contracts.secretOf(secret)?.secret ?? secret;
  const readers = new Map<string, Observation>();
  for (const observation of observations) {
    if (observation.act.kind !== 'read-secret') continue;
    const key = keyOf(observation, secretIn(observation.act.secret));
    const known = readers.get(key);
    if (known === undefined || observation.credential < known.credential) readers.set(key, observation);
  }
  return observations.map((observation) => {
    const { act, credential, principal } = observation;
    if (act.kind !== 'decrypt' || credential !== principal) return observation;
    const reader = readers.get(keyOf(observation, secretIn(act.secret)));
    if (reader === undefined) return observation;
    const { kind, session, delivery } = reader;
    return { ...observation, credential: reader.credential, kind, session, delivery };
  });
}

const keyOf = ({ principal, at }: Observation, secret: string): string =>
  `${principal} ${secret} ${slotOf(at)}`;
