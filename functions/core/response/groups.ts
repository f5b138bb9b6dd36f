import type { Contracts } from '../detection/contract.ts';
import type { Reading } from '../detection/fact.ts';
import { tokenSubject } from '../detection/registry-contracts.ts';
import { tokenIdsNamed } from '../detection/secret-name.ts';

/**
 * Whom the judgement of one event may write about: who acted and with what, what was minted, the tokens in secrets that
 * were touched. By names alone, before anything is read: two readings without a name in common share no habits, no
 * decision and no token.
 */
export function namesIn({ facts, notices }: Reading, ours: Pick<Contracts, 'isExempt'>): readonly string[] {
  const tokens = (secret: string): readonly string[] => tokenIdsNamed(secret).map(tokenSubject);
  const acted = facts.flatMap(({ principal, session, credential, act }) => [
    ...(act.kind === 'mint' ? [act.minted, credential] : []),
    // Of what our own functions do only the mints are remembered (S10).
    ...(ours.isExempt(principal, session)
      ? []
      : [principal, credential, ...('secret' in act && act.secret !== undefined ? tokens(act.secret) : [])]),
  ]);
  return [...acted, ...notices.flatMap(({ secret }) => tokens(secret))].filter((name) => name !== '');
}

/** Puts together whatever shares a name, through however many others; groups and what is in them stay in order. */
export function groupsOf<T>(
  items: readonly T[],
  namesOf: (item: T) => readonly string[],
): readonly (readonly T[])[] {
  const parents = items.map((_, at) => at);
  const parentOf = (at: number): number => parents[at] as number;
  const rootOf = (at: number): number => {
    let root = at;
    while (parentOf(root) !== root) {
      parents[root] = parentOf(parentOf(root));
      root = parentOf(root);
    }
    return root;
  };
  const first = new Map<string, number>();
  for (const [at, item] of items.entries()) {
    for (const name of namesOf(item)) {
      const [one, other] = [rootOf(at), rootOf(first.get(name) ?? at)];
      parents[Math.max(one, other)] = Math.min(one, other);
      if (!first.has(name)) first.set(name, at);
    }
  }
  const groups = new Map<number, T[]>();
  for (const [at, item] of items.entries()) {
    const root = rootOf(at);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
