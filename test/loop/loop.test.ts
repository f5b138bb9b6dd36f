import { describe, expect, it } from 'vitest';
import { verifyChain } from '#core/audit/chain.ts';
import { keys } from '#core/keys.ts';
import { PortError } from '#core/ports.ts';
import type { VersionRecord } from '#core/records.ts';
import { DEFAULT_POLICY } from '#core/response/policy.ts';
import { parseToken } from '#core/token/format.ts';
import { createSystem, ORDERS, type System, secretRead, TIMING, usage } from './system.ts';

const HOUR = 3_600_000;
const keyIdOf = (text: string): string => {
  const parsed = parseToken(text);
  if (!parsed.ok) throw new Error('not a token');
  return parsed.value.keyId;
};
/** The last decision of the responder. */
const said = (system: System) =>
  system.ports.registry.log.findLast(({ action }) => action === 'response.decided');
const order = (action: string, more: object = {}): object => ({
  action,
  tokenId: 'orders',
  reason: 'seen in a paste',
  incidentId: 'INC-7',
  ...more,
});
const lived = async (system: System): Promise<{ secretArn: string; text: string }> => {
  const secretArn = await system.register();
  return { secretArn, text: system.read(secretArn) };
};

describe('registration', () => {
  it('mints version one straight into AWSCURRENT, and it verifies', async () => {
    const system = createSystem();
    const { text } = await lived(system);
    const verdict = await system.use(text);
    expect(verdict.allow).toBe(true);
    expect(system.ports.registry.log.map((record) => record.action)).toEqual([
      'pepper.created',
      'token.registered',
      'rotation.minted',
      'version.issued',
    ]);
  });

  it('repeated with the same declaration changes nothing', async () => {
    const system = createSystem();
    const { secretArn, text } = await lived(system);
    const before = system.ports.registry.log.length;
    await system.register();
    expect(system.read(secretArn)).toBe(text);
    expect(system.ports.registry.log.length).toBe(before);
  });

  it('a narrowed binding reaches every verifier within T + R', async () => {
    const system = createSystem();
    const { text } = await lived(system);
    const verifier = system.verifier();
    expect((await system.use(text, verifier)).allow).toBe(true);
    await system.register({ ...ORDERS, networks: ['192.168.0.0/16'] });
    system.world.clock.advance(TIMING.feedMaxAgeMs + TIMING.readTimeoutMs);
    expect(await system.use(text, verifier)).toMatchObject({ allow: false, reason: 'network' });
  });

  it('names field and fix for a principal that does not exist', async () => {
    const system = createSystem();
    await lived(system);
    system.ports.directory.remove(ORDERS.principal);
    await expect(system.register({ ...ORDERS, id: 'other' })).rejects.toMatchObject({ field: 'principal' });
  });

  it('a removed declaration suspends after a day, comes back when declared again, and is revoked after 30', async () => {
    const system = createSystem();
    const { text } = await lived(system);
    await system.remove('orders');
    expect((await system.use(text)).allow).toBe(true);
    system.world.clock.advance(25 * HOUR);
    await system.sweep();
    system.world.clock.advance(2_000);
    expect(await system.use(text)).toMatchObject({ allow: false, reason: 'suspended' });
    await system.register();
    system.world.clock.advance(2_000);
    expect((await system.use(text)).allow).toBe(true);
    await system.remove('orders');
    system.world.clock.advance(31 * 24 * HOUR);
    for (let runs = 0; runs < 4; runs++) await system.sweep();
    expect((await system.ports.registry.get(keys.token('orders')))?.standing).toBe('revoked');
    await expect(system.register()).rejects.toMatchObject({ code: 'id-revoked' });
  });
});

