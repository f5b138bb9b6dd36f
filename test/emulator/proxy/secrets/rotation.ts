import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../call.ts';
import type { Lock } from '../lock.ts';
import { intervalOf } from './schedule.ts';
import { holdersOf, type SecretStore, type StoredSecret } from './store.ts';

/** The rotation of one secret as RotateSecret configured it. */
export interface RotationSettings {
  readonly arn: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly lambdaArn: string;
  readonly rules: JsonObject;
  /** Epoch milliseconds. */
  readonly lastRotatedAt?: number;
  /** Epoch milliseconds; absent for cron schedules, which fire only when triggered. */
  readonly nextRotationAt?: number;
}

/** How one rotation, with all its retries, ended. */
export interface RotationOutcome {
  readonly versionId: string;
  readonly outcome: 'succeeded' | 'failed' | 'abandoned' | 'stopped';
  readonly attempts: number;
  readonly error?: string;
}

/** Names of the events that Secrets Manager itself writes to the trail. */
export type RotationEventName =
  | 'RotationStarted'
  | 'RotationSucceeded'
  | 'RotationFailed'
  | 'RotationAbandoned'
  | 'TestRotationStarted'
  | 'TestRotationSucceeded'
  | 'TestRotationFailed';

/** What the rotation needs from outside. */
export interface RotationPorts {
  readonly store: SecretStore;
  readonly lock: Lock;
  /** Invokes the function and resolves to its error, or undefined when it succeeded. */
  readonly invoke: (functionArn: string, event: JsonObject) => Promise<string | undefined>;
  readonly emit: (name: RotationEventName, secretArn: string, versionId: string, error?: string) => void;
}

/** How often a failing rotation is tried again, and how soon. */
export interface RotationOptions {
  /** @default 3 */
  readonly attempts?: number;
  /** Grows by its own length with every attempt. @default 200 */
  readonly backoffMs?: number;
}

/** A rotation schedule, as its CloudFormation resource has it. */
export interface RotationSchedule {
  readonly lambdaArn: string;
  readonly rules: JsonObject;
  /** @default true */
  readonly rotateImmediately?: boolean;
}

/** Secrets Manager's rotation engine: it drives the four steps and owns AWSPENDING. */
export interface Rotation {
  readonly configure: (secret: StoredSecret, lambdaArn: string, rules: JsonObject) => void;
  readonly cancel: (arn: string) => void;
  /** Rotates to `versionId` in the background; the pending version must exist. */
  readonly start: (arn: string, versionId: string) => void;
  /** Runs only testSecret, with a pending version that is removed afterwards (RotateImmediately=false). */
  readonly startTest: (arn: string, versionId: string) => void;
  readonly settingsOf: (arn: string) => RotationSettings | undefined;
  readonly running: (arn: string) => string | undefined;
  /** The schedule fires now, as it would at NextRotationDate. Resolves to the version it rotates to. */
  readonly trigger: (secretId: string) => Promise<string>;
  /** Waits until no rotation of the secret runs and tells how the last one ended. */
  readonly settled: (secretId: string) => Promise<RotationOutcome | undefined>;
  /** Sets up a schedule, as RotateSecret or AWS::SecretsManager::RotationSchedule would, and rotates at once. */
  readonly register: (secretId: string, schedule: RotationSchedule) => Promise<void>;
  /** The rotations that were ever configured. */
  readonly list: () => readonly RotationSettings[];
  readonly stop: () => Promise<void>;
}

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
const CLOCK_MS = 1000;

