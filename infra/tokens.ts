import { DEFAULT_POLICY, type ResponsePolicy } from '#core/response/policy.ts';
import { type DeclaredToken, EXCHANGE_TTL_SECONDS, type Offer } from '#core/token/declaration.ts';
import { nameOf, roleArnOf, type Settings } from './settings.ts';

/** What this deployment's `authorize` stands before: one audience, and the scopes that each route takes. */
export interface ProtectedApi {
  readonly audience: string;
  /** `METHOD /resource/{path}`, as API Gateway names routes; `ANY` for every method. All scopes are needed. */
  readonly routes: Readonly<Record<string, readonly string[]>>;
}

/** Everything declared for a deployment. */
export interface Declarations {
  readonly tokens: readonly DeclaredToken[];
  readonly offers: readonly Offer[];
  readonly api: ProtectedApi;
  /** Which signal is answered how hard, and within which budget. */
  readonly response: ResponsePolicy;
}

/**
 * The declared tokens: the file to edit. Synth refuses what does not hold together and says what to write instead.
 * Taking a token out suspends it after a day and revokes it when its secret's recovery window ends.
 */
export function declaredTokens(settings: Settings): Declarations {
  const { partition, account, region, stage } = settings;
  const ordersRole =
    stage === 'sandbox'
      ? `arn:${partition}:iam::${account}:role/${nameOf(settings, 'sample-orders')}`
      : `arn:${partition}:iam::${account}:role/orders-service`;
  const people = { owner: 'orders-team', approver: 'platform-security', changeReference: 'CHG-2026-0142' };
  return {
    api: { audience: 'orders-api', routes: { 'GET /orders': ['orders:read'] } },
    response: DEFAULT_POLICY,
    tokens: [
      {
        id: 'orders-service',
        principal: ordersRole,
        ...people,
        purpose: 'The order service reads orders through the API',
        scopes: ['orders:read'],
        audience: 'orders-api',
        readers: [ordersRole],
        networks: stage === 'sandbox' ? [] : ['10.20.0.0/16'],
        regions: [region],
        criticality: 'production',
        rotationHours: 24,
        rotationWindowHours: 3,
        overlapMinutes: 60,
        hardMaxHours: 72,
        consumerCacheMinutes: 15,
        canary: false,
        unusedAfterDays: 30,
      },
    ],
    offers: [
      {
        id: 'orders-session',
        kind: 'exchange',
        principal: ordersRole,
        ...people,
        purpose: 'A short token for a batch run of the order service',
        scopes: ['orders:read'],
        audience: 'orders-api',
        networks: [],
        ttlSeconds: EXCHANGE_TTL_SECONDS,
      },
      {
        id: 'partner',
        kind: 'return-once',
        scopes: ['orders:read'],
        audience: 'orders-api',
        maxTtlSeconds: 30 * 24 * 3_600,
        issuers: [roleArnOf(settings, 'issuer')],
      },
    ],
  };
}