describe('rotation', () => {
  it('takes five calls to Secrets Manager and refuses neither value while they overlap', async () => {
    const system = createSystem();
    const { secretArn, text } = await lived(system);
    const verifier = system.verifier();
    const calls = (): number => system.world.count('vault');
    const before = calls();
    const outcome = await system.ports.vault.trigger(secretArn);
    expect(outcome).toMatchObject({ outcome: 'succeeded', attempts: 1 });
    expect(calls() - before).toBe(5);
    const next = system.read(secretArn);
    expect(next).not.toBe(text);
    for (const value of [text, next]) expect((await system.use(value, verifier)).allow).toBe(true);
    system.world.clock.advance(ORDERS.overlapMinutes * 60_000);
    expect(await system.use(text, verifier)).toMatchObject({ allow: false, reason: 'retired' });
    expect((await system.use(next, verifier)).allow).toBe(true);
  });

  it.each(['before', 'after'] as const)(
    'crashed %s each call in turn, it converges with one live new version',
    async (side) => {
      const clean = createSystem();
      const { secretArn: cleanArn } = await lived(clean);
      const start = clean.world.calls.length;
      await clean.ports.vault.trigger(cleanArn);
      const length = clean.world.calls.length - start;
      expect(length).toBeGreaterThan(20);
      for (let crash = 0; crash < length; crash++) {
        const system = createSystem();
        const { secretArn, text } = await lived(system);
        const at = system.world.calls.length + crash;
        const fault = (call: { index: number }): void => {
          if (call.index === at) throw new Error('crash');
        };
        if (side === 'before') system.world.beforeCall = fault;
        else system.world.afterCall = fault;
        const outcome = await system.ports.vault.trigger(secretArn);
        expect(outcome.outcome, `crash ${side} call ${crash}`).toBe('succeeded');
        const versions = [...system.ports.registry.items.values()].filter(
          (item): item is VersionRecord => item.kind === 'version',
        );
        const live = versions.filter(({ state }) => state === 'current' || state === 'pending');
        expect(live, `crash ${side} call ${crash}`).toHaveLength(1);
        expect(live[0]?.keyId).toBe(keyIdOf(system.read(secretArn)));
        expect((await system.use(text)).allow).toBe(true);
        expect((await system.use(system.read(secretArn))).allow).toBe(true);
      }
    },
  );

  it('with RotateImmediately off, the lone test of an empty version passes and leaves nothing', async () => {
    const system = createSystem();
    const { secretArn } = await lived(system);
    const before = system.ports.registry.items.size;
    await system.ports.vault.testRotation(secretArn);
    expect(system.ports.registry.items.size).toBe(before);
  });

  it('nothing is minted for a revoked or suspended token', async () => {
    for (const action of ['revoke', 'suspend']) {
      const system = createSystem();
      const { secretArn } = await lived(system);
      await system.order(order(action, { noWait: true }));
      const minted = system.world.count('keys', 'randomBytes');
      await system.ports.vault.trigger(secretArn);
      expect(system.world.count('keys', 'randomBytes')).toBe(minted);
    }
  });

  it('refuses to copy authorising fields that somebody widened in the table', async () => {
    const system = createSystem();
    const { secretArn, text } = await lived(system);
    const token = await system.ports.registry.get(keys.token('orders'));
    if (token === undefined) throw new Error('no token');
    system.ports.registry.tamper({ ...token, fields: { ...token.fields, scopes: ['prices:read', 'admin'] } });
    const outcome = await system.ports.vault.trigger(secretArn);
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'fields-tampered' } });
    const version = await system.ports.registry.get(keys.version(keyIdOf(text)));
    if (version === undefined) throw new Error('no version');
    system.ports.registry.tamper({ ...version, fields: { ...version.fields, networks: [] } });
    expect(await system.use(text, system.verifier())).toMatchObject({ allow: false, reason: 'tampered' });
  });

  it.each([
    {},
    { Step: 'create_secret', SecretId: 'x', ClientRequestToken: 'x' },
    { Step: 'createSecret' },
    null,
    'createSecret',
  ])('rejects a bad event before any call: %j', async (event) => {
    const system = createSystem();
    const { run } = await import('#functions/rotate/run.ts');
    const before = system.world.calls.length;
    await expect(run(event, system.ports as never)).rejects.toMatchObject({ code: 'bad-event' });
    expect(system.world.calls.length).toBe(before);
  });
});

describe('revocation', () => {
  it('is effective by its receipt, for a verifier with everything cached', async () => {
    const system = createSystem();
    const { text } = await lived(system);
    const verifier = system.verifier();
    expect((await system.use(text, verifier)).allow).toBe(true);
    const result = await system.order(order('revoke'));
    if (result.status === 400) throw new Error(result.error.problem);
    const [receipt] = result.answer.receipts;
    expect(result.answer.outcome).toBe('applied');
    expect(Date.parse(receipt?.effectiveBy ?? '') - Date.parse(receipt?.committedAt ?? '')).toBe(1_300);
    expect(receipt?.verifier).toMatchObject({ wouldAllow: false, reason: 'revoked' });
    expect(await system.use(text, verifier)).toMatchObject({ allow: false, reason: 'revoked' });
    expect(await system.order(order('revoke'))).toMatchObject({
      status: 200,
      answer: { outcome: 'unchanged' },
    });
    expect(await system.order(order('release'))).toMatchObject({
      status: 409,
      answer: { message: 'token-revoked' },
    });
  });

  it('suspension is undone by release', async () => {
    const system = createSystem();
    const { text } = await lived(system);
    await system.order(order('suspend'));
    expect(await system.use(text)).toMatchObject({ allow: false, reason: 'suspended' });
    await system.order(order('release'));
    expect((await system.use(text)).allow).toBe(true);
  });

  it('a suspension with an end is released by the sweep', async () => {
    const system = createSystem();
    const { text } = await lived(system);
    const until = new Date(system.world.clock.now() + HOUR).toISOString();
    await system.order(order('suspend', { until }));
    system.world.clock.advance(HOUR + 1);
    await system.sweep();
    system.world.clock.advance(2_000);
    expect((await system.use(text)).allow).toBe(true);
  });

  it('reissue ends the old versions and promotes a new one, even over a stranded pending version', async () => {
    const system = createSystem();
    const { secretArn, text } = await lived(system);
    system.world.beforeCall = (call) => {
      if (call.method === 'moveCurrent') throw new Error('crash');
    };
    expect(await system.ports.vault.trigger(secretArn)).toMatchObject({ outcome: 'failed' });
    system.world.beforeCall = undefined;
    const result = await system.order(order('reissue'));
    expect(result).toMatchObject({ status: 200, answer: { outcome: 'applied' } });
    expect(await system.ports.vault.settle()).toContainEqual(
      expect.objectContaining({ outcome: 'succeeded' }),
    );
    expect(await system.use(text)).toMatchObject({ allow: false, reason: 'revoked' });
    expect((await system.use(system.read(secretArn))).allow).toBe(true);
    const token = await system.ports.registry.get(keys.token('orders'));
    expect(token?.reissue).toBeUndefined();
  });

  it('a dry run says what would happen and does nothing', async () => {
    const system = createSystem();
    await lived(system);
    const before = system.ports.registry.log.length;
    const result = await system.order(order('revoke', { dryRun: true }));
    expect(result).toMatchObject({ status: 200, answer: { outcome: 'dry-run' } });
    expect(system.ports.registry.log.length).toBe(before);
  });

  it('by principal demands the number of tokens concerned', async () => {
    const system = createSystem();
    await lived(system);
    const { tokenId: _, ...byPrincipal } = order('revoke', { principal: ORDERS.principal }) as {
      tokenId: string;
    };
    expect(await system.order(byPrincipal)).toMatchObject({ status: 400, error: { field: 'expectCount' } });
    expect(await system.order({ ...byPrincipal, expectCount: 2 })).toMatchObject({ status: 409 });
    expect(await system.order({ ...byPrincipal, expectCount: 1 })).toMatchObject({
      answer: { outcome: 'applied' },
    });
  });
});

