import type { AuditRecord } from '#core/audit/entry.ts';
import { keys } from '#core/keys.ts';
import type { SecretVault } from '#core/ports.ts';
import type { QuarantineRecord, RegistryRecord, TokenRecord, VersionRecord } from '#core/records.ts';
import { windowStart } from '#core/response/breaker.ts';
import { parseToken } from '#core/token/format.ts';
import { saveList, saveMap, together } from '#test/ports/saved.ts';
import { holderOf } from '#test/ports/secret-store.ts';
import type { PortCall, Restore } from '#test/ports/world.ts';
import type { Answer, Delivery, Functions } from './functions.ts';

/** An invariant of the design that does not hold, and what was seen. */
export interface Violation {
  readonly invariant: string;
  readonly seen: string;
}

/** What a consumer may still hold: it read AWSCURRENT before the label left. */
interface Held {
  readonly secretArn: string;
  readonly keyId: string;
  /** Whether the label came from a version that was valid then: nothing may take its place before it is known. */
  readonly instead: boolean;
  /** Absent while the label is on it. */
  readonly until?: number;
}

/** An order that was acknowledged: from `effectiveBy` on none of these may be accepted. */
interface Acknowledged {
  readonly tokenId: string;
  readonly keyIds: readonly string[];
  readonly effectiveBy: number;
  readonly suspended: boolean;
}

/** Most port calls of one invocation with a handful of due items (S13). */
const CALLS_MOST = 400;

const ENDS: Readonly<Record<VersionRecord['state'], string>> = {
  pending: 'version.set',
  current: 'version.promoted',
  retiring: 'version.retiring',
  expired: 'version.expired',
  revoked: 'version.revoked',
};

/**
 * Watches the stores from outside, call by call, and says which invariant broke first. It knows nothing of what the
 * functions intend: it compares what was stored before and after, what a consumer may hold by what the vault
 * showed, and what callers were told.
 */
export interface Oracle {
  readonly violations: readonly Violation[];
  /** After a call took effect. */
  observe(call: PortCall): void;
  /** When a delivery begins and ends; a crashed one has neither answer nor fault. */
  begin(delivery: Delivery): void;
  end(delivery: Delivery, ended: { answer?: Answer; fault?: unknown }, calls: number): void;
  /** Whose call is seen next, where several run at once. */
  acting(fn: Delivery['fn'] | undefined): void;
  /** A verifier accepted a credential; `boundMs` after its end it no longer may (S2). */
  accepted(keyId: string, boundMs: number): void;
  /** Whether the registry would have a token accepted now, its MAC aside. */
  accepts(text: string): boolean;
  /** Whether somebody ended a version by an order. */
  ordered(keyId: string): boolean;
  /** Whether a token was suspended at any time since. */
  wasSuspended(tokenId: string, since: number): boolean;
  /** After time has passed. */
  look(): void;
  /** All that later judgements depend on, for telling states apart. */
  state(): unknown;
  report(invariant: string, seen: string): void;
  save(): Restore;
}

