import { createKmsMac } from '#adapters/mac/kms-mac.ts';
import { createPepperMac } from '#adapters/mac/pepper-mac.ts';
import { FIRST_PEPPER } from '#core/crypto/pepper.ts';
import type { MacEngine, VerifierStore } from '#core/ports.ts';
import type { ReconcilePlan } from '#core/reconcile/plan.ts';
import type { KeyOrder } from '#core/response/key-orders.ts';
import { DEFAULT_POLICY, type ResponsePolicy } from '#core/response/policy.ts';
import type { Offer } from '#core/token/declaration.ts';
import { ensurePepper } from '#functions/apply/pepper.ts';
import { createAuthorizeRun } from '#functions/authorize/run.ts';
import { createVerifier, type Verifier } from '#functions/authorize/verifier.ts';
import { exchange, type Issued, issueReturnOnce } from '#functions/issue/clients.ts';
import { destroyPeppers } from '#functions/issue/destroy-peppers.ts';
import { REGISTRAR } from '#functions/issue/ports.ts';
import { registerToken, removeToken, rollBack } from '#functions/issue/register.ts';
import { type ReconcileReport, run as reconcile } from '#functions/reconcile/run.ts';
import { endKey } from '#functions/respond/keys.ts';
import { type BatchAnswer, run as respond } from '#functions/respond/run.ts';
import { run as revoke } from '#functions/revoke/run.ts';
import type { RevokeResult } from '#functions/revoke/settle.ts';
import { run as rotate } from '#functions/rotate/run.ts';
import { type SweepReport, run as sweep } from '#functions/sweep/run.ts';
import { createApiTokenIssuer, readTokenValue } from '#issuers/api-token.ts';
import { TIMING } from '#test/loop/system.ts';
import { createMemoryFindings, type MemoryFindings } from '#test/ports/memory-findings.ts';
import { createMemoryReaders, type MemoryReaders } from '#test/ports/memory-readers.ts';
import { createMemoryTrail, type MemoryTrail } from '#test/ports/memory-trail.ts';
import { createMemoryPorts, type MemoryPorts } from '#test/ports/ports.ts';
import { together } from '#test/ports/saved.ts';
import { createWorld, type Restore, type World } from '#test/ports/world.ts';

const ENVIRONMENT = 'dev';
const ACCOUNT = '111122223333';

/** What of the trail is the responder's. */
const RECONCILED: ReconcilePlan = {
  account: ACCOUNT,
  prefix: '',
  secretsPrefix: 'tokenward/dev/',
  secretsArnPrefix: `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:tokenward/dev/`,
  watchAllSecrets: false,
  ownSessions: [],
  regions: [{ region: 'eu-west-1', names: ['StopLogging'] }],
};

/** What may be invoked: one invocation of one function, as AWS would make it. */
export type Delivery =
  | {
      readonly fn: 'issue';
      readonly register: string;
      readonly declaration: object;
      readonly requestId: string;
    }
  | { readonly fn: 'issue'; readonly remove: string; readonly secretArn: string }
  | {
      readonly fn: 'issue';
      readonly rollBack: string;
      readonly declaration: object;
      readonly requestId: string;
    }
  | { readonly fn: 'issue'; readonly offer: 'partner' | 'job'; readonly key: string }
  | { readonly fn: 'rotate'; readonly step: string; readonly secretArn: string; readonly versionId: string }
  | { readonly fn: 'sweep' }
  /** `lookup`: there is no bucket. */
  | { readonly fn: 'reconcile'; readonly lookup?: true }
  | { readonly fn: 'revoke'; readonly body: object }
  | { readonly fn: 'respond'; readonly bodies: readonly unknown[] }
  /** A verdict on an IAM user's access key, as the responder carries it out. */
  | { readonly fn: 'respond'; readonly key: Pick<KeyOrder, 'userArn' | 'accessKeyId' | 'eventId'> }
  | { readonly fn: 'authorize'; readonly text: string };

/** What an invocation gave back. */
export type Answer =
  | { readonly fn: 'issue'; readonly issued?: Issued }
  | { readonly fn: 'rotate' }
  | { readonly fn: 'sweep'; readonly report: SweepReport }
  | { readonly fn: 'reconcile'; readonly report: ReconcileReport }
  | { readonly fn: 'revoke'; readonly result: RevokeResult }
  | { readonly fn: 'respond'; readonly batch: BatchAnswer }
  /** `keyId`: who was let in. */
  | { readonly fn: 'authorize'; readonly keyId: string | undefined };