describe('the sweep', () => {
  it('marks what has expired once, however many run', async () => {
    const system = createSystem();
    const { secretArn, text } = await lived(system);
    await system.ports.vault.trigger(secretArn);
    system.world.clock.advance(ORDERS.overlapMinutes * 60_000 + 1);
    await Promise.all([system.sweep(), system.sweep(), system.sweep()]);
    const expired = system.ports.registry.log.filter(({ action }) => action === 'version.expired');
    expect(expired.map(({ keyId }) => keyId)).toEqual([keyIdOf(text)]);
  });

  it.each(['begun', 'minted', 'set'])('repairs a rotation left at %s', async (state) => {
    const system = createSystem();
    const { secretArn } = await lived(system);
    const stop =
      { begun: ['keys', 'randomBytes'], minted: ['vault', 'put'], set: ['vault', 'moveCurrent'] }[state] ??
      [];
    system.world.beforeCall = (call) => {
      if (call.port === stop[0] && call.method === stop[1]) throw new Error('crash');
    };
    await system.ports.vault.trigger(secretArn);
    system.world.beforeCall = undefined;
    system.world.clock.advance(HOUR);
    await system.sweep();
    expect(await system.ports.registry.intents('orders')).toEqual([]);
    expect(await system.ports.vault.trigger(secretArn)).toMatchObject({ outcome: 'succeeded', attempts: 1 });
  });

  it('promotes in the registry what the labels have promoted', async () => {
    const system = createSystem();
    const { secretArn } = await lived(system);
    system.world.afterCall = (call) => {
      if (call.method === 'moveCurrent') system.world.beforeCall = () => Promise.reject(new Error('crash'));
    };
    const trigger = system.ports.vault.trigger(secretArn).catch(() => undefined);
    await trigger;
    system.world.beforeCall = undefined;
    system.world.afterCall = undefined;
    expect((await system.use(system.read(secretArn))).allow).toBe(true);
    system.world.clock.advance(HOUR);
    await system.sweep();
    const token = await system.ports.registry.get(keys.token('orders'));
    expect(token?.versions.find(({ state }) => state === 'current')?.keyId).toBe(
      keyIdOf(system.read(secretArn)),
    );
  });

  it('nudges a rotation that does not come, warns, pages, and leaves the rest alone', async () => {
    const system = createSystem();
    const { text } = await lived(system);
    const actions = (): string[] => system.ports.registry.log.map(({ action }) => action);
    system.world.clock.advance(24 * HOUR);
    await system.sweep();
    expect(actions()).not.toContain('token.rotation-nudged');
    system.world.clock.advance(13 * HOUR);
    for (let runs = 0; runs < 4; runs++) await system.sweep();
    expect(actions()).toContain('token.rotation-nudged');
    expect(actions()).toContain('token.warned');
    expect(system.world.count('vault', 'rotate')).toBeGreaterThan(0);
    system.world.clock.advance(36 * HOUR);
    expect(await system.use(text, system.verifier())).toMatchObject({ allow: false, reason: 'expired' });
  });
});

