import type { World } from '#core/detection/judge-group.ts';
import { PART_NUMBERS } from '#core/detection/parts.ts';
import type { Fold } from './fold.ts';
import { createRounds, type Judged, judgePart } from './rounds.ts';

/** Judges all observations, one part in memory at a time, in as many rounds as lineage takes. */
export function judgeAll(fold: Fold, world: World): Judged {
  const rounds = createRounds(world);
  const homes = new Map<string, readonly number[]>();
  for (;;) {
    const news = rounds.news();
    const about = { legacies: rounds.legacies(), ...(news === undefined ? {} : { news }) };
    for (let index = 0; index < fold.parts(); index++) {
      if (news !== undefined && ![...news].some((credential) => homes.get(credential)?.includes(index)))
        continue;
      rounds.add(judgePart(fold.part(index), world, about, (credential) => home(homes, credential, index)));
    }
    if (!rounds.close()) return rounds.judged();
  }
}

/** Remembers in which part a credential was seen, so that a second look at it reads that part alone. */
function home(homes: Map<string, readonly number[]>, credential: string, index: number): void {
  const known = homes.get(credential);
  if (known === undefined) homes.set(credential, HOMES[index] ?? [index]);
  else if (!known.includes(index)) homes.set(credential, [...known, index]);
}

const HOMES: readonly (readonly number[])[] = PART_NUMBERS.map((part) => [part]);