export function createOracle(
  { ports, policy }: Functions,
  options: { readonly concurrent: boolean } = { concurrent: false },
): Oracle {
  const violations: Violation[] = [];
  const seen = new Map<string, RegistryRecord>();
  const heads = new Map<number, { seq: number; hash: string }>();
  const secrets = new Map<string, string>();
  const held: Held[] = [];
  const acknowledged: Acknowledged[] = [];
  /** When a version was revoked or suspended, while it is; until when a token was suspended. */
  const ends = new Map<string, number>();
  const suspensions = new Map<string, number>();
  const scanned = { lines: 0, events: 0, pages: 0, log: 0 };
  let logged = 0;
  let acting: Delivery['fn'] | undefined;

  const report = (invariant: string, what: string): void => {
    violations.push({ invariant, seen: what });
  };
  const version = (keyId: string): VersionRecord | undefined => {
    const { pk, sk } = keys.version(keyId);
    const item = ports.registry.items.get(`${pk}|${sk}`);
    return item?.kind === 'version' ? item : undefined;
  };
  const token = (tokenId: string): TokenRecord | undefined => {
    const { pk, sk } = keys.token(tokenId);
    const item = ports.registry.items.get(`${pk}|${sk}`);
    return item?.kind === 'token' ? item : undefined;
  };
  const orderedEnd = (keyId: string): boolean =>
    ports.registry.log.some(
      (record) =>
        record.action === 'version.revoked' && record.keyId === keyId && record.incidentId !== undefined,
    );

  function remember(text: string): string | undefined {
    const parsed = parseToken(text);
    if (!parsed.ok) return undefined;
    secrets.set(text.slice(text.lastIndexOf('_') + 1), parsed.value.keyId);
    return parsed.value.keyId;
  }

  function watchCommit(): void {
    const fresh = ports.registry.log.slice(logged);
    logged = ports.registry.log.length;
    chained(fresh);
    for (const [id, after] of ports.registry.items) {
      const before = seen.get(id);
      if (before === after) continue;
      seen.set(id, after);
      if (after.kind === 'version') versionChanged(before as VersionRecord | undefined, after, fresh);
      if (after.kind === 'quarantine') quarantineChanged(before as QuarantineRecord | undefined, after);
      if (after.kind === 'token') tokenChanged(before as TokenRecord | undefined, after, fresh);
      if (after.kind !== 'profile' && after.kind !== 'habits' && fresh.length === 0)
        report('S6', `${id} changed without an audit record`);
    }
    responded(fresh);
  }

  /** What is said of a user is so, as far as nobody else had a hand in it. */
  function quarantineChanged(before: QuarantineRecord | undefined, after: QuarantineRecord): void {
    const user = ports.keyControl.userOf(after.userArn);
    if (user === undefined || before?.state === after.state || options.concurrent) return;
    const denied = user.policies.includes(ports.keyControl.policyArn);
    const active = user.keys.some(({ status }) => status === 'Active');
    if (after.state === 'quiet' && (!denied || active))
      report('S2', `${after.userArn} is called quiet and is not`);
    if (after.state === 'released' && (denied || !active))
      report('L5', `${after.userArn} is called given back and is not`);
  }

  function chained(fresh: readonly AuditRecord[]): void {
    for (const record of fresh) {
      const head = heads.get(record.shard);
      if (record.seq !== (head?.seq ?? 0) + 1 || (head !== undefined && record.prevHash !== head.hash))
        report('S6', `audit shard ${record.shard} does not continue at ${record.seq}`);
      heads.set(record.shard, { seq: record.seq, hash: record.hash });
    }
  }

  function told(fresh: readonly AuditRecord[], actions: readonly string[], id: Partial<AuditRecord>): number {
    return fresh.filter(
      (record) =>
        actions.includes(record.action) &&
        (id.keyId === undefined || record.keyId === id.keyId) &&
        (id.tokenId === undefined || record.tokenId === id.tokenId),
    ).length;
  }

  function versionChanged(
    before: VersionRecord | undefined,
    after: VersionRecord,
    fresh: readonly AuditRecord[],
  ): void {
    const { keyId } = after;
    const ended = after.state === 'revoked' || after.suspended;
    if (!ended) ends.delete(keyId);
    else if (!ends.has(keyId)) ends.set(keyId, ports.clock.now());
    if (before?.state !== after.state) {
      const action = before === undefined && after.state === 'current' ? 'version.issued' : ENDS[after.state];
      const count = told(fresh, [action], { keyId });
      if (count !== 1) report('S6', `${keyId} became ${after.state} with ${count} records of ${action}`);
    }
    if ((before?.state === 'revoked' || before?.state === 'expired') && before.state !== after.state)
      report('S3', `${keyId} went from ${before.state} to ${after.state}`);
    if (before === undefined) born(after);
    if (acting === 'sweep' && before !== undefined) sweptTo(before, after);
  }

  function born(made: VersionRecord): void {
    const owner = token(made.fields.tokenId);
    const first = made.class === 'ephemeral' ? undefined : owner;
    if (first !== undefined && first.standing !== 'active')
      report('S14', `${made.keyId} was made for ${first.tokenId}, which is ${first.standing}`);
    const twins = [...ports.registry.items.values()].filter(
      (item) =>
        item.kind === 'version' &&
        item.versionId === made.versionId &&
        item.fields.tokenId === made.fields.tokenId &&
        isLive(item),
    );
    if (twins.length > 1) report('S7', `${twins.length} live credentials for request ${made.versionId}`);
  }

  function sweptTo(before: VersionRecord, after: VersionRecord): void {
    const now = ports.clock.now();
    if (after.state === 'expired' && before.state !== 'expired' && now < before.expiresAt)
      report('S4', `the sweep expired ${after.keyId} ${before.expiresAt - now} ms early`);
    if (after.state !== 'revoked' || before.state === 'revoked' || before.state === 'pending') return;
    const removal = token(after.fields.tokenId)?.removal;
    const revoked = token(after.fields.tokenId)?.standing === 'revoked';
    if (!revoked && removal === undefined) report('S4', `the sweep revoked ${after.keyId}, ${before.state}`);
  }

  function tokenChanged(
    before: TokenRecord | undefined,
    after: TokenRecord,
    fresh: readonly AuditRecord[],
  ): void {
    const { tokenId, standing } = after;
    if (before?.standing === 'revoked' && standing !== 'revoked')
      report('S3', `${tokenId} came back to life`);
    if (standing === 'suspended') suspensions.set(tokenId, Number.POSITIVE_INFINITY);
    else if (before?.standing === 'suspended') suspensions.set(tokenId, ports.clock.now());
    if (before?.standing === standing) return;
    const actions =
      before === undefined
        ? ['token.registered']
        : standing === 'active'
          ? ['token.released', 'token.reissue-requested', 'token.rebound']
          : [`token.${standing}`];
    const count = told(fresh, actions, { tokenId });
    if (count !== 1) report('S6', `${tokenId} became ${standing} with ${count} records of ${actions}`);
    if (standing === 'active') forgive(tokenId);
  }

  /** A release ends what a suspension promised; a reissue does for the versions that it revoked what S3 demands. */
  function forgive(tokenId: string): void {
    for (let at = acknowledged.length - 1; at >= 0; at--) {
      const order = acknowledged[at];
      if (order?.tokenId === tokenId && order.suspended) acknowledged.splice(at, 1);
    }
  }

  function responded(fresh: readonly AuditRecord[]): void {
    for (const record of fresh) {
      if (record.action !== 'response.decided') continue;
      const all = ports.registry.log.filter(({ action }) => action === 'response.decided');
      if (all.filter(({ cause, tokenId }) => cause === record.cause && tokenId === record.tokenId).length > 1)
        report('S8', `event ${record.cause} was decided twice`);
      if (record.details?.outcome !== 'done') continue;
      if (policy.protectedPrincipals.includes(`token:${record.tokenId}`))
        report('S9', `${record.tokenId} is protected and was acted upon`);
      overBudget(all, record);
    }
  }

  function overBudget(all: readonly AuditRecord[], record: AuditRecord): void {
    const windowOf = (at: string): number => windowStart(Date.parse(at), policy.breaker);
    const taken = all.filter(
      ({ details, at }) =>
        details?.outcome === 'done' && details.signal !== 'T0-1' && windowOf(at) === windowOf(record.at),
    );
    const signal = taken.filter(({ details }) => details?.signal === record.details?.signal).length;
    const owner = token(record.tokenId ?? '')?.owner;
    const owned = taken.filter(({ tokenId }) => token(tokenId ?? '')?.owner === owner).length;
    if (signal > policy.breaker.least || owned > policy.breaker.least)
      report('S9', `${signal} actions of one signal and ${owned} on one owner in a window`);
  }

  /** What AWSCURRENT was on is held for as long as a consumer may keep it. */
  function watchLabel(secretId: string): void {
    const secret = ports.vault.secretOf(secretId);
    const holder = holderOf(secret, 'AWSCURRENT');
    const value = holder === undefined ? undefined : secret.versions[holder]?.value;
    const keyId = value === undefined ? undefined : keyIdOf(value);
    const shown = held.findIndex((one) => one.secretArn === secret.arn && one.until === undefined);
    if (held[shown]?.keyId === keyId) return;
    const former = held[shown];
    if (former !== undefined) {
      const cache = ownerOf(secret.arn)?.policy.consumerCacheMs ?? 0;
      held.splice(shown, 1, { ...former, until: ports.clock.now() + cache });
    }
    const before = former === undefined ? undefined : version(former.keyId);
    const instead = before !== undefined && refusalOf(before, ports.clock.now()) === undefined;
    if (keyId !== undefined) held.push({ secretArn: secret.arn, keyId, instead });
  }

  const keyIdOf = (value: string): string | undefined => {
    try {
      return remember(JSON.parse(value).token);
    } catch {
      return undefined;
    }
  };
  const ownerOf = (secretArn: string): TokenRecord | undefined => {
    const { pk, sk } = keys.secret(secretArn);
    const link = ports.registry.items.get(`${pk}|${sk}`);
    return link?.kind === 'secret' ? token(link.tokenId) : undefined;
  };

  /** S1 and S2 by the stored state alone; verifiers with their caches are judged by the histories. */
  function look(): void {
    const now = ports.clock.now();
    for (let at = held.length - 1; at >= 0; at--) {
      const one = held[at];
      if (one === undefined) continue;
      if (one.until !== undefined && one.until < now) held.splice(at, 1);
      else heldIsValid(one, now);
    }
    for (const { keyIds, effectiveBy, tokenId } of acknowledged) {
      if (now < effectiveBy) continue;
      for (const keyId of keyIds) {
        const record = version(keyId);
        if (record !== undefined && refusalOf(record, now) === undefined)
          report('S2', `${keyId} of ${tokenId} is accepted again after its acknowledged end`);
      }
    }
  }

  function heldIsValid({ keyId, secretArn, until, instead }: Held, now: number): void {
    const record = version(keyId);
    const owner = ownerOf(secretArn);
    if (owner === undefined || owner.standing !== 'active') return;
    // Its declaration names another secret now; this one keeps what it held until it is deleted.
    if (until === undefined && owner.secretArn !== secretArn) return;
    if (record === undefined) {
      if (instead) report('S1', `AWSCURRENT of ${secretArn} is ${keyId}, which no verifier knows`);
      return;
    }
    const reason = refusalOf(record, now);
    if (reason === undefined || orderedEnd(keyId) || now >= record.fields.hardMaxAt) return;
    report('S1', `${keyId}, ${until === undefined ? 'AWSCURRENT' : 'held by consumers'}, is ${reason}`);
  }

  function scan(fault: unknown): void {
    const lines = ports.log.lines.slice(scanned.lines);
    const events = ports.bus.events.slice(scanned.events);
    const pages = ports.pager.pages.slice(scanned.pages);
    const audit = ports.registry.log.slice(scanned.log);
    scanned.lines = ports.log.lines.length;
    scanned.events = ports.bus.events.length;
    scanned.pages = ports.pager.pages.length;
    scanned.log = ports.registry.log.length;
    const error = fault instanceof Error ? `${fault.message}\n${String(fault.cause)}` : String(fault);
    const text = JSON.stringify([lines, events, pages, audit, error]);
    for (const [secret, keyId] of secrets)
      if (text.includes(secret)) report('S5', `the secret of ${keyId} is in an output`);
  }

  return {
    violations,
    report,
    look,
    acting(fn) {
      acting = fn;
    },
    accepted(keyId, boundMs) {
      const late = ports.clock.now() - (ends.get(keyId) ?? Number.POSITIVE_INFINITY) - boundMs;
      if (late > 0) report('S2', `${keyId} was accepted ${late} ms after the bound`);
    },
    accepts(text) {
      const parsed = parseToken(text);
      const record = parsed.ok ? version(parsed.value.keyId) : undefined;
      return record !== undefined && refusalOf(record, ports.clock.now()) === undefined;
    },
    ordered: orderedEnd,
    wasSuspended: (tokenId, since) => (suspensions.get(tokenId) ?? Number.NEGATIVE_INFINITY) >= since,
    begin(delivery) {
      acting = delivery.fn;
    },
    observe(call) {
      if (call.port === 'registry' && call.method === 'commit') watchCommit();
      if (call.port === 'vault' && (call.method === 'put' || call.method === 'moveCurrent')) {
        const [first] = call.args;
        const put = typeof first === 'string' ? undefined : (first as VaultPut);
        const secretId = put?.secretId ?? String(first);
        if (put !== undefined) keyIdOf(put.value.reveal());
        watchLabel(secretId);
        if (call.method === 'put' && !options.concurrent && ownerOf(secretId)?.standing === 'revoked')
          report('S14', `a value was minted for ${secretId}, whose token is revoked`);
      }
      look();
    },
    end(delivery, { answer, fault }, calls) {
      acting = undefined;
      if (calls > CALLS_MOST) report('S13', `${calls} calls in one ${delivery.fn}`);
      if (fault !== undefined && typeof (fault as { code?: unknown }).code !== 'string')
        report('S13', `unclassified: ${String(fault)}`);
      if (answer?.fn === 'issue' && answer.issued !== undefined) remember(answer.issued.token);
      if (answer?.fn === 'revoke') acknowledge(delivery, answer);
      if (answer?.fn === 'authorize' && answer.keyId !== undefined) {
        const { keyId } = answer;
        const record = version(keyId);
        if (record === undefined || refusalOf(record, ports.clock.now()) !== undefined)
          report('S11', `${keyId} was accepted and should not be`);
      }
      scan(fault);
    },
    state: () => ({ held, acknowledged }),
    save() {
      const then = { ...scanned };
      const was = logged;
      return together([
        saveList(violations),
        saveMap(seen),
        saveMap(heads),
        saveMap(secrets),
        saveMap(ends),
        saveMap(suspensions),
        saveWhole(held),
        saveWhole(acknowledged),
        () => {
          Object.assign(scanned, then);
          logged = was;
        },
      ]);
    },
  };

  function acknowledge(delivery: Delivery, { result }: Extract<Answer, { fn: 'revoke' }>): void {
    if (delivery.fn !== 'revoke' || result.status !== 200) return;
    const { outcome, receipts, tokenIds, keyIds, action } = result.answer;
    const [receipt] = receipts;
    if (outcome !== 'applied' || receipt === undefined || action === 'release') return;
    const effectiveBy = Date.parse(receipt.effectiveBy);
    for (const tokenId of tokenIds)
      acknowledged.push({ tokenId, keyIds, effectiveBy, suspended: action === 'suspend' });
  }
}

const isLive = ({ state }: VersionRecord): boolean =>
  state === 'pending' || state === 'current' || state === 'retiring';

function saveWhole<T>(list: T[]): Restore {
  const then = [...list];
  return () => {
    list.splice(0, list.length, ...then);
  };
}

type VaultPut = Parameters<SecretVault['put']>[0];

/** Why nobody may accept a version now, by the design's own words and not by the code that is under test. */
export function refusalOf(version: VersionRecord, now: number): string | undefined {
  if (version.state === 'revoked' || version.state === 'expired') return version.state;
  if (version.suspended) return 'suspended';
  return now >= Math.min(version.expiresAt, version.fields.hardMaxAt) ? 'past its end' : undefined;
}
