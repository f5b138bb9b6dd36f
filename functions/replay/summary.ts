import { isTierZero } from '#core/detection/catalogue.ts';
import type { CredentialVerdict } from '#core/detection/verdict.ts';
import type { EpochMs } from '#core/records.ts';
import { applyBreaker, type BreakerOutcome, type Candidate } from '#core/response/breaker.ts';
import type { LadderPolicy } from '#core/response/ladder.ts';
import type { Judged } from './rounds.ts';

/** What a replay counted, under the names that its `--summary` file has. */
export interface Summary {
  readonly events: number;
  readonly parsed: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly credentials: number;
  readonly alert: number;
  readonly suspend: number;
  readonly revoke: number;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly heldByBreaker: number;
}

/** One flagged credential, under the names that an ndjson line has. */
export interface Line {
  readonly credential: string;
  readonly principal: string;
  readonly rung: 'alert' | 'suspend' | 'revoke';
  readonly posterior: number;
  readonly firstAt: EpochMs;
  readonly at: EpochMs;
  readonly evidence: readonly {
    readonly signal: string;
    readonly family: string;
    readonly weight: number;
    readonly eventIds: readonly string[];
  }[];
}

/** A replay knows no reissue: what is ended and made anew is ended. */
const rungOf = ({ rung }: CredentialVerdict): Line['rung'] => (rung === 'reissue' ? 'revoke' : rung);

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** A verdict as its line. */
export function lineOf(verdict: CredentialVerdict): Line {
  return {
    credential: verdict.credential,
    principal: verdict.principal,
    rung: rungOf(verdict),
    posterior: rounded(verdict.posterior, 6),
    firstAt: verdict.firstAt,
    at: verdict.at,
    evidence: verdict.evidence.map(({ signal, family, weight, eventIds }) => ({
      signal,
      family,
      weight: rounded(weight, 3),
      eventIds,
    })),
  };
}

/** What the circuit breaker would have let through, and what it would have held. */
export function breakerOf(judged: Judged, policy: LadderPolicy): BreakerOutcome {
  const candidates = judged.verdicts
    .filter(({ rung }) => rung !== 'alert')
    .map(
      (verdict): Candidate => ({
        credential: verdict.credential,
        owner: verdict.owner,
        at: verdict.at,
        signal: leadOf(verdict),
        network: verdict.network,
        client: verdict.client,
      }),
    );
  const census = {
    active: judged.active,
    activeOf: (owner: string) => judged.byOwner.get(owner) ?? 0,
  };
  return applyBreaker(candidates, census, policy.breaker);
}

/** The evidence that carried a verdict: a contract broken goes before any habit, a canary before all. */
function leadOf({ evidence }: CredentialVerdict): Candidate['signal'] {
  const never = evidence.find(({ signal }) => signal === 'T0-1' || signal === 'T0-7');
  const contract = evidence.find(({ signal, weak }) => isTierZero(signal) && !weak);
  return (never ?? contract ?? evidence[0])?.signal ?? 'B1';
}

/** How many verdicts ended on each rung. */
export function countRungs(
  verdicts: readonly CredentialVerdict[],
): Pick<Summary, 'alert' | 'suspend' | 'revoke'> {
  const counts = { alert: 0, suspend: 0, revoke: 0 };
  for (const verdict of verdicts) counts[rungOf(verdict)]++;
  return counts;
}