/** Starts the engine and its clock. */
export function createRotation(ports: RotationPorts, options: RotationOptions = {}): Rotation {
  const { store, lock, emit } = ports;
  const { attempts = 3, backoffMs = 200 } = options;
  const settings = new Map<string, RotationSettings>();
  const runs = new Map<string, { versionId: string; done: Promise<RotationOutcome>; over: boolean }>();
  const stopping = new AbortController();

  const find = async (secretId: string): Promise<StoredSecret> => {
    const secret = await store.find(secretId);
    if (secret === undefined) throw new Error(`no secret ${secretId}`);
    return secret;
  };

  const begin = (arn: string, versionId: string, work: () => Promise<RotationOutcome>): void => {
    const failed = (error: unknown): RotationOutcome => ({
      versionId,
      outcome: stopping.signal.aborted ? 'stopped' : 'failed',
      attempts: 0,
      error: String(error),
    });
    const run = { versionId, over: false, done: work().catch(failed) };
    void run.done.then(() => {
      run.over = true;
    });
    runs.set(arn, run);
  };

  const rotate = async (arn: string, versionId: string): Promise<RotationOutcome> => {
    let error = '';
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      if (attempt > 1) await sleep(backoffMs * (attempt - 1), undefined, { signal: stopping.signal });
      if (attempt > 1 && settings.get(arn)?.enabled !== true) {
        return { versionId, outcome: 'stopped', attempts: attempt - 1, error };
      }
      emit('RotationStarted', arn, versionId);
      const ended = await runSteps(arn, versionId);
      if (ended === 'abandoned') {
        emit('RotationAbandoned', arn, versionId);
        return { versionId, outcome: 'abandoned', attempts: attempt };
      }
      if (ended === 'done') {
        succeeded(arn);
        emit('RotationSucceeded', arn, versionId);
        return { versionId, outcome: 'succeeded', attempts: attempt };
      }
      error = ended.error;
      emit('RotationFailed', arn, versionId, error);
    }
    return { versionId, outcome: 'failed', attempts, error };
  };

  const runSteps = async (
    arn: string,
    versionId: string,
  ): Promise<'done' | 'abandoned' | { error: string }> => {
    const rotationToken = randomUUID();
    for (const step of STEPS) {
      stopping.signal.throwIfAborted();
      const lambdaArn = settings.get(arn)?.lambdaArn ?? '';
      const labels = (await find(arn)).stages[versionId] ?? [];
      if (!labels.includes('AWSPENDING') && !labels.includes('AWSCURRENT')) return 'abandoned';
      const event = {
        Step: step,
        SecretId: arn,
        ClientRequestToken: versionId,
        RotationToken: rotationToken,
      };
      const error = await ports.invoke(lambdaArn, event);
      if (error !== undefined) return { error: `${step}: ${error}` };
    }
    return lock.exclusive(() => close(arn, versionId));
  };

  /** After finishSecret the service itself clears AWSPENDING, and only from the version it promoted. */
  const close = async (arn: string, versionId: string): Promise<'done' | { error: string }> => {
    const labels = (await find(arn)).stages[versionId] ?? [];
    if (!labels.includes('AWSCURRENT')) {
      return { error: `finishSecret did not move AWSCURRENT to version ${versionId}` };
    }
    if (labels.includes('AWSPENDING')) await store.removeStage(arn, 'AWSPENDING', versionId);
    return 'done';
  };

  const succeeded = (arn: string): void => {
    const known = settings.get(arn);
    if (known !== undefined) settings.set(arn, dated({ ...known, lastRotatedAt: Date.now() }));
  };

  const test = async (arn: string, versionId: string): Promise<RotationOutcome> => {
    emit('TestRotationStarted', arn, versionId);
    const event = {
      Step: 'testSecret',
      SecretId: arn,
      ClientRequestToken: versionId,
      RotationToken: randomUUID(),
    };
    const error = await ports.invoke(settings.get(arn)?.lambdaArn ?? '', event);
    await lock.exclusive(async () => {
      const labels = (await store.find(arn))?.stages[versionId] ?? [];
      if (labels.includes('AWSPENDING')) await store.removeStage(arn, 'AWSPENDING', versionId);
    });
    emit(error === undefined ? 'TestRotationSucceeded' : 'TestRotationFailed', arn, versionId, error);
    const outcome = error === undefined ? 'succeeded' : 'failed';
    return { versionId, outcome, attempts: 1, ...(error === undefined ? {} : { error }) };
  };

  const trigger = async (secretId: string): Promise<string> => {
    const { arn } = await find(secretId);
    if (settings.get(arn)?.enabled !== true) throw new Error(`rotation of ${secretId} is off`);
    const current = running(arn);
    if (current !== undefined) return current;
    const versionId = await lock.exclusive(async () => {
      const secret = await find(arn);
      const stuck = holdersOf(secret, 'AWSPENDING').find((id) => !secret.stages[id]?.includes('AWSCURRENT'));
      if (stuck !== undefined) return stuck;
      const made = randomUUID();
      await openPending(store, secret, made);
      return made;
    });
    begin(arn, versionId, () => rotate(arn, versionId));
    return versionId;
  };

  const configure: Rotation['configure'] = ({ arn, name }, lambdaArn, rules) => {
    settings.set(arn, dated({ ...settings.get(arn), arn, name, enabled: true, lambdaArn, rules }));
  };

  const running = (arn: string): string | undefined => {
    const run = runs.get(arn);
    return run === undefined || run.over ? undefined : run.versionId;
  };

  const clock = setInterval(() => {
    for (const { arn, enabled, nextRotationAt } of settings.values()) {
      if (!enabled || nextRotationAt === undefined || nextRotationAt > Date.now()) continue;
      const known = settings.get(arn);
      if (known !== undefined) settings.set(arn, dated(known));
      // What fails here is a secret that was deleted: its schedule goes with it.
      trigger(arn).catch(() => settings.delete(arn));
    }
  }, CLOCK_MS);
  clock.unref();

  return {
    configure,
    cancel: (arn) => {
      const known = settings.get(arn);
      if (known === undefined) return;
      const { nextRotationAt: _next, ...rest } = known;
      settings.set(arn, { ...rest, enabled: false });
    },
    start: (arn, versionId) => begin(arn, versionId, () => rotate(arn, versionId)),
    startTest: (arn, versionId) => begin(arn, versionId, () => test(arn, versionId)),
    settingsOf: (arn) => settings.get(arn),
    running,
    trigger,
    settled: async (secretId) => {
      const { arn } = await find(secretId);
      for (;;) {
        const run = runs.get(arn);
        const outcome = await run?.done;
        if (runs.get(arn) === run) return outcome;
      }
    },
    register: async (secretId, { lambdaArn, rules, rotateImmediately = true }) => {
      const secret = await find(secretId);
      configure(secret, lambdaArn, rules);
      if (rotateImmediately) await trigger(secret.arn);
    },
    list: () => [...settings.values()],
    stop: async () => {
      clearInterval(clock);
      stopping.abort();
      await Promise.all([...runs.values()].map((run) => run.done));
    },
  };
}

/** Moves AWSPENDING to a version without a value, the state in which createSecret finds the secret. */
export async function openPending(
  store: SecretStore,
  secret: StoredSecret,
  versionId: string,
): Promise<void> {
  for (const holder of holdersOf(secret, 'AWSPENDING')) {
    if (holder !== versionId) await store.removeStage(secret.arn, 'AWSPENDING', holder);
  }
  await store.openPending(secret.arn, versionId);
}

function dated(settings: RotationSettings): RotationSettings {
  const { nextRotationAt: _next, ...rest } = settings;
  const interval = intervalOf(settings.rules);
  return interval === undefined ? rest : { ...rest, nextRotationAt: Date.now() + interval };
}