describe('the responder', () => {
  it('counts every use that is told at once', async () => {
    const system = createSystem();
    const { text } = await lived(system);
    const told = Array.from({ length: 5 }, (_, index) =>
      usage({
        usageId: `usage-${index}`,
        keyId: keyIdOf(text),
        tokenId: 'orders',
        outcome: 'allowed',
        network: `10.1.2.${index}`,
      }),
    );
    await Promise.all(told.map((message) => system.respond([message])));
    const profile = await system.ports.registry.get(keys.profile('token:orders'));
    expect(profile?.uses).toBe(5);
    expect(Object.keys(profile?.networks ?? {})).toHaveLength(5);
  });

  it('a genuine token outside its network: ended and reissued, once for five deliveries', async () => {
    const system = createSystem();
    const { secretArn, text } = await lived(system);
    expect(await system.use(text, undefined, '127.66.6.6')).toMatchObject({
      allow: false,
      reason: 'network',
    });
    const message = usage({ keyId: keyIdOf(text), tokenId: 'orders' });
    const answers = await Promise.all(Array.from({ length: 5 }, () => system.respond([message])));
    for (const answer of answers) expect(answer.batchItemFailures).toEqual([]);
    await system.ports.vault.settle();
    const decided = system.ports.registry.log.filter(({ action }) => action === 'response.decided');
    expect(decided).toHaveLength(1);
    system.world.clock.advance(2_000);
    expect(await system.use(text)).toMatchObject({ allow: false, reason: 'revoked' });
    expect((await system.use(system.read(secretArn))).allow).toBe(true);
  });

  it('a stranger reads the secret: kept from it first, then the value is replaced', async () => {
    const system = createSystem();
    const { secretArn, text } = await lived(system);
    await system.respond([secretRead({ secretId: secretArn })]);
    expect(system.blocked).toEqual(['arn:aws:iam::111122223333:role/stranger']);
    await system.ports.vault.settle();
    expect(system.read(secretArn)).not.toBe(text);
    system.world.clock.advance(2_000);
    expect(await system.use(text)).toMatchObject({ allow: false, reason: 'revoked' });
  });

  it('a refused read is an alert; a declared reader and our own function are nothing', async () => {
    const system = createSystem();
    const { secretArn } = await lived(system);
    const before = system.ports.registry.log.length;
    await system.respond([
      secretRead({ eventId: 'a', secretId: 'tokenward/dev/orders', arn: ORDERS.readers[0] ?? '' }),
      secretRead({
        eventId: 'b',
        secretId: secretArn,
        arn: 'arn:aws:iam::111122223333:role/tokenward-dev-rotate',
        session: 'tokenward-dev-rotate',
      }),
    ]);
    expect(system.ports.registry.log.length).toBe(before);
    await system.respond([secretRead({ eventId: 'c', secretId: secretArn, errorCode: 'AccessDenied' })]);
    expect(said(system)).toMatchObject({
      action: 'response.decided',
      details: { signal: 'T0-3', rung: 'alert', outcome: 'alerted' },
    });
    await system.respond([
      secretRead({
        eventId: 'd',
        secretId: secretArn,
        arn: 'arn:aws:iam::111122223333:role/tokenward-dev-rotate',
      }),
    ]);
    expect(said(system)).toMatchObject({ details: { signal: 'T0-6' } });
  });

  it('a version decrypted after its end is an alert', async () => {
    const system = createSystem();
    const { secretArn } = await lived(system);
    const [first] = (await system.ports.registry.get(keys.token('orders')))?.versions ?? [];
    await system.order(order('reissue'));
    await system.ports.vault.settle();
    const decrypt = (versionId: string, eventID: string): unknown => {
      const at = system.world.clock.now() + HOUR;
      const read = secretRead({ secretId: secretArn, at }) as { detail: object };
      const encryptionContext = { SecretARN: secretArn, SecretVersionId: versionId };
      const detail = {
        ...read.detail,
        eventID,
        eventName: 'Decrypt',
        eventSource: 'kms.amazonaws.com',
        requestParameters: { encryptionContext },
      };
      return { ...read, source: 'aws.kms', detail };
    };
    const before = system.ports.registry.log.length;
    const [current] = (await system.ports.registry.get(keys.token('orders')))?.versions ?? [];
    await system.respond([decrypt(current?.versionId ?? '', 'fresh')]);
    expect(system.ports.registry.log.length).toBe(before);
    await system.respond([decrypt(first?.versionId ?? '', 'stale')]);
    expect(said(system)).toMatchObject({ details: { signal: 'T0-2' } });
  });

  it.each([
    ['another service', { type: 'AWSService', invokedBy: 'config.amazonaws.com' }, 'config.amazonaws.com'],
    ['another account', { type: 'AWSAccount', accountId: '444455556666' }, 'account 444455556666'],
    ['Secrets Manager itself', { type: 'AWSService', invokedBy: 'secretsmanager.amazonaws.com' }, undefined],
  ])(
    'a read by %s is told of, unless it is its keeper, and ends nothing',
    async (_what, userIdentity, by) => {
      const system = createSystem();
      const { secretArn, text } = await lived(system);
      const before = system.ports.registry.log.length;
      const read = secretRead({ secretId: secretArn }) as { detail: object };
      const event = { ...read, detail: { ...read.detail, userIdentity } };
      await system.respond([event, event]);
      const told = { signal: 'T0-3', rung: 'alert', outcome: 'alerted', principal: by };
      const decided = system.ports.registry.log.slice(before);
      const all = [{ action: 'response.decided', details: told }, { action: 'response.completed' }];
      expect(decided).toMatchObject(by === undefined ? [] : all);
      expect(system.world.count('pager')).toBe(by === undefined ? 0 : 1);
      expect(system.blocked).toEqual([]);
      expect((await system.use(text)).allow).toBe(true);
    },
  );

  it('any use of a canary ends it', async () => {
    const system = createSystem();
    const arn = await system.register({ ...ORDERS, id: 'bait', canary: true });
    await system.respond([secretRead({ secretId: arn, errorCode: 'AccessDenied' })]);
    expect((await system.ports.registry.get(keys.token('bait')))?.standing).toBe('revoked');
  });

  it('one poison among many fails alone', async () => {
    const system = createSystem();
    const good: unknown[] = [];
    for (let index = 0; index < 50; index++) {
      const secretId = await system.register({ ...ORDERS, id: `svc-${index}` });
      good.push(secretRead({ eventId: `good-${index}`, secretId, errorCode: 'AccessDenied' }));
    }
    const answer = await system.respond([...good.slice(0, 25), { nonsense: true }, ...good.slice(25)]);
    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: 'm25' }]);
    const decided = system.ports.registry.log.filter(({ action }) => action === 'response.decided');
    expect(decided.filter(({ tokenId }) => tokenId !== undefined)).toHaveLength(50);
    // The stranger himself, by his habits: fifty secrets that are not his.
    expect(decided.filter(({ tokenId }) => tokenId === undefined)).toHaveLength(1);
  });

  it('an alert about one token is told once a window, however often it is seen', async () => {
    const system = createSystem();
    const { secretArn } = await lived(system);
    const refused = (eventId: string): unknown =>
      secretRead({ eventId, secretId: secretArn, errorCode: 'AccessDenied' });
    await system.respond([refused('a'), refused('b'), refused('c')]);
    expect(system.world.count('pager')).toBe(1);
    expect(system.ports.metrics.total('AlertsFolded')).toBe(2);
    system.world.clock.advance(DEFAULT_POLICY.breaker.windowMinutes * 60_000);
    await system.respond([refused('d')]);
    expect(system.world.count('pager')).toBe(2);
  });

  it('what exceeds the budget is held and pages, never lost', async () => {
    const system = createSystem();
    const ids = Array.from({ length: 12 }, (_, index) => `svc-${String(index).padStart(2, '0')}`);
    const messages: unknown[] = [];
    for (const [index, id] of ids.entries()) {
      const text = system.read(await system.register({ ...ORDERS, id, owner: `team-${index}` }));
      messages.push(usage({ usageId: `u-${id}`, keyId: keyIdOf(text), tokenId: id }));
    }
    await system.respond(messages);
    const outcomes = system.ports.registry.log
      .filter(({ action }) => action === 'response.decided')
      .map(({ details }) => details?.outcome);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(DEFAULT_POLICY.breaker.least);
    expect(outcomes.filter((outcome) => outcome === 'held')).toHaveLength(
      ids.length - DEFAULT_POLICY.breaker.least,
    );
    system.world.clock.advance(DEFAULT_POLICY.breaker.windowMinutes * 60_000);
    const before = system.ports.pager.pages.length;
    system.world.beforeCall = async ({ method, args }) => {
      if (method !== 'commit' || !JSON.stringify(args).includes('"kind":"incident"')) return;
      system.world.beforeCall = undefined;
      await system.sweep();
    };
    await system.sweep();
    expect(system.world.beforeCall).toBeUndefined();
    const again = system.ports.pager.pages.slice(before).filter(({ key }) => key.startsWith('held:held:'));
    expect(again).toHaveLength(1);
  });
});

