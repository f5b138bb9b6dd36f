import type { Contracts } from '#core/detection/contract.ts';
import type { Fact } from '#core/detection/fact.ts';
import { groupOf } from '#core/detection/judge-group.ts';
import {
  foldObservations,
  type Observation,
  observationKey,
  observationOf,
} from '#core/detection/observation.ts';
import { PARTS, partOf } from '#core/detection/parts.ts';
import type { Scratch } from './scratch.ts';

/** How many observations are held before they go to disk: some 150 MB. */
const HELD_MOST = 200_000;

/** Folds facts into observations in flat memory, and gives them back by group, whole. */
export interface Fold {
  readonly add: (fact: Fact) => void;
  /** How many parts there are; no fact is added afterwards. */
  readonly parts: () => number;
  /** A part's observations, folded. A group is in one part only. */
  readonly part: (index: number) => readonly Observation[];
  /** What is held of each of the {@link PARTS} parts, to be folded elsewhere by {@link foldLines}. */
  readonly lines: () => Iterable<readonly [part: number, lines: Buffer]>;
}

export function createFold(scratch: Scratch, contracts: Contracts, heldMost: number = HELD_MOST): Fold {
  const held = new Map<string, Observation>();
  let spilt = false;

  function spill(): void {
    const lines: string[][] = Array.from({ length: PARTS }, () => []);
    for (const observation of held.values()) {
      (lines[partOf(groupOf(observation, contracts))] as string[]).push(pack(observation));
    }
    for (const [part, some] of lines.entries()) {
      if (some.length > 0) scratch.append(heapOf(part), Buffer.from(`${some.join('\n')}\n`));
    }
    held.clear();
    spilt = true;
  }

  const heapOf = (part: number): string => `observations-${part}`;

  return {
    add(fact) {
      foldInto(held, observationOf(fact));
      if (held.size >= heldMost) spill();
    },
    parts() {
      if (spilt && held.size > 0) spill();
      return spilt ? PARTS : 1;
    },
    part(index) {
      if (!spilt) return [...held.values()];
      return foldLines([scratch.read(heapOf(index))]);
    },
    *lines() {
      spill();
      for (let part = 0; part < PARTS; part++) {
        const lines = scratch.read(heapOf(part));
        if (lines.length > 0) yield [part, lines];
      }
    },
  };
}

/** The observations of one part, from what each fold held of it; in whatever order, and however often. */
export function foldLines(held: Iterable<Buffer>): readonly Observation[] {
  const folded = new Map<string, Observation>();
  for (const lines of held) {
    for (const line of lines.toString('utf8').split('\n')) if (line !== '') foldInto(folded, unpack(line));
  }
  return [...folded.values()];
}

/** A line without names: half as long as an object's, and twice as fast to read. */
const pack = (of: Observation): string =>
  JSON.stringify([
    of.eventId,
    of.at,
    of.last,
    of.account,
    of.region,
    of.api,
    of.credential,
    of.kind,
    of.principal,
    of.session,
    of.delivery,
    of.network,
    of.client,
    of.refused ? 1 : 0,
    of.act.kind === 'plain' ? 0 : of.act,
  ]);

type Packed = readonly [
  string,
  number,
  number,
  string,
  string,
  string,
  string,
  Fact['kind'],
  string,
  string,
  Fact['delivery'],
  string,
  string,
  0 | 1,
  0 | Fact['act'],
];

/** A line that this process wrote a moment ago: its form is known. */
function unpack(line: string): Observation {
  const [eventId, at, last, account, region, api, credential, kind, principal, session, ...rest] = JSON.parse(
    line,
  ) as Packed;
  const [delivery, network, client, refused, act] = rest;
  return {
    eventId,
    at,
    account,
    region,
    api,
    credential,
    kind,
    principal,
    session,
    delivery,
    network,
    client,
    refused: refused === 1,
    act: act === 0 ? PLAIN : act,
    last,
  };
}

const PLAIN: Fact['act'] = { kind: 'plain' };

function foldInto(held: Map<string, Observation>, observation: Observation): void {
  const key = observationKey(observation);
  const before = held.get(key);
  if (before === undefined) held.set(key, observation);
  else if (observation.at <= before.at || observation.last > before.last) {
    held.set(key, foldObservations(before, observation));
  }
}
