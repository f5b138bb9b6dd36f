import { createPepperMac } from '#adapters/mac/pepper-mac.ts';
import { FIRST_PEPPER } from '#core/crypto/pepper.ts';
import type { MacEngine, Usage } from '#core/ports.ts';
import { DEFAULT_POLICY, type ResponsePolicy } from '#core/response/policy.ts';
import type { DeclaredToken } from '#core/token/declaration.ts';
import type { RotationStep } from '#events/rotation.ts';
import { ensurePepper } from '#functions/apply/pepper.ts';
import { createVerifier, type Verdict, type Verifier } from '#functions/authorize/verifier.ts';
import { destroyPeppers } from '#functions/issue/destroy-peppers.ts';
import { REGISTRAR } from '#functions/issue/ports.ts';
import { registerToken, removeToken } from '#functions/issue/register.ts';
import { type BatchAnswer, run as respond } from '#functions/respond/run.ts';
import { run as revoke } from '#functions/revoke/run.ts';
import type { RevokeResult } from '#functions/revoke/settle.ts';
import { run as rotate } from '#functions/rotate/run.ts';
import { type SweepReport, run as sweep } from '#functions/sweep/run.ts';
import { createApiTokenIssuer, readTokenValue } from '#issuers/api-token.ts';
import { createMemoryPorts, type MemoryPorts } from '#test/ports/ports.ts';
import { createWorld, type World } from '#test/ports/world.ts';

/** T, R and the rest, as deployed by default. */
export const TIMING = { feedMaxAgeMs: 1_000, readTimeoutMs: 300 };

const ENVIRONMENT = 'dev';
const ACCOUNT = '111122223333';

/** A token as a user would declare it. */
export const ORDERS: DeclaredToken = {
  id: 'orders',
  principal: `arn:aws:iam::${ACCOUNT}:role/orders-service`,
  owner: 'team-orders',
  approver: 'security-lead',
  changeReference: 'CHG-1001',
  purpose: 'order intake reads the price list',
  scopes: ['prices:read'],
  audience: 'prices',
  readers: [`arn:aws:iam::${ACCOUNT}:role/orders-service`],
  networks: ['10.0.0.0/8'],
  regions: ['eu-west-1'],
  criticality: 'normal',
  rotationHours: 24,
  rotationWindowHours: 2,
  overlapMinutes: 30,
  hardMaxHours: 72,
  consumerCacheMinutes: 5,
  canary: false,
  unusedAfterDays: 0,
};

/** The six functions over memory ports: one world, one registry, one vault. */
export interface System {
  readonly world: World;
  readonly ports: MemoryPorts;
  /** Every container starts anew, with nothing in its memory. */
  restart(): void;
  /** What the deployment wants; the next registration brings it about. */
  readonly peppers: { version: number; oldest: number };
  readonly blocked: string[];
  /** Another container of `authorize`, with caches of its own. */
  verifier(): Verifier;
  /** `requestId`: CloudFormation's; by default a new one each time. */
  register(declared?: DeclaredToken, requestId?: string): Promise<string>;
  /** One delivery of the rotation hook's event. */
  step(step: RotationStep, secretArn: string, versionId: string): Promise<void>;
  remove(tokenId: string, stage?: 'sandbox' | 'production'): Promise<void>;
  /** What a consumer reads from the vault now: the token's text. */
  read(secretArn: string): string;
  use(text: string, verifier?: Verifier, ip?: string): Promise<Verdict>;
  order(body: unknown): Promise<RevokeResult>;
  sweep(): Promise<SweepReport>;
  respond(bodies: readonly unknown[], policy?: ResponsePolicy): Promise<BatchAnswer>;
}

/**
 * @param wrapped peppers as deployed: made and wrapped by KMS, found in the registry, believed for minutes; else a MAC of
 *   the world's own, which knows one pepper.
 */