describe('what a suspect mints', () => {
  const thief = { arn: 'arn:aws:iam::111122223333:user/mallory', ip: '198.51.100.9' };
  const mint = (at: number, minted: string, how: 'iam' | 'sts'): unknown => {
    const read = secretRead({ ...thief, secretId: 'x', eventId: `mint-${minted}`, at }) as { detail: object };
    const answered =
      how === 'iam' ? { accessKey: { accessKeyId: minted } } : { credentials: { accessKeyId: minted } };
    return {
      ...read,
      source: `aws.${how}`,
      detail: {
        ...read.detail,
        eventName: how === 'iam' ? 'CreateAccessKey' : 'GetSessionToken',
        eventSource: `${how}.amazonaws.com`,
        requestParameters: { userName: 'innocent' },
        responseElements: answered,
      },
    };
  };
  const usedBy = (accessKeyId: string, at: number): unknown => {
    const read = secretRead({ ...thief, secretId: 'x', eventId: `use-${accessKeyId}`, at }) as {
      detail: { userIdentity: object };
    };
    const arn = 'arn:aws:iam::111122223333:user/innocent';
    const detail = {
      ...read.detail,
      eventName: 'ListSecrets',
      requestParameters: null,
      userIdentity: { type: 'IAMUser', arn, accessKeyId },
    };
    return { ...read, detail };
  };

  it.each(['before', 'after'])('is as suspect as it is, minted %s the theft was known', async (when) => {
    const system = createSystem();
    const secretId = await system.register();
    const now = system.world.clock.now();
    const theft = secretRead({ ...thief, secretId, at: now });
    const minted = mint(now + 1_000, 'AKIACHILD', 'iam');
    await system.respond(when === 'before' ? [minted, theft] : [theft, minted]);
    const birth = await system.ports.registry.get(keys.habits('minted:AKIACHILD'));
    expect(birth?.ttlSeconds).toBeGreaterThan(now / 1000 + 300 * 24 * 3_600);
    await system.respond([usedBy('AKIACHILD', now + 60_000)]);
    expect(said(system)).toMatchObject({
      details: { signal: 'T0-5', by: 'AKIACHILD', rung: 'suspend', outcome: 'alerted' },
    });
  });

  it('is followed through what it mints itself, and a session is forgotten in days', async () => {
    const system = createSystem();
    const secretId = await system.register();
    const now = system.world.clock.now();
    await system.respond([
      secretRead({ ...thief, secretId, at: now }),
      mint(now + 1_000, 'AKIACHILD', 'iam'),
    ]);
    const child = mint(now + 2_000, 'ASIAGRANDCHILD', 'sts') as { detail: { userIdentity: object } };
    const userIdentity = { ...child.detail.userIdentity, accessKeyId: 'AKIACHILD' };
    await system.respond([{ ...child, detail: { ...child.detail, userIdentity } }]);
    const birth = await system.ports.registry.get(keys.habits('minted:ASIAGRANDCHILD'));
    expect(birth?.ttlSeconds).toBeLessThan(now / 1000 + 3 * 24 * 3_600);
    await system.respond([usedBy('ASIAGRANDCHILD', now + 60_000)]);
    expect(said(system)).toMatchObject({ details: { signal: 'T0-5', by: 'ASIAGRANDCHILD' } });
  });

  it('is nothing, where its parent is no suspect', async () => {
    const system = createSystem();
    const now = system.world.clock.now();
    await system.respond([mint(now, 'AKIACHILD', 'iam'), usedBy('AKIACHILD', now + 60_000)]);
    expect(said(system)).toBeUndefined();
  });
});

