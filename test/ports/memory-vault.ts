import { PortError, type SecretDescription, type SecretVault } from '#core/ports.ts';
import type { EpochMs } from '#core/records.ts';
import { ok, refuse } from '#core/result.ts';
import { Secret } from '#core/secret.ts';
import { saveList, together } from './saved.ts';
import {
  attach,
  detach,
  holderOf,
  moveCurrent,
  openPending,
  putValue,
  type StoredSecret,
  type StoreRefusal,
} from './secret-store.ts';
import type { Restore, World } from './world.ts';

/** What Secrets Manager sends to the rotation function. */
export interface RotationHookEvent {
  readonly Step: string;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
}

/** The rotation function; a throw is a failed step. */
export type RotationHook = (event: RotationHookEvent) => Promise<unknown>;

/** How one rotation, with all its retries, ended. */
export interface RotationOutcome {
  readonly secretArn: string;
  readonly versionId: string;
  readonly outcome: 'succeeded' | 'failed' | 'abandoned' | 'stopped';
  readonly attempts: number;
  readonly error?: unknown;
}

/** The service's own side of the vault: what no port offers, and tests need. */
export interface MemoryVault extends SecretVault {
  /** Without a version; with a hook, rotation is on. Gives the ARN. */
  createSecret(name: string, hook?: RotationHook): string;
  deleteSecret(secretId: string): void;
  restoreSecret(secretId: string): void;
  /** As the service stores it now, whatever the lag. */
  secretOf(secretId: string): StoredSecret;
  /** What a consumer reads: AWSCURRENT, subject to the lag. */
  current(secretId: string): { versionId: string; value: Secret<string> } | undefined;
  /** The schedule fires: a new version, or the stuck one again. Runs it to its end. */
  trigger(secretId: string): Promise<RotationOutcome>;
  /** Runs every rotation that RotateSecret started, to its end. */
  settle(): Promise<readonly RotationOutcome[]>;
  /** RotateImmediately=false: testSecret alone, with an empty AWSPENDING that is removed again. */
  testRotation(secretId: string): Promise<void>;
  /** How far reads are behind writes, in milliseconds of the world's clock. */
  lagMs: number;
  /** How often the service tries a failing rotation. */
  rotationAttempts: number;
  /** Every rotation that has ended, oldest first. */
  readonly outcomes: readonly RotationOutcome[];
  /** Starts what the schedule or RotateSecret starts, and leaves its steps to the caller: the version it is about. */
  begin(secretId: string): string;
  /** After finishSecret the service drops AWSPENDING; false: the version is not AWSCURRENT. */
  complete(secretId: string, versionId: string): boolean;
  /** Takes over what RotateSecret has asked for, so that {@link settle} does not run it. */
  /** One of them has been begun. */
  taken(versionId: string): void;
  takeAsked(): readonly { readonly secretArn: string; readonly versionId: string }[];
  /** Every secret, in the order in which they were made. */
  arns(): readonly string[];
  /** What RotateSecret has asked for and nobody has run yet. */
  asked(): readonly { readonly secretArn: string; readonly versionId: string }[];
  /** When a secret was last written to; undefined where there is none, or it was only made. */
  lastWriteAt(secretId: string): EpochMs | undefined;
  /** Moves a label by hand, as an operator may. */
  label(secretId: string, stage: string, versionId: string): void;
  /** Turns a schedule on or off, as an operator would. */
  setRotation(secretId: string, enabled: boolean): void;
  /** As it is now; see {@link World.save}. */
  save(): Restore;
}

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
const RETRY_AFTER_MS = 60_000;

interface Entry {
  readonly history: { readonly at: EpochMs; readonly secret: StoredSecret }[];
  readonly hook: RotationHook | undefined;
}

