import type { Answer, Delivery, Functions } from './functions.ts';

/** One thing that happens in a flow, in order. */
export type Item =
  /** Invoked until it succeeds, at most `tries` times; then the flow goes on with `otherwise`, or all the same. */
  | {
      readonly deliver: (functions: Functions, notes: Notes) => Delivery;
      readonly tries: number;
      /** Nothing befalls it: the faults are over. */
      readonly calm?: true;
      readonly note?: (functions: Functions, notes: Notes, answer: Answer) => Notes;
      readonly otherwise?: readonly Item[];
    }
  /** The schedule fires on a secret, unless it is off. */
  | { readonly rotate: string; readonly calm?: true }
  | { readonly wait: number }
  /** Somebody outside acts: an operator, CloudFormation, time itself. */
  | { readonly act: (functions: Functions, notes: Notes) => void };

/** What a flow remembers between its items: plain data. */
export type Notes = Readonly<Record<string, string>>;

/** A whole story: what happens, and what must be true at its end. */
export interface Flow {
  readonly name: string;
  /** Exhaustive up to so many faults. */
  readonly faults: number;
  /** And up to so many where there is time: `npm run sim -- --deep`. */
  readonly deep?: number;
  /** KMS computes each MAC. */
  readonly strictFips?: boolean;
  /** Never acted upon automatically. */
  readonly protectedPrincipals?: readonly string[];
  readonly setup: (functions: Functions) => Promise<Notes>;
  readonly items: readonly Item[];
  /** Put before a step of a rotation, the first time that it is reached (F12). */
  readonly interrupt?: { readonly before: Step; readonly items: readonly Item[] };
  readonly end: (functions: Functions, notes: Notes) => readonly Ended[];
}

/** A promise that a flow's end does not keep. */
export interface Ended {
  readonly invariant: string;
  readonly seen: string;
}

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type Step = (typeof STEPS)[number];

/** How often Secrets Manager tries a rotation, and how long it and everybody else waits between tries. */
const ROTATION_ATTEMPTS = 3;
const RETRY_MS = 60_000;
const STEP_MS = 1_000;

interface Rotation {
  readonly secretArn: string;
  readonly versionId: string;
  readonly attempt: number;
  readonly step: number;
  readonly calm?: true;
}

/** Where a flow is: plain data, so that two states can be told apart. */
export interface Position {
  readonly todo: readonly Item[];
  readonly tries: number;
  readonly rotations: readonly Rotation[];
  readonly interrupted: boolean;
  /** A rotation that goes on once so many items are left to do. */
  readonly paused?: { readonly rotation: Rotation; readonly left: number };
  readonly notes: Notes;
}

export const start = (flow: Flow, notes: Notes): Position => ({
  todo: flow.items,
  tries: 0,
  rotations: [],
  interrupted: false,
  notes,
});