describe('what is remembered', () => {
  it('begins anew where it cannot be read, and is written once for what is delivered twice', async () => {
    const system = createSystem();
    const secretId = await system.register();
    const reader = { secretId, arn: ORDERS.readers[0] ?? '', session: 'orders' };
    const read = secretRead(reader);
    await system.respond([read, read]);
    expect(system.world.count('registry', 'remember')).toBe(1);
    const subject = keys.habits(reader.arn);
    const before = await system.ports.registry.get(subject);
    if (before === undefined) throw new Error('nothing is remembered');
    system.ports.registry.tamper({ ...before, recent: '{' });
    await system.respond([secretRead({ ...reader, eventId: 'again' })]);
    expect(system.ports.metrics.total('HabitsUnreadable')).toBe(1);
    expect((await system.ports.registry.get(subject))?.recent).toContain('again');
  });

  it('keeps no response waiting: a fault of its store sends the message round again', async () => {
    const system = createSystem();
    const secretId = await system.register();
    system.world.beforeCall = ({ method }) => {
      if (method === 'remember') throw new Error('throttled');
    };
    const answer = await system.respond([secretRead({ secretId })]);
    expect(answer.batchItemFailures).toHaveLength(1);
    expect(said(system)).toMatchObject({ details: { signal: 'T0-3', outcome: 'done' } });
    system.world.beforeCall = undefined;
    expect((await system.respond([secretRead({ secretId })])).batchItemFailures).toEqual([]);
    const decided = system.ports.registry.log.filter(({ action }) => action === 'response.decided');
    expect(decided).toHaveLength(1);
  });

  it('a decision that a crash left open is taken up by a later delivery, and pages', async () => {
    const system = createSystem();
    const secretId = await system.register();
    system.world.beforeCall = ({ port }) => {
      if (port === 'pager') throw new Error('crash');
    };
    const message = secretRead({ secretId });
    expect((await system.respond([message])).batchItemFailures).toHaveLength(1);
    system.world.beforeCall = undefined;
    await system.respond([message]);
    expect(system.ports.pager.pages).toHaveLength(0);
    system.world.clock.advance(60_000);
    await system.respond([message]);
    await system.respond([message]);
    expect(system.ports.pager.pages.map(({ key }) => key)).toEqual(['T0-3:orders']);
    const trail = system.ports.registry.log.filter(({ action }) => action.startsWith('response.'));
    expect(trail.map(({ action }) => action)).toEqual([
      'response.intended',
      'response.decided',
      'response.completed',
    ]);
    await system.ports.vault.settle();
    const asked = system.ports.registry.log.filter(({ action }) => action === 'rotation.begun');
    expect(asked.length).toBeLessThanOrEqual(1);
  });

  it.each([
    ['an alert', { errorCode: 'AccessDenied' }],
    ['an action', {}],
  ])(
    '%s that was decided and not told is told by the sweep, where nobody delivers it again',
    async (_, part) => {
      const system = createSystem();
      const secretId = await system.register();
      let down = true;
      system.world.beforeCall = ({ port, args }) => {
        if (down && port === 'pager' && JSON.stringify(args).includes('T0-3')) throw new Error('crash');
      };
      await system.respond([secretRead({ secretId, ...part })]);
      await system.ports.vault.settle();
      await system.sweep();
      system.world.clock.advance(60_000);
      // For as long as nobody can be told it stays due.
      for (let runs = 0; runs < 3; runs++) expect((await system.sweep()).failed).toBe(1);
      down = false;
      await system.sweep();
      await system.sweep();
      const told = (): readonly string[] =>
        system.ports.pager.pages.map(({ key }) => key).filter((key) => key.startsWith('T0-3'));
      expect(told()).toEqual(['T0-3:orders']);
      await system.respond([secretRead({ secretId, ...part })]);
      expect(told()).toHaveLength(1);
      const ended = system.ports.registry.log.filter(({ action }) => action === 'response.completed');
      expect(ended).toHaveLength(1);
    },
  );

  it('a page that fails for a moment is sent again at once', async () => {
    const system = createSystem();
    const secretId = await system.register();
    let faults = 0;
    system.world.beforeCall = ({ port }) => {
      if (port === 'pager' && faults++ < 2)
        throw new PortError('ThrottlingException', { outcome: 'not-applied', retryable: true });
    };
    const began = system.world.clock.now();
    const answer = await system.respond([secretRead({ secretId, errorCode: 'AccessDenied' })]);
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(system.ports.pager.pages.map(({ key }) => key)).toEqual(['T0-3:orders']);
    expect(system.world.clock.now() - began).toBeLessThan(5_000);
  });
});

