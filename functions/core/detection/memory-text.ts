import * as z from 'zod/mini';
import { jsonIn } from '../json.ts';
import { type HabitsRecord, SCHEMA } from '../records.ts';
import { withoutSecrets } from '../token/format.ts';
import { type Baseline, digestOf } from './baseline.ts';
import { FAMILIES, SIGNAL_IDS } from './catalogue.ts';
import { type Act, CREDENTIAL_KINDS } from './fact.ts';
import type { Memory, Suspect } from './memory.ts';
import type { Observation } from './observation.ts';
import { parseBaseline, serialise } from './serialise.ts';

/** A credential that has not been seen for so long is a new one. */
const KEPT_SECONDS = 400 * 24 * 3_600;

/** Longer texts of an observation or of its evidence are kept as their digest, or cut where a person reads them. */
const TEXT_MOST = 300;
const SAID_MOST = 160;
const EVENT_IDS_KEPT = 2;

const TEXT = z.string();
const TIME = z.number();
const FLAG = z.union([z.literal(0), z.literal(1)]);

const OBSERVATIONS = z.object({
  t: z.array(TEXT),
  o: z.array(
    z.tuple([TIME, TEXT, z.array(z.int()), FLAG, z.union([z.literal(0), z.looseObject({ kind: TEXT })])]),
  ),
});

const EVIDENCE = z.object({
  signal: z.enum(SIGNAL_IDS),
  family: z.enum(FAMILIES),
  weight: TIME,
  since: TIME,
  at: TIME,
  halfLifeMs: TIME,
  weak: z.boolean(),
  says: TEXT,
  about: TEXT,
  eventIds: z.array(TEXT),
});

const SUSPECTS = z.array(
  z.object({
    credential: TEXT,
    kind: z.enum(CREDENTIAL_KINDS),
    principal: TEXT,
    owner: TEXT,
    evidence: z.array(EVIDENCE),
  }),
);

/** Texts of an observation that repeat from one to the next, and so stand in a table. */
const COMMON = [
  'account',
  'region',
  'api',
  'credential',
  'kind',
  'principal',
  'session',
  'delivery',
  'network',
  'client',
] as const satisfies readonly (keyof Observation)[];

/** Observations as text: each repeated text once. `last` is not kept: nothing is learnt from it. */
export function packObservations(observations: readonly Observation[]): string {
  const table = new Map<string, number>();
  const place = (text: string): number => {
    const kept = text.length > TEXT_MOST ? digestOf(text) : text;
    const known = table.get(kept) ?? table.size;
    table.set(kept, known);
    return known;
  };
  const o = observations.map((each) => [
    each.at,
    each.eventId,
    COMMON.map((name) => place(each[name])),
    each.refused ? 1 : 0,
    each.act.kind === 'plain' ? 0 : each.act,
  ]);
  return withoutSecrets(JSON.stringify({ t: [...table.keys()], o }));
}

function unpackObservations(text: string): readonly Observation[] | undefined {
  const read = OBSERVATIONS.safeParse(jsonIn(text));
  if (!read.success) return undefined;
  const { t, o } = read.data;
  return o.map(([at, eventId, places, refused, act]) => ({
    ...(Object.fromEntries(COMMON.map((name, index) => [name, t[places[index] ?? -1] ?? ''])) as Pick<
      Observation,
      (typeof COMMON)[number]
    >),
    at,
    last: at,
    eventId,
    refused: refused === 1,
    // As this code wrote it: whoever may write the table could do worse than make a fact up.
    act: act === 0 ? { kind: 'plain' } : (act as unknown as Act),
  }));
}

const packSuspects = (suspects: readonly Suspect[]): string =>
  withoutSecrets(
    JSON.stringify(
      suspects.map(({ evidence, ...who }) => ({
        ...who,
        evidence: evidence.map((each) => ({
          ...each,
          says: each.says.slice(0, SAID_MOST),
          about: each.about.length > TEXT_MOST ? digestOf(each.about) : each.about,
          eventIds: each.eventIds.slice(0, EVENT_IDS_KEPT),
        })),
      })),
    ),
  );

/** What is stored of a subject, over the revision that was read. */
export function habitsRecord(
  subject: string,
  { settledTo, habits, suspects, recent }: Memory,
  rev: number,
  keptSeconds: number = KEPT_SECONDS,
): HabitsRecord {
  const last = Math.max(settledTo, ...recent.map(({ at }) => at));
  return {
    schema: SCHEMA,
    kind: 'habits',
    rev,
    subject,
    settledTo,
    habits: Object.fromEntries([...habits].map(([key, baseline]) => [key, serialise(baseline)])),
    evidence: packSuspects(suspects),
    recent: packObservations(recent),
    ttlSeconds: Math.floor(last / 1000) + keptSeconds,
  };
}

/** What a record remembers; `undefined` where it cannot be read: then the subject is a new one. */
export function memoryOf(record: HabitsRecord): Memory | undefined {
  const suspects = SUSPECTS.safeParse(jsonIn(record.evidence));
  const recent = unpackObservations(record.recent);
  if (!suspects.success || recent === undefined) return undefined;
  const habits = new Map<string, Baseline>();
  for (const [key, text] of Object.entries(record.habits)) {
    const baseline = parseBaseline(text);
    if (!baseline.ok) return undefined;
    habits.set(key, baseline.value);
  }
  return { settledTo: record.settledTo, habits, suspects: suspects.data, recent };
}

/** What is settled, with the precision that storage has. */
export function asStored(settled: Pick<Memory, 'habits' | 'suspects'>): Pick<Memory, 'habits' | 'suspects'> {
  const record = habitsRecord('', { ...settled, settledTo: 0, recent: [] }, 0);
  return memoryOf(record) as Memory;
}
