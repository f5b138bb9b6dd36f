import type { AttackKind } from './attacks/kinds.ts';
import type { Mark } from './attacks/thief.ts';
import type { Emission, Holder } from './stage.ts';

/** The truth about one credential. */
export interface Label {
  readonly credential: string;
  readonly principal: string;
  readonly managed: boolean;
  /** What the credential is for in everyday traffic; `minted` where an attack made it. */
  readonly role: string;
  readonly label: 'benign' | AttackKind;
  /** False too for one that hostile noise only names. */
  readonly compromised: boolean;
  /** Temporary keys through which the attack acted, where the credential is not one itself. */
  readonly accessKeyIds: readonly string[];
  readonly firstMaliciousAt: string | null;
  readonly eventIds: readonly string[];
  /** Where a benign owner broke his own contract, so that an action on it is no plain mistake. */
  readonly breaches: readonly string[];
}

export interface Labels {
  readonly version: 1;
  readonly seed: number;
  readonly from: string;
  readonly to: string;
  readonly credentials: readonly Label[];
}

interface Seen {
  first?: string;
  readonly eventIds: string[];
}

/** Collects which records belong to which attack while they pass. */
export class LabelBook {
  readonly #marks = new Map<string, Mark>();
  readonly #seen = new Map<string, Seen>();

  add(mark: Mark): void {
    if (this.#marks.has(mark.credential)) throw new RangeError('a credential in two attacks');
    this.#marks.set(mark.credential, mark);
    this.#seen.set(mark.credential, { eventIds: [] });
  }

  note({ record, marks }: Emission): void {
    for (const credential of marks ?? []) {
      const seen = this.#seen.get(credential);
      if (seen === undefined) throw new RangeError('a record of an attack that was not announced');
      seen.first ??= record.eventTime;
      seen.eventIds.push(record.eventID);
    }
  }

  /** An attack that came to nothing before the end leaves its credential benign. */
  of(
    holder: Pick<Holder, 'credential' | 'role' | 'managed' | 'breaches'> & {
      readonly principal: { readonly arn: string };
    },
  ): Label {
    const mark = this.#marks.get(holder.credential);
    const seen = this.#seen.get(holder.credential);
    const attacked = mark !== undefined && seen?.first !== undefined;
    return {
      credential: holder.credential,
      principal: holder.principal.arn,
      managed: holder.managed,
      role: holder.role,
      label: attacked ? mark.kind : 'benign',
      compromised: attacked && mark.compromised,
      accessKeyIds: attacked ? (mark.accessKeyIds ?? []) : [],
      firstMaliciousAt: seen?.first ?? null,
      eventIds: seen?.eventIds ?? [],
      breaches: holder.breaches,
    };
  }

  /** Credentials that no holder had before the attack: what it minted. */
  minted(known: ReadonlySet<string>): readonly Label[] {
    const fresh = [...this.#marks.values()].filter(({ credential }) => !known.has(credential));
    return fresh
      .map(({ credential, principal }) => {
        const minted = { credential, principal: { arn: principal }, managed: false, breaches: [] };
        return { ...this.of({ ...minted, role: 'own' }), role: 'minted' };
      })
      .filter(({ firstMaliciousAt }) => firstMaliciousAt !== null);
  }
}