const CALLER = {
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/desk/ann`,
  uniqueId: 'AROADESK:ann',
  sourceIp: '10.0.0.9',
};

const OFFERS: readonly Offer[] = [
  {
    kind: 'return-once',
    id: 'partner',
    audience: 'prices',
    scopes: ['prices:read'],
    maxTtlSeconds: 86_400,
    issuers: [`arn:aws:iam::${ACCOUNT}:role/desk`],
  },
  {
    kind: 'exchange',
    id: 'job',
    principal: `arn:aws:iam::${ACCOUNT}:role/job`,
    audience: 'prices',
    scopes: ['prices:read'],
    networks: [],
    ttlSeconds: 900,
    owner: 'jobs',
    approver: 'security-lead',
    changeReference: 'CHG-2',
    purpose: 'the job reads prices',
  },
];

const ONCE = {
  offer: 'partner',
  client: 'acme',
  owner: 'partners',
  approver: 'security-lead',
  changeReference: 'CHG-1',
  purpose: 'the partner reads prices',
  scopes: ['prices:read'],
};

/** Our functions' roles, as CloudTrail names them. */
export const OWN_ROLES: readonly { role: string; sessionName: string }[] = [
  'issue',
  'rotate',
  'sweep',
  'respond',
  'revoke',
].map((name) => ({
  role: `arn:aws:iam::${ACCOUNT}:role/tokenward-dev-${name}`,
  sessionName: `tokenward-dev-${name}`,
}));

export interface Memory extends Omit<MemoryPorts, 'mac'> {
  readonly readers: MemoryReaders;
  readonly findings: MemoryFindings;
  /** The trail that the bus is held against. */
  readonly trail: MemoryTrail;
}

/**
 * The functions' own runs over strict ports in one world. Each invocation is a cold one unless it is given a warm
 * verifier: nothing but the stores survives from one to the next, so a world saved between two invocations is
 * all that there is to know.
 */
export interface Functions {
  readonly world: World;
  readonly ports: Memory;
  readonly policy: ResponsePolicy;
  /** Whether the call under way is another container's, which the invoked one only waits for. */
  elsewhere(): boolean;
  invoke(delivery: Delivery): Promise<Answer>;
  /** A container of `authorize` with caches of its own. */
  verifier(through?: (store: VerifierStore) => VerifierStore): Verifier;
  /** Makes a secret and its principal, as CloudFormation does before the token is registered. */
  prepare(tokenId: string, principal: string): string;
  save(): Restore;
}

export interface FunctionsOptions {
  readonly seed?: number;
  readonly policy?: ResponsePolicy;
  /** KMS computes each MAC. */
  readonly strictFips?: boolean;
}

export function createFunctions(options: FunctionsOptions = {}): Functions {
  const { seed = 1, policy = DEFAULT_POLICY, strictFips = false } = options;
  const world = createWorld({ seed });
  const { mac: _pretended, ...memory } = createMemoryPorts(world);
  const ports: Memory = {
    ...memory,
    readers: createMemoryReaders(world),
    findings: createMemoryFindings(world),
    trail: createMemoryTrail(world),
  };

  const newMac = (): MacEngine =>
    strictFips
      ? createKmsMac(ports.keys)
      : createPepperMac({ registry: ports.registry, keyModule: ports.keys, clock: ports.clock });
  const verifierWith = (mac: MacEngine, store: VerifierStore = ports.registry): Verifier =>
    createVerifier(
      { ...ports, mac, store },
      { ...TIMING, environment: ENVIRONMENT, recordCacheMaxMs: 60_000, recordCacheMaxEntries: 1_000 },
    );
  const jobId = ports.directory.create(`arn:aws:iam::${ACCOUNT}:role/job`);
  let elsewhere = 0;
  ports.verifier.answer = async (keyId) => {
    elsewhere++;
    try {
      return await verifierWith(newMac()).explain(keyId);
    } finally {
      elsewhere--;
    }
  };

  const issuing = () => {
    const mac = newMac();
    const cold = { ...ports, mac, issuer: createApiTokenIssuer(ENVIRONMENT, { keys: ports.keys, mac }) };
    return {
      ...cold,
      ensurePepper: () => ensurePepper(cold, REGISTRAR),
      destroyPeppers: () => destroyPeppers(cold, REGISTRAR, FIRST_PEPPER),
      verifier: verifierWith(mac),
    };
  };

  async function issue(delivery: Extract<Delivery, { fn: 'issue' }>): Promise<Answer> {
    const cold = issuing();
    if ('offer' in delivery) {
      if (delivery.offer === 'job') {
        const caller = { ...CALLER, arn: `arn:aws:sts::${ACCOUNT}:assumed-role/job/run`, uniqueId: jobId };
        return { fn: 'issue', issued: await exchange(offerOf('exchange'), caller, cold) };
      }
      const config = { environment: ENVIRONMENT, stage: 'production', offers: OFFERS } as const;
      const issued = await issueReturnOnce(ONCE, delivery.key, offerOf('return-once'), CALLER, cold, config);
      return { fn: 'issue', issued };
    }
    if ('remove' in delivery) {
      await removeToken(delivery.remove, delivery.secretArn, cold, { stage: 'production' });
      return { fn: 'issue' };
    }
    const { declaration, requestId } = delivery;
    const secretArn = 'register' in delivery ? delivery.register : delivery.rollBack;
    const registration = { declaration: JSON.stringify(declaration), secretArn, requestId };
    if ('register' in delivery) await registerToken(registration, cold);
    else await rollBack(registration, cold);
    return { fn: 'issue' };
  }

  async function invoke(delivery: Delivery): Promise<Answer> {
    switch (delivery.fn) {
      case 'issue':
        return issue(delivery);
      case 'rotate': {
        const { step: Step, secretArn: SecretId, versionId: ClientRequestToken } = delivery;
        await rotate({ Step, SecretId, ClientRequestToken }, issuing());
        return { fn: 'rotate' };
      }
      case 'sweep': {
        const limits = { reserveMs: 0, remainingMs: () => 60_000 };
        return { fn: 'sweep', report: await sweep(ports, limits) };
      }
      case 'reconcile': {
        const { files, ...rest } = ports.trail;
        const limits = { reserveMs: 0, remainingMs: () => 60_000 };
        const through = { ...ports, ...rest, ...(delivery.lookup ? {} : { files }) };
        return { fn: 'reconcile', report: await reconcile(through, RECONCILED, limits) };
      }
      case 'revoke': {
        const actor = { kind: 'iam', id: `arn:aws:iam::${ACCOUNT}:user/ann` } as const;
        return {
          fn: 'revoke',
          result: await revoke({ body: delivery.body, actor, cause: 'request' }, ports, TIMING),
        };
      }
      case 'respond': {
        if ('key' in delivery) {
          await endKey(orderOn(delivery.key, world.clock.now()), ports);
          return { fn: 'respond', batch: { batchItemFailures: [] } };
        }
        const Records = delivery.bodies.map((body, n) => ({
          messageId: `m${n}`,
          body: JSON.stringify(body),
        }));
        return { fn: 'respond', batch: await respond({ Records }, ports, { policy, own: OWN_ROLES }) };
      }
      case 'authorize': {
        const authorize = createAuthorizeRun(
          { ...ports, verifier: verifierWith(newMac()) },
          { audience: 'prices', routes: { 'GET /prices': ['prices:read'] } },
        );
        return { fn: 'authorize', keyId: admitted(await authorize(requestOf(delivery.text))) };
      }
    }
  }

  return {
    world,
    ports,
    policy,
    elsewhere: () => elsewhere > 0,
    invoke,
    verifier: (through = (store) => store) => verifierWith(newMac(), through(ports.registry)),
    prepare(tokenId, principal) {
      ports.directory.create(principal);
      return ports.vault.createSecret(`tokenward/${ENVIRONMENT}/${tokenId}`, async () => {});
    },
    save: () =>
      together([
        world.save(),
        ports.registry.save(),
        ports.vault.save(),
        ports.keys.save(),
        ports.directory.save(),
        ports.keyControl.save(),
        ports.bus.save(),
        ports.pager.save(),
        ports.usage.save(),
        ports.readers.save(),
        ports.findings.save(),
        ports.trail.save(),
        ports.log.save(),
        ports.metrics.save(),
      ]),
  };
}

const orderOn = (key: Pick<KeyOrder, 'userArn' | 'accessKeyId' | 'eventId'>, at: number): KeyOrder => ({
  ...key,
  account: ACCOUNT,
  seenAt: at,
  at,
  actor: { kind: 'system', id: 'respond' },
  reason: 'a stranger read a secret with it',
  incidentId: `auto:${key.eventId}`,
  rung: 'suspend',
  sessions: [],
});

const requestOf = (text: string): object => ({
  version: '2.0',
  type: 'REQUEST',
  routeKey: 'GET /prices',
  headers: { authorization: `Bearer ${text}` },
  requestContext: { http: { method: 'GET', sourceIp: '10.1.2.3', userAgent: 'orders/1.0' } },
});

function admitted(answer: object): string | undefined {
  const { isAuthorized, context } = answer as { isAuthorized?: boolean; context?: { keyId: string } };
  return isAuthorized === true ? context?.keyId : undefined;
}

function offerOf<K extends Offer['kind']>(kind: K): Extract<Offer, { kind: K }> {
  const found = OFFERS.find((offer) => offer.kind === kind);
  if (found === undefined) throw new Error(`no offer of kind ${kind}`);
  return found as Extract<Offer, { kind: K }>;
}

/** The token's text in a vaulted value. */
export function textOf(functions: Functions, secretArn: string): string | undefined {
  const value = functions.ports.vault.current(secretArn)?.value;
  return value === undefined ? undefined : readTokenValue(value)?.token.reveal();
}
