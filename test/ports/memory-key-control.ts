import { type AccessKey, type KeyControl, PortError } from '#core/ports.ts';
import { ok, refuse } from '#core/result.ts';
import { saveMap } from './saved.ts';
import type { Restore, World } from './world.ts';

/** A user as IAM keeps it. */
export interface MemoryUser {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly keys: readonly AccessKey[];
  readonly policies: readonly string[];
}

export interface MemoryKeyControl extends KeyControl {
  /** How far reads are behind writes, in milliseconds of the world's clock. */
  lagMs: number;
  /** Whether the quarantine policy exists. */
  policyExists: boolean;
  /** As it is now, without lag; `undefined`: gone. */
  userOf(arn: string): MemoryUser | undefined;
  users(): readonly MemoryUser[];
  lastWriteAt(arn: string): number | undefined;
  /** The administrator's hands, or a thief's: not calls of ours. */
  create(arn: string, tags?: Readonly<Record<string, string>>, keys?: number): void;
  remove(arn: string): void;
  /** @throws Error `LimitExceeded` over two keys, Inactive ones counted. */
  mint(arn: string): string;
  change(arn: string, changed: Partial<Omit<MemoryUser, 'arn'>>): void;
  /** As it is now; see {@link World.save}. */
  save(): Restore;
}

const KEYS_MOST = 2;
const POLICIES_MOST = 10;

/** IAM's keys and attached policies in memory: its limits, its idempotence, and reads that may be seconds behind. */
export function createMemoryKeyControl(
  world: World,
  policyArn = 'arn:aws:iam::111122223333:policy/TokenwardQuarantine-dev',
): MemoryKeyControl {
  /** Every state of every user, oldest first; `undefined`: gone. */
  const states = new Map<string, readonly { readonly at: number; readonly user: MemoryUser | undefined }[]>();
  let minted = 0;

  const now = (): number => world.clock.now();
  const write = (arn: string, user: MemoryUser | undefined): void => {
    states.set(arn, [...(states.get(arn) ?? []), { at: now(), user }]);
  };
  const latest = (arn: string): MemoryUser | undefined => states.get(arn)?.at(-1)?.user;
  /** A user is there from the first on: what lags are its changes. */
  const visible = (arn: string): MemoryUser | undefined => {
    const known = states.get(arn) ?? [];
    return (known.findLast(({ at }) => at <= now() - control.lagMs) ?? known[0])?.user;
  };
  const must = (arn: string): MemoryUser => {
    const user = latest(arn);
    if (user === undefined) throw new Error(`no user ${arn}`);
    return user;
  };
  const call = <T>(method: string, args: readonly unknown[], perform: () => T): Promise<T> =>
    world.call('keyControl', method, args, async () => perform());

  const control: MemoryKeyControl = {
    policyArn,
    environment: 'dev',
    lagMs: 0,
    policyExists: true,
    userOf: latest,
    users: () => [...states.keys()].flatMap((arn) => latest(arn) ?? []),
    lastWriteAt: (arn) => states.get(arn)?.at(-1)?.at,
    create(arn, tags = { 'tokenward:respond': 'dev' }, keys = 1) {
      write(arn, { arn, tags, keys: [], policies: [] });
      for (let n = 0; n < keys; n++) control.mint(arn);
    },
    remove: (arn) => write(arn, undefined),
    mint(arn) {
      const user = must(arn);
      if (user.keys.length >= KEYS_MOST) throw new Error('LimitExceeded');
      minted++;
      const accessKeyId = `AKIA${String(minted).padStart(16, '0')}`;
      write(arn, { ...user, keys: [...user.keys, { accessKeyId, status: 'Active', createdAt: now() }] });
      return accessKeyId;
    },
    change: (arn, changed) => write(arn, { ...must(arn), ...changed }),
    user: (arn) =>
      call('user', [arn], () => {
        const user = visible(arn);
        return user === undefined ? refuse({ reason: 'not-found' }) : ok({ arn, tags: user.tags });
      }),
    keys: (arn) =>
      call('keys', [arn], () => {
        const user = visible(arn);
        return user === undefined ? refuse({ reason: 'not-found' }) : ok(user.keys);
      }),
    attached: (arn) =>
      call('attached', [arn], () => {
        const user = visible(arn);
        return user === undefined ? refuse({ reason: 'not-found' }) : ok(user.policies);
      }),
    setStatus: (arn, accessKeyId, status) =>
      call('setStatus', [arn, accessKeyId, status], () => {
        const user = latest(arn);
        if (
          user?.keys.find((key) => key.accessKeyId === accessKeyId)?.status !==
          (status === 'Active' ? 'Inactive' : 'Active')
        )
          return;
        const keys = user.keys.map((key) => (key.accessKeyId === accessKeyId ? { ...key, status } : key));
        write(arn, { ...user, keys });
      }),
    quarantine: (arn) =>
      call('quarantine', [arn], () => {
        const user = latest(arn);
        if (user === undefined) return refuse({ reason: 'not-found' } as const);
        if (!control.policyExists) return refuse({ reason: 'policy-gone' } as const);
        if (user.policies.includes(policyArn)) return ok(undefined);
        if (user.policies.length >= POLICIES_MOST) return refuse({ reason: 'full' } as const);
        demandTag(user);
        write(arn, { ...user, policies: [...user.policies, policyArn] });
        return ok(undefined);
      }),
    unquarantine: (arn) =>
      call('unquarantine', [arn], () => {
        const user = latest(arn);
        if (!user?.policies.includes(policyArn)) return;
        write(arn, { ...user, policies: user.policies.filter((policy) => policy !== policyArn) });
      }),
    save() {
      const then = { minted, lagMs: control.lagMs, policyExists: control.policyExists };
      const restore = saveMap(states);
      return () => {
        restore();
        minted = then.minted;
        control.lagMs = then.lagMs;
        control.policyExists = then.policyExists;
      };
    },
  };
  return control;
}

/** The role's policy has the tag as a condition: IAM denies it elsewhere. */
function demandTag({ tags }: MemoryUser): void {
  if (Object.hasOwn(tags, 'tokenward:respond')) return;
  throw new PortError('AccessDenied', { outcome: 'not-applied', retryable: false });
}