export function createSystem(seed = 1, { wrapped = false }: { wrapped?: boolean } = {}): System {
  const world = createWorld({ seed });
  const inMemory = createMemoryPorts(world);
  const cold = (): MacEngine =>
    wrapped
      ? createPepperMac({ registry: inMemory.registry, keyModule: inMemory.keys, clock: inMemory.clock })
      : inMemory.mac;
  let engine = cold();
  const mac: typeof inMemory.mac = {
    ...inMemory.mac,
    make: (message) => engine.make(message),
    remake: (message, pepper) => engine.remake(message, pepper),
  };
  const memory = { ...inMemory, mac };
  const peppers = { ...FIRST_PEPPER };
  const blocked: string[] = [];
  const issuer = createApiTokenIssuer(ENVIRONMENT, memory);
  const verifier = (): Verifier =>
    createVerifier(
      { ...memory, store: memory.registry },
      { ...TIMING, environment: ENVIRONMENT, recordCacheMaxMs: 60_000, recordCacheMaxEntries: 1_000 },
    );
  const ports = {
    ...memory,
    issuer,
    readers: {
      block: async (_secretArn: string, principal: string) => {
        blocked.push(principal);
        return true;
      },
    },
    ensurePepper: () => ensurePepper(memory, REGISTRAR, peppers),
    destroyPeppers: () => destroyPeppers(memory, REGISTRAR, peppers),
  };
  const probe = verifier();
  const arns = new Map<string, string>();
  const principals = new Set<string>();
  let requests = 0;

  const hook = (event: unknown): Promise<void> => rotate(event, { ...ports, verifier: probe });
  const answering = verifier();
  memory.verifier.answer = (keyId) => answering.explain(keyId);

  return {
    world,
    peppers,
    restart() {
      engine = cold();
    },
    ports: memory,
    blocked,
    verifier,
    async register(declared = ORDERS, requestId?: string) {
      if (!principals.has(declared.principal)) memory.directory.create(declared.principal);
      principals.add(declared.principal);
      const known = arns.get(declared.id);
      const secretArn = known ?? memory.vault.createSecret(`tokenward/${ENVIRONMENT}/${declared.id}`, hook);
      arns.set(declared.id, secretArn);
      requests++;
      await registerToken(
        { declaration: JSON.stringify(declared), secretArn, requestId: requestId ?? `request-${requests}` },
        ports,
      );
      return secretArn;
    },
    step: (Step, SecretId, ClientRequestToken) => hook({ Step, SecretId, ClientRequestToken }),
    remove: (tokenId, stage = 'production') =>
      removeToken(tokenId, arns.get(tokenId) ?? '', ports, { stage }),
    read(secretArn) {
      const value = memory.vault.current(secretArn)?.value;
      const token = value === undefined ? undefined : readTokenValue(value);
      if (token === undefined) throw new Error(`${secretArn} has no current token`);
      return token.token.reveal();
    },
    use: (text, at = answering, ip = '10.1.2.3') =>
      at.verify(text, { audience: 'prices', scopes: ['prices:read'], source: { ip } }),
    order: (body) =>
      revoke(
        { body, actor: { kind: 'iam', id: 'arn:aws:iam::111122223333:user/ann' }, cause: 'request' },
        ports,
        TIMING,
      ),
    sweep: () => sweep(ports, { reserveMs: 0, remainingMs: () => 60_000 }),
    respond: (bodies, policy = DEFAULT_POLICY) =>
      respond(
        { Records: bodies.map((body, index) => ({ messageId: `m${index}`, body: JSON.stringify(body) })) },
        ports,
        {
          policy,
          own: [
            {
              role: `arn:aws:iam::${ACCOUNT}:role/tokenward-dev-rotate`,
              sessionName: 'tokenward-dev-rotate',
            },
          ],
        },
      ),
  };
}

/** A message that `authorize` would send. */
export function usage(part: Partial<Usage> & Pick<Usage, 'keyId' | 'tokenId'>): unknown {
  const usages = [
    {
      usageId: 'usage-1',
      at: Date.UTC(2026, 10, 24, 8),
      network: '127.66.6.6',
      client: 'curl/8.5.0',
      outcome: 'denied',
      reason: 'network',
      count: 1,
      firstSeen: true,
      ...part,
    },
  ];
  return { kind: 'usage', v: 1, usages };
}

/** A CloudTrail record of a secret read, as EventBridge delivers it. */
export function secretRead(part: {
  eventId?: string;
  secretId: string;
  arn?: string;
  session?: string;
  ip?: string;
  errorCode?: string;
  invokedBy?: string;
  at?: number;
}): unknown {
  const role = part.arn ?? `arn:aws:iam::${ACCOUNT}:role/stranger`;
  const assumed = role.includes(':role/');
  const session = part.session ?? 'session';
  const time = new Date(part.at ?? Date.UTC(2026, 10, 24, 8)).toISOString().replace('.000Z', 'Z');
  return {
    version: '0',
    id: 'envelope',
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.secretsmanager',
    account: ACCOUNT,
    time,
    region: 'eu-west-1',
    resources: [],
    detail: {
      eventID: part.eventId ?? 'event-1',
      eventName: 'GetSecretValue',
      eventSource: 'secretsmanager.amazonaws.com',
      eventTime: time,
      awsRegion: 'eu-west-1',
      recipientAccountId: ACCOUNT,
      userAgent: 'aws-cli/2.31.0 os/linux lang/python#3.13.7',
      sourceIPAddress: part.ip ?? '10.9.9.9',
      ...(part.errorCode === undefined ? {} : { errorCode: part.errorCode }),
      userIdentity: assumed
        ? {
            type: 'AssumedRole',
            arn: `${role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${session}`,
            accessKeyId: 'ASIAEXAMPLE',
            ...(part.invokedBy === undefined ? {} : { invokedBy: part.invokedBy }),
            sessionContext: { sessionIssuer: { type: 'Role', arn: role } },
          }
        : { type: 'IAMUser', arn: role, accessKeyId: 'AKIAEXAMPLE' },
      requestParameters: { secretId: part.secretId },
      responseElements: null,
    },
  };
}
