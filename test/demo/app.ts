import { App } from 'aws-cdk-lib/core';
import { DEFAULT_POLICY } from '#core/response/policy.ts';
import type { DeclaredToken } from '#core/token/declaration.ts';
import { bundleOf } from '#infra/constructs/function.ts';
import { nameOf, readSettings, roleArnOf } from '#infra/settings.ts';
import { tokenward } from '#infra/tokenward.ts';
import { FLEET, FLEET_READER } from './fleet.ts';

/** The demo's deployment: the product's own stacks in a sandbox, with the tokens of its story. */
const app = new App();
const settings = readSettings(app.node, process.env);
const service = `arn:aws:iam::${settings.account}:role/${nameOf(settings, 'sample-orders')}`;
const people = { owner: 'orders-team', approver: 'platform-security', changeReference: 'CHG-1' };
const common = { ...people, scopes: ['orders:read'], audience: 'orders-api' };

const orders: DeclaredToken = {
  ...common,
  id: 'orders-service',
  principal: service,
  purpose: 'The order service reads orders through the API',
  readers: [service],
  networks: ['127.0.0.1/32'],
  regions: [settings.region],
  criticality: 'normal',
  rotationHours: 24,
  rotationWindowHours: 3,
  overlapMinutes: 60,
  hardMaxHours: 72,
  consumerCacheMinutes: 15,
  canary: false,
  unusedAfterDays: 30,
};

tokenward(app, {
  settings,
  bundleOf,
  declarations: {
    api: { audience: 'orders-api', routes: { 'GET /orders': ['orders:read'] } },
    response: DEFAULT_POLICY,
    tokens: [
      orders,
      ...FLEET.map((id) => ({
        ...orders,
        id,
        owner: 'fleet-team',
        purpose: 'One vehicle of a fleet',
        readers: [`arn:aws:iam::${settings.account}:user/${FLEET_READER}`],
      })),
    ],
    offers: [
      {
        ...common,
        id: 'session',
        kind: 'exchange',
        principal: service,
        purpose: 'A batch run',
        networks: [],
        ttlSeconds: 60,
      },
      {
        id: 'partner',
        kind: 'return-once',
        scopes: ['orders:read'],
        audience: 'orders-api',
        maxTtlSeconds: 3_600,
        issuers: [roleArnOf(settings, 'issuer')],
      },
    ],
  },
});
app.synth();