describe('a page that comes once', () => {
  const lost = (system: System, key: string): (() => readonly string[]) => {
    let crashes = 1;
    system.world.afterCall = ({ port, method, args }) => {
      const [change] = args as [{ audit?: readonly { action: string }[] }];
      const one = change?.audit?.some(
        ({ action }) => action === 'token.suspended' || action === 'token.warned',
      );
      if (port === 'registry' && method === 'commit' && one && crashes-- > 0) throw new Error('crash');
    };
    return () => system.ports.pager.pages.map((page) => page.key).filter((one) => one === key);
  };

  it('about a removed declaration is there though the container dies right after the suspension', async () => {
    const system = createSystem();
    await lived(system);
    await system.remove('orders');
    const told = lost(system, 'removal:orders');
    const before = told().length;
    system.world.clock.advance(25 * HOUR);
    await system.sweep();
    await system.sweep();
    expect((await system.ports.registry.get(keys.token('orders')))?.standing).toBe('suspended');
    expect(told().length - before).toBe(1);
  });

  it('about the end of a token too', async () => {
    const system = createSystem();
    await lived(system);
    system.world.beforeCall = ({ method }) => {
      if (method === 'rotate') throw new Error('no rotation');
    };
    system.world.clock.advance(71 * HOUR);
    const told = lost(system, 'expiry:orders');
    for (let runs = 0; runs < 6; runs++) await system.sweep();
    expect(told()).toEqual(['expiry:orders']);
  });
});