/** What is invoked next, after whatever happens before it; `undefined` at the end. */
export function advance(
  flow: Flow,
  position: Position,
  functions: Functions,
): { readonly position: Position; readonly delivery: Delivery | undefined; readonly calm: boolean } {
  const { ports, world } = functions;
  let here = position;
  for (;;) {
    const asked = ports.vault.takeAsked().map((one) => ({ ...one, attempt: 1, step: 0 }));
    const known = (one: Rotation): boolean =>
      here.rotations.some(({ versionId }) => versionId === one.versionId);
    here = { ...here, rotations: [...here.rotations, ...asked.filter((one) => !known(one))] };
    const [rotation, ...later] = here.rotations;
    if (rotation !== undefined) {
      const { interrupt } = flow;
      const step = STEPS[rotation.step] as Step;
      if (!here.interrupted && interrupt?.before === step) {
        const paused = { rotation, left: here.todo.length };
        const todo = [...interrupt.items, ...here.todo];
        here = { ...here, interrupted: true, todo, tries: 0, rotations: later, paused };
        continue;
      }
      if (!runs(rotation, functions)) {
        here = { ...here, rotations: later };
        continue;
      }
      world.clock.advance(rotation.step === 0 && rotation.attempt > 1 ? RETRY_MS : STEP_MS);
      const { secretArn, versionId } = rotation;
      return {
        position: here,
        delivery: { fn: 'rotate', step, secretArn, versionId },
        calm: rotation.calm ?? false,
      };
    }
    const { paused, ...unpaused } = here;
    if (paused !== undefined && here.todo.length <= paused.left) {
      here = { ...unpaused, rotations: [paused.rotation] };
      continue;
    }
    const [item, ...rest] = here.todo;
    if (item === undefined) return { position: here, delivery: undefined, calm: true };
    if ('deliver' in item) {
      world.clock.advance(here.tries === 0 ? STEP_MS : RETRY_MS);
      return { position: here, delivery: item.deliver(functions, here.notes), calm: item.calm ?? false };
    }
    here = { ...here, todo: rest };
    if ('wait' in item) world.clock.advance(item.wait);
    else if ('act' in item) {
      item.act(functions, here.notes);
    } else {
      const secret = ports.vault.secretOf(item.rotate);
      if (!secret.rotationEnabled || secret.deletedAt !== undefined) continue;
      const versionId = ports.vault.begin(item.rotate);
      const { calm } = item;
      const begun = { secretArn: secret.arn, versionId, attempt: 1, step: 0, ...(calm && { calm }) };
      here = { ...here, rotations: [begun] };
    }
  }
}

/** The service goes on only while the schedule is on and the version still carries a label. */
function runs({ secretArn, versionId }: Rotation, { ports }: Functions): boolean {
  const secret = ports.vault.secretOf(secretArn);
  const labels = secret.versions[versionId]?.stages ?? [];
  const labelled = labels.includes('AWSPENDING') || labels.includes('AWSCURRENT');
  return secret.rotationEnabled && secret.deletedAt === undefined && labelled;
}

/** Where the flow is after an invocation: `answer` is absent where it crashed or threw. */
export function settle(
  position: Position,
  delivery: Delivery,
  answer: Answer | undefined,
  functions: Functions,
): Position {
  if (delivery.fn === 'rotate' && position.rotations.length > 0)
    return { ...position, rotations: rotated(position.rotations, answer !== undefined, functions) };
  const [item, ...rest] = position.todo;
  if (item === undefined || !('deliver' in item)) throw new Error('an answer that nobody waits for');
  if (answer !== undefined && succeeded(answer)) {
    const notes = item.note?.(functions, position.notes, answer) ?? position.notes;
    return { ...position, todo: rest, tries: 0, notes };
  }
  const tries = position.tries + 1;
  if (tries < item.tries) return { ...position, tries };
  return { ...position, todo: [...(item.otherwise ?? []), ...rest], tries: 0 };
}

function rotated(rotations: readonly Rotation[], ok: boolean, { ports }: Functions): readonly Rotation[] {
  const [now, ...later] = rotations as readonly [Rotation, ...Rotation[]];
  if (ok && now.step + 1 < STEPS.length) return [{ ...now, step: now.step + 1 }, ...later];
  if (ok && ports.vault.complete(now.secretArn, now.versionId)) return later;
  if (now.attempt >= ROTATION_ATTEMPTS) return later;
  return [{ ...now, attempt: now.attempt + 1, step: 0 }, ...later];
}

/** What its caller takes for done; everything else is tried again. */
function succeeded(answer: Answer): boolean {
  if (answer.fn === 'reconcile') return answer.report.failed === 0;
  if (answer.fn === 'respond') return answer.batch.batchItemFailures.length === 0;
  if (answer.fn !== 'revoke') return true;
  const { result } = answer;
  // What a repeat finds done already is refused; a rotation that did not start is asked for again.
  return result.status === 200 || (result.status === 409 && result.answer.action !== 'rotate');
}