/** Secrets Manager in memory: staging labels, used tokens, rotation with retries, and optional read lag. */
export function createMemoryVault(world: World): MemoryVault {
  const entries = new Map<string, Entry>();
  const open: { readonly entry: Entry; readonly versionId: string }[] = [];
  const outcomes: RotationOutcome[] = [];
  let made = 0;

  const find = (secretId: string): Entry | undefined =>
    entries.get(secretId) ?? [...entries.values()].find((entry) => now(entry).name === secretId);
  const now = (entry: Entry): StoredSecret => (entry.history.at(-1) as Entry['history'][number]).secret;
  const seen = (entry: Entry): StoredSecret | undefined => {
    if (vault.lagMs === 0) return now(entry);
    const horizon = world.clock.now() - vault.lagMs;
    return entry.history.findLast((moment) => moment.at <= horizon)?.secret;
  };
  const alive = (secretId: string): Entry | undefined => {
    const entry = find(secretId);
    return entry === undefined || now(entry).deletedAt !== undefined ? undefined : entry;
  };
  const demand = (secretId: string): Entry => {
    const entry = find(secretId);
    if (entry === undefined) throw new Error(`the test names a secret that is not there: ${secretId}`);
    return entry;
  };
  const write = (entry: Entry, secret: StoredSecret): void => {
    entry.history.push({ at: world.clock.now(), secret });
  };
  const change = <R extends StoreRefusal>(
    secretId: string,
    decide: (secret: StoredSecret) => StoredSecret | R,
  ): { ok: true; value: undefined } | { ok: false; error: { reason: R | 'not-found' } } => {
    const entry = alive(secretId);
    if (entry === undefined) return refuse({ reason: 'not-found' });
    const next = decide(now(entry));
    if (typeof next === 'string') return refuse({ reason: next });
    if (next !== now(entry)) write(entry, next);
    return ok(undefined);
  };
  const stuckOf = (secret: StoredSecret): string | undefined => {
    const pending = holderOf(secret, 'AWSPENDING');
    return pending === undefined || pending === holderOf(secret, 'AWSCURRENT') ? undefined : pending;
  };

  async function runSteps(
    entry: Entry,
    versionId: string,
  ): Promise<'done' | 'abandoned' | { error: unknown }> {
    for (const Step of STEPS) {
      const secret = now(entry);
      const labels = secret.versions[versionId]?.stages ?? [];
      if (!labels.includes('AWSPENDING') && !labels.includes('AWSCURRENT')) return 'abandoned';
      try {
        await entry.hook?.({ Step, SecretId: secret.arn, ClientRequestToken: versionId });
      } catch (error) {
        return { error };
      }
    }
    if (!vault.complete(now(entry).arn, versionId)) {
      return { error: new Error('finishSecret did not move AWSCURRENT') };
    }
    return 'done';
  }

  async function rotateToEnd(entry: Entry, versionId: string): Promise<RotationOutcome> {
    const end = (ended: Pick<RotationOutcome, 'outcome' | 'attempts' | 'error'>): RotationOutcome => {
      const outcome = { secretArn: now(entry).arn, versionId, ...ended };
      outcomes.push(outcome);
      return outcome;
    };
    let error: unknown;
    for (let attempt = 1; attempt <= vault.rotationAttempts; attempt++) {
      if (attempt > 1) await world.clock.sleep(RETRY_AFTER_MS);
      if (!now(entry).rotationEnabled || now(entry).deletedAt !== undefined) {
        return end({ outcome: 'stopped', attempts: attempt - 1, error });
      }
      const ended = await runSteps(entry, versionId);
      if (ended === 'abandoned') return end({ outcome: 'abandoned', attempts: attempt, error });
      if (ended === 'done') return end({ outcome: 'succeeded', attempts: attempt });
      error = ended.error;
    }
    return end({ outcome: 'failed', attempts: vault.rotationAttempts, error });
  }

  const nextVersionId = (): string => {
    made++;
    return `${String(made).padStart(8, '0')}-0000-4000-8000-${'0'.repeat(12)}`;
  };

  const vault: MemoryVault = {
    lagMs: 0,
    rotationAttempts: 3,
    outcomes,

    describe: (secretId) =>
      world.call('vault', 'describe', [secretId], async () => {
        const entry = find(secretId);
        const secret = entry && seen(entry);
        return secret === undefined ? refuse({ reason: 'not-found' }) : ok(described(secret));
      }),

    value: (secretId, versionId, stage) =>
      world.call('vault', 'value', [secretId, versionId, stage], async () => {
        const entry = alive(secretId);
        const version = entry && seen(entry)?.versions[versionId];
        if (version?.value === undefined) return refuse({ reason: 'not-found' });
        if (stage !== undefined && !version.stages.includes(stage)) return refuse({ reason: 'not-found' });
        return ok(Secret.of(version.value));
      }),

    put: (put) =>
      world.call('vault', 'put', [put], async () => {
        const { secretId, versionId, stage } = put;
        const value = put.value.reveal();
        return change(secretId, (secret): StoredSecret | 'exists' => {
          const next = putValue(secret, { versionId, value, stage, now: world.clock.now() });
          return next === 'exists' ? next : (next as StoredSecret);
        });
      }),

    moveCurrent: (secretId, move) =>
      world.call('vault', 'moveCurrent', [secretId, move], async () =>
        change(secretId, (secret): StoredSecret | 'moved' | 'not-found' => {
          const next = moveCurrent(secret, move);
          return next as StoredSecret | 'moved' | 'not-found';
        }),
      ),

    clearPending: (secretId, versionId) =>
      world.call('vault', 'clearPending', [secretId, versionId], async () =>
        change<never>(secretId, (secret) =>
          holderOf(secret, 'AWSPENDING') === versionId ? detach(secret, 'AWSPENDING', versionId) : secret,
        ),
      ),

    rotate: (secretId, requestToken) =>
      world.call('vault', 'rotate', [secretId, requestToken], async () => {
        const entry = alive(secretId);
        if (entry === undefined) return refuse({ reason: 'not-found' });
        const secret = now(entry);
        if (entry.hook === undefined) return refuse({ reason: 'disabled' });
        if (open.some((run) => run.entry === entry && run.versionId === requestToken)) return ok(undefined);
        const stuck = stuckOf(secret);
        if (stuck !== undefined) {
          if (!open.some((run) => run.entry === entry)) open.push({ entry, versionId: stuck });
          return refuse({ reason: 'busy' });
        }
        if (secret.versions[requestToken]?.value !== undefined) throw tokenInUse(requestToken);
        write(entry, openPending({ ...secret, rotationEnabled: true }, requestToken, world.clock.now()));
        open.push({ entry, versionId: requestToken });
        return ok(undefined);
      }),

    cancelRotation: (secretId) =>
      world.call('vault', 'cancelRotation', [secretId], async () => {
        const entry = alive(secretId);
        if (entry !== undefined) write(entry, { ...now(entry), rotationEnabled: false });
      }),

    createSecret(name, hook) {
      made++;
      const arn = `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-${String(made).padStart(6, '0')}`;
      const secret = { arn, name, rotationEnabled: hook !== undefined, versions: {} };
      entries.set(arn, { history: [{ at: world.clock.now(), secret }], hook });
      return arn;
    },

    deleteSecret(secretId) {
      const entry = demand(secretId);
      write(entry, { ...now(entry), deletedAt: world.clock.now() });
    },

    restoreSecret(secretId) {
      const entry = demand(secretId);
      const { deletedAt: _restored, ...secret } = now(entry);
      write(entry, secret);
    },

    secretOf: (secretId) => now(demand(secretId)),

    current(secretId) {
      const entry = alive(secretId);
      const secret = entry && seen(entry);
      const versionId = secret && holderOf(secret, 'AWSCURRENT');
      const value = versionId === undefined ? undefined : secret?.versions[versionId]?.value;
      return versionId === undefined || value === undefined
        ? undefined
        : { versionId, value: Secret.of(value) };
    },

    begin(secretId) {
      const entry = demand(secretId);
      const stuck = stuckOf(now(entry));
      const versionId = stuck ?? nextVersionId();
      if (stuck === undefined) write(entry, openPending(now(entry), versionId, world.clock.now()));
      return versionId;
    },

    complete(secretId, versionId) {
      const entry = demand(secretId);
      if (holderOf(now(entry), 'AWSCURRENT') !== versionId) return false;
      write(entry, detach(now(entry), 'AWSPENDING', versionId));
      return true;
    },

    arns: () => [...entries.keys()],

    asked: () => open.map(({ entry, versionId }) => ({ secretArn: now(entry).arn, versionId })),

    taken(versionId) {
      const at = open.findIndex((run) => run.versionId === versionId);
      if (at >= 0) open.splice(at, 1);
    },

    takeAsked() {
      const asked = vault.asked();
      open.length = 0;
      return asked;
    },

    lastWriteAt(secretId) {
      const history = find(secretId)?.history ?? [];
      return history.length < 2 ? undefined : history.at(-1)?.at;
    },

    label(secretId, stage, versionId) {
      const entry = demand(secretId);
      write(entry, attach(now(entry), stage, versionId));
    },

    setRotation(secretId, enabled) {
      const entry = demand(secretId);
      write(entry, { ...now(entry), rotationEnabled: enabled });
    },

    save() {
      const then = { made, lagMs: vault.lagMs, open: [...open], entries: [...entries] };
      return together([
        saveList(outcomes),
        ...[...entries.values()].map(({ history }) => saveList(history)),
        () => {
          made = then.made;
          vault.lagMs = then.lagMs;
          open.splice(0, open.length, ...then.open);
          entries.clear();
          for (const [arn, entry] of then.entries) entries.set(arn, entry);
        },
      ]);
    },

    async trigger(secretId) {
      const entry = demand(secretId);
      return rotateToEnd(entry, vault.begin(secretId));
    },

    async settle() {
      const ended: RotationOutcome[] = [];
      for (let run = open.shift(); run !== undefined; run = open.shift()) {
        ended.push(await rotateToEnd(run.entry, run.versionId));
      }
      return ended;
    },

    async testRotation(secretId) {
      const entry = demand(secretId);
      const versionId = nextVersionId();
      write(entry, attach(openPending(now(entry), versionId, world.clock.now()), 'AWSPENDING', versionId));
      try {
        await entry.hook?.({ Step: 'testSecret', SecretId: now(entry).arn, ClientRequestToken: versionId });
      } finally {
        write(entry, detach(now(entry), 'AWSPENDING', versionId));
      }
    },
  };
  return vault;
}

function described(secret: StoredSecret): SecretDescription {
  const { arn, rotationEnabled, deletedAt } = secret;
  const labelled = Object.entries(secret.versions).filter(([, version]) => version.stages.length > 0);
  return {
    arn,
    rotationEnabled,
    ...(deletedAt === undefined ? {} : { deletedAt }),
    stages: Object.fromEntries(labelled.map(([id, version]) => [id, version.stages])),
  };
}

function tokenInUse(token: string): PortError {
  return new PortError('ResourceExistsException', {
    outcome: 'not-applied',
    retryable: false,
    message: `ClientRequestToken ${token} is in use for another version`,
  });
}
