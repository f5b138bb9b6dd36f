import { FIRST_PEPPER } from '#core/crypto/pepper.ts';
import { keys } from '#core/keys.ts';
import type { VersionRecord } from '#core/records.ts';
import type { OrderAction } from '#core/response/orders.ts';
import type { ExchangeOffer, Offer, ReturnOnceOffer, Stage } from '#core/token/declaration.ts';
import { ensurePepper } from '#functions/apply/pepper.ts';
import { createVerifier, type Verifier } from '#functions/authorize/verifier.ts';
import { destroyPeppers } from '#functions/issue/destroy-peppers.ts';
import { type IssueConfig, type IssuePorts, REGISTRAR } from '#functions/issue/ports.ts';
import { type HttpAnswer, run } from '#functions/issue/run.ts';
import { applyToAll } from '#functions/revoke/lots.ts';
import { createApiTokenIssuer } from '#issuers/api-token.ts';
import { createMemoryPorts, type MemoryPorts } from '#test/ports/ports.ts';
import { createWorld, type World } from '#test/ports/world.ts';

const ACCOUNT = '111122223333';
export const SERVICE: string = `arn:aws:iam::${ACCOUNT}:role/jobs/orders-batch`;
export const ISSUER: string = `arn:aws:iam::${ACCOUNT}:role/tokenward-dev-issuer`;

export const PARTNER: ReturnOnceOffer = {
  id: 'partner',
  kind: 'return-once',
  scopes: ['prices:read', 'prices:quote'],
  audience: 'prices',
  maxTtlSeconds: 7_200,
  issuers: [ISSUER],
};

export const SESSION: ExchangeOffer = {
  id: 'session',
  kind: 'exchange',
  principal: SERVICE,
  scopes: ['prices:read'],
  audience: 'prices',
  networks: ['10.0.0.0/8'],
  ttlSeconds: 900,
  owner: 'team-orders',
  approver: 'security-lead',
  changeReference: 'CHG-1001',
  purpose: 'nightly batch',
};

/** What a client's token is asked with. */
export const ASKED: Readonly<Record<string, unknown>> = {
  offer: 'partner',
  client: 'acme',
  owner: 'partner-desk',
  approver: 'security-lead',
  changeReference: 'CHG-7',
  purpose: 'acme reads prices',
  scopes: ['prices:read'],
};

/** `issue` over memory ports, and a verifier beside it. */
export interface Bench {
  readonly world: World;
  readonly memory: MemoryPorts;
  readonly ports: IssuePorts;
  readonly config: IssueConfig;
  readonly verifier: Verifier;
  run(event: unknown): Promise<HttpAnswer | undefined>;
  /** `POST /tokens` as API Gateway hands it over. */
  post(body: unknown, by: Caller, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  versions(): readonly VersionRecord[];
  live(): readonly string[];
}

export interface Caller {
  readonly arn: string;
  readonly uniqueId: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export const ANN: Caller = {
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/tokenward-dev-issuer/ann`,
  uniqueId: 'AROAISSUER',
};

/** Who deploys, and so issues what is declared. */
const DEPLOYER = 'arn:aws:iam::111122223333:role/pipeline';

/** A session of {@link SERVICE}: API Gateway drops the role's path. */
export const batch = (uniqueId: string): Caller => ({
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/orders-batch/job-1`,
  uniqueId,
});

export function createBench({
  offers = [PARTNER, SESSION],
  stage = 'production',
}: {
  offers?: readonly Offer[];
  stage?: Stage;
} = {}): Bench {
  const world = createWorld();
  const memory = createMemoryPorts(world);
  const ports: IssuePorts = {
    ...memory,
    issuer: createApiTokenIssuer('dev', memory),
    ensurePepper: () => ensurePepper(memory, REGISTRAR),
    destroyPeppers: () => destroyPeppers(memory, REGISTRAR, FIRST_PEPPER),
  };
  const config: IssueConfig = { environment: 'dev', stage, offers, deployers: [DEPLOYER] };
  const timing = { feedMaxAgeMs: 1_000, readTimeoutMs: 300, recordCacheMaxMs: 60_000 };
  const bench: Bench = {
    world,
    memory,
    ports,
    config,
    verifier: createVerifier(
      { ...memory, store: memory.registry },
      { ...timing, environment: 'dev', recordCacheMaxEntries: 100 },
    ),
    run: (event) => run(event, 'invocation-1', ports, config),
    async post(body, { arn, uniqueId }, headers = {}) {
      const answer = await bench.run({
        httpMethod: 'POST',
        path: '/tokens',
        headers,
        body: typeof body === 'string' ? body : JSON.stringify(body),
        requestContext: {
          requestId: 'request-1',
          identity: {
            userArn: arn,
            caller: `${uniqueId}:session`,
            accountId: ACCOUNT,
            sourceIp: '198.51.100.7',
          },
        },
      });
      if (answer === undefined) throw new Error('no answer');
      return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(answer.body) };
    },
    versions: () =>
      [...memory.registry.items.values()].filter((item): item is VersionRecord => item.kind === 'version'),
    live: () =>
      bench
        .versions()
        .filter(({ state }) => state === 'current' || state === 'pending')
        .map(({ keyId }) => keyId),
  };
  return bench;
}

/** Whether a token passes, from a network that every offer here allows. */
export async function passes(bench: Bench, token: unknown, ip = '10.1.2.3'): Promise<string> {
  const need = { audience: 'prices', scopes: ['prices:read'], source: { ip } };
  const verdict = await bench.verifier.verify(String(token), need);
  return verdict.allow ? 'allowed' : verdict.reason;
}

/** An order of a responder on one token. */
export async function giveOrder(bench: Bench, action: OrderAction, tokenId: string): Promise<void> {
  const token = await bench.ports.registry.get(keys.token(tokenId));
  const order = {
    at: bench.world.clock.now(),
    actor: { kind: 'iam', id: 'a' },
    reason: 'r',
    incidentId: 'I',
  } as const;
  await applyToAll(action, token === undefined ? [] : [token], order, bench.ports);
}