describe('what the breaker holds', () => {
  const flooded = async (): Promise<{ system: System; incident: string; text: (n: number) => string }> => {
    const system = createSystem();
    const arns: string[] = [];
    const messages: unknown[] = [];
    for (let n = 0; n < 6; n++) {
      const id = `svc-${n}`;
      arns.push(await system.register({ ...ORDERS, id, owner: `team-${n}` }));
      const keyId = keyIdOf(system.read(arns[n] as string));
      messages.push(usage({ usageId: `u-${n}`, keyId, tokenId: id }));
    }
    // One after the other: which of them the budget holds is then known.
    for (const message of messages) await system.respond([message]);
    await system.ports.vault.settle();
    const held = [...system.ports.registry.items.values()].find(({ kind }) => kind === 'incident');
    if (held?.kind !== 'incident') throw new Error('nothing is held');
    return { system, incident: held.incidentId, text: (n) => system.read(arns[n] as string) };
  };
  const decide = (action: string, incident: string, part: object = {}): object => ({
    action,
    incident,
    reason: 'all of them are one thief',
    ...part,
  });

  it('is applied by one order, as each action was decided', async () => {
    const { system, incident, text } = await flooded();
    const before = [3, 4, 5].map(text);
    for (const held of before) expect((await system.use(held)).allow).toBe(true);
    expect(await system.order(decide('apply', incident, { dryRun: true }))).toMatchObject({
      status: 200,
      answer: { outcome: 'dry-run', tokenIds: ['svc-3', 'svc-4', 'svc-5'], plan: { length: 3 } },
    });
    expect(await system.order(decide('apply', incident, { expectCount: 2 }))).toMatchObject({
      status: 409,
      answer: { outcome: 'refused', message: expect.stringContaining('3 actions are held') },
    });
    const done = await system.order(decide('apply', incident, { expectCount: 3 }));
    expect(done).toMatchObject({ status: 200, answer: { outcome: 'applied', receipts: { length: 3 } } });
    await system.ports.vault.settle();
    for (const held of before) expect(await system.use(held)).toMatchObject({ reason: 'revoked' });
    for (const n of [3, 4, 5]) expect((await system.use(text(n))).allow).toBe(true);
    expect(await system.ports.registry.get(keys.incident(incident))).toMatchObject({
      state: 'applied',
      held: [],
    });
    const applied = system.ports.registry.log.filter(({ action }) => action === 'incident.applied');
    expect(applied.map(({ tokenId, actor }) => [tokenId, actor.kind])).toEqual([
      ['svc-3', 'iam'],
      ['svc-4', 'iam'],
      ['svc-5', 'iam'],
    ]);
    expect(await system.order(decide('apply', incident))).toMatchObject({ answer: { outcome: 'unchanged' } });
    expect(await system.order(decide('drop', incident))).toMatchObject({ answer: { outcome: 'unchanged' } });
  });

  it('does what is left after a crash, and nothing twice', async () => {
    const { system, incident } = await flooded();
    let commits = 0;
    system.world.afterCall = ({ method }) => {
      if (method === 'commit' && ++commits === 2) throw new Error('crash');
    };
    await expect(system.order(decide('apply', incident))).rejects.toThrow('crash');
    system.world.afterCall = undefined;
    expect(await system.order(decide('apply', incident))).toMatchObject({
      answer: { outcome: 'applied', tokenIds: ['svc-5'] },
    });
    const asked = system.ports.registry.log.filter(({ action }) => action === 'token.reissue-requested');
    expect(asked).toHaveLength(6);
  });

  it('says where nothing was left to do', async () => {
    const { system, incident } = await flooded();
    for (const tokenId of ['svc-3', 'svc-4', 'svc-5']) await system.order(order('revoke', { tokenId }));
    expect(await system.order(decide('apply', incident))).toMatchObject({
      status: 200,
      answer: { outcome: 'unchanged' },
    });
    expect(await system.ports.registry.get(keys.incident(incident))).toMatchObject({ state: 'applied' });
  });

  it('is dropped by one order, and pages no more', async () => {
    const { system, incident, text } = await flooded();
    expect(await system.order(decide('drop', incident))).toMatchObject({ answer: { outcome: 'applied' } });
    expect((await system.use(text(3))).allow).toBe(true);
    const before = system.ports.pager.pages.length;
    system.world.clock.advance(HOUR);
    await system.sweep();
    expect(system.ports.pager.pages.slice(before).filter(({ key }) => key.startsWith('held:'))).toEqual([]);
  });

  it('is refused by field, and for an incident that there is not', async () => {
    const system = createSystem();
    expect(await system.order({ action: 'erase', incident: 'held:1', reason: 'x' })).toMatchObject({
      status: 400,
      error: { field: 'action' },
    });
    expect(await system.order(decide('apply', 'held:1'))).toMatchObject({ status: 404 });
  });
});

describe('the audit log', () => {
  it('has an unbroken chain in every shard after a whole life', async () => {
    const system = createSystem(7);
    const { secretArn } = await lived(system);
    for (let round = 0; round < 5; round++) {
      await system.ports.vault.trigger(secretArn);
      system.world.clock.advance(24 * HOUR);
      await system.sweep();
    }
    await system.order(order('revoke'));
    for (const head of await system.ports.registry.shardHeads()) {
      const records = await system.ports.registry.auditShard(head.shard, 1, 1_000);
      expect(verifyChain(records, head)).toMatchObject({ ok: true });
    }
  });

  it('holds no secret, nor does any log line or bus event', async () => {
    const system = createSystem();
    const { secretArn, text } = await lived(system);
    await system.ports.vault.trigger(secretArn);
    await system.order(order('reissue'));
    const said = JSON.stringify([
      [...system.ports.registry.items.values()],
      system.ports.registry.log,
      system.ports.log.lines,
      system.ports.bus.events,
      system.ports.pager.pages,
    ]);
    const secret = text.slice(-49, -6);
    expect(said).not.toContain(secret);
    expect(said).not.toContain(system.read(secretArn).slice(-49, -6));
  });
});
