import { hmacSha256 } from '#core/crypto/hmac.ts';
import { PEPPER_RECHECK_MS, pepperContext } from '#core/crypto/pepper.ts';
import { keys } from '#core/keys.ts';
import { type Clock, type KeyModule, type MacEngine, PortError, type Registry } from '#core/ports.ts';
import type { PepperRecord } from '#core/records.ts';

const ABSENT_KEPT_MS = 30_000;
const ABSENT_KEPT_MAX = 32;

interface Read {
  readonly wall: number;
  readonly monotonic: number;
}

interface Known extends Read {
  readonly record: PepperRecord;
  /** Under the key, which is unwrapped on first use and kept while the record's ciphertext is the same. */
  readonly mac?: ReturnType<typeof hmacSha256>;
}

/**
 * MACs under peppers: KMS makes and wraps them, this engine unwraps each once per container and computes in
 * process, so that verification costs no KMS call. Versions are numbered 1 to n without gaps; the newest is found
 * by reading on from the last known one until there is none.
 *
 * @throws PortError `no-pepper` from `make` when none is active; whatever the registry or KMS throws.
 */
export function createPepperMac(ports: {
  readonly registry: Pick<Registry, 'get'>;
  readonly keyModule: Pick<KeyModule, 'unwrap'>;
  readonly clock: Clock;
}): MacEngine {
  const { registry, keyModule, clock } = ports;
  const known = new Map<number, Known>();
  const absent = new Map<number, Read>();
  const loading = new Map<number, Promise<Known | undefined>>();
  let newest: { readonly version: number; readonly read: Read } | undefined;
  let lookingForNewest: Promise<number> | undefined;

  const now = (): Read => ({ wall: clock.now(), monotonic: clock.monotonic() });
  const isFresh = (read: Read, ms: number): boolean => {
    const wall = clock.now() - read.wall;
    return wall >= 0 && Math.max(wall, clock.monotonic() - read.monotonic) <= ms;
  };
  const fresh = (version: number): Known | undefined => {
    const entry = known.get(version);
    return entry !== undefined && isFresh(entry, PEPPER_RECHECK_MS) ? entry : undefined;
  };

  async function readRecord(version: number): Promise<Known | undefined> {
    const read = now();
    const record = await registry.get(keys.pepper(version));
    if (record === undefined || record.state === 'destroyed') known.delete(version);
    if (record === undefined) return undefined;
    const before = known.get(version);
    const mac = before?.record.wrapped === record.wrapped ? before.mac : undefined;
    const entry = { record, ...read, ...(mac === undefined ? {} : { mac }) };
    if (record.state !== 'destroyed') known.set(version, entry);
    return entry;
  }

  async function load(version: number): Promise<Known | undefined> {
    const entry = fresh(version) ?? (await readRecord(version));
    if (entry === undefined || entry.record.state === 'destroyed') return undefined;
    if (entry.mac !== undefined) return entry;
    const wrapped = Buffer.from(entry.record.wrapped, 'base64');
    const whole = { ...entry, mac: hmacSha256(await keyModule.unwrap(wrapped, pepperContext(version))) };
    known.set(version, whole);
    return whole;
  }

  function loadOnce(version: number): Promise<Known | undefined> {
    const running = loading.get(version);
    if (running !== undefined) return running;
    const started = load(version).finally(() => loading.delete(version));
    loading.set(version, started);
    return started;
  }

  /** Walks on to the last version, then back to the newest that is active. */
  async function findNewest(): Promise<number> {
    const read = now();
    const seen = new Map<number, PepperRecord>();
    let last = newest?.version ?? 0;
    for (let next = await readRecord(last + 1); next !== undefined; next = await readRecord(last + 1)) {
      last++;
      seen.set(last, next.record);
    }
    for (let version = last; version > 0; version--) {
      const record = seen.get(version) ?? (await readRecord(version))?.record;
      if (record?.state === 'active') {
        newest = { version, read };
        return version;
      }
    }
    throw new PortError('no-pepper', {
      outcome: 'not-applied',
      retryable: false,
      message:
        'no active pepper; declare a token in infra/tokens.ts and deploy: its registration makes the first',
    });
  }

  async function newestVersion(): Promise<number> {
    if (newest !== undefined && isFresh(newest.read, PEPPER_RECHECK_MS)) return newest.version;
    lookingForNewest ??= findNewest().finally(() => {
      lookingForNewest = undefined;
    });
    return lookingForNewest;
  }

  async function remakeCold(message: Uint8Array, version: number): Promise<string | undefined> {
    const mac = (await loadOnce(version))?.mac;
    if (mac !== undefined) {
      if (newest !== undefined && version > newest.version) newest = undefined;
      return mac(message);
    }
    if (absent.size >= ABSENT_KEPT_MAX) absent.delete(absent.keys().next().value ?? version);
    absent.set(version, now());
    return undefined;
  }

  return {
    async make(message) {
      const pepper = await newestVersion();
      const mac = fresh(pepper)?.mac ?? (await loadOnce(pepper))?.mac;
      if (mac === undefined) {
        newest = undefined;
        throw new PortError('no-pepper', {
          outcome: 'not-applied',
          retryable: true,
          message: `pepper ${pepper} was destroyed while it was the newest`,
        });
      }
      return { pepper, value: mac(message) };
    },
    remake(message, pepper) {
      if (pepper === 'kms' || !Number.isSafeInteger(pepper) || pepper < 1) return undefined;
      const mac = fresh(pepper)?.mac;
      if (mac !== undefined) return mac(message);
      const missed = absent.get(pepper);
      if (missed !== undefined && isFresh(missed, ABSENT_KEPT_MS)) return undefined;
      return remakeCold(message, pepper);
    },
  };
}
