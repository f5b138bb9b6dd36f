import type { VersionRecord } from '#core/records.ts';
import { createAuthorizeRun } from '#functions/authorize/run.ts';
import type { Verifier } from '#functions/authorize/verifier.ts';
import { verifierOf } from '../../authorize/history.ts';
import { registered } from '../../authorize/registered.ts';
import { HOUR, MAC, NOW, version } from '../../core/builders.ts';
import { createMemoryPorts, type MemoryPorts } from '../../ports/ports.ts';
import { createWorld, type World } from '../../ports/world.ts';

export const ARN = 'arn:aws:execute-api:eu-west-1:111122223333:abc/prod/GET/prices';
export const ENDPOINT = 'vpce-0123456789abcdef0';
const ROUTES = { 'GET /prices': ['prices:read'], 'GET /admin': ['admin'], 'ANY /any': [] };
const AGENT = 'curl/8.5.0';

const fields = (part: Partial<VersionRecord['fields']> = {}): VersionRecord['fields'] => ({
  ...version().fields,
  networks: ['10.0.0.0/8', ENDPOINT],
  ...part,
});

/** A version in every standing; only the {@link ACCEPTABLE} may ever be accepted. */
const VERSIONS: Readonly<Record<string, Partial<VersionRecord> & Pick<VersionRecord, 'fields'>>> = {
  current: { fields: fields() },
  pending: { fields: fields(), state: 'pending' },
  retiring: { fields: fields(), state: 'retiring' },
  ephemeral: { fields: fields({ networks: [] }), class: 'ephemeral' },
  revoked: { fields: fields(), state: 'revoked' },
  expired: { fields: fields(), state: 'expired' },
  overdue: { fields: fields(), expiresAt: NOW - HOUR },
  suspended: { fields: fields(), suspended: true },
  elsewhere: { fields: fields({ audience: 'orders' }) },
  widened: { fields: fields({ scopes: ['prices:read', 'admin'] }), fieldsMac: MAC },
};

const ACCEPTABLE = ['current', 'pending', 'retiring', 'ephemeral'];

/** HTTP API, payload 2.0. */
export const http = (authorization: unknown, route = 'GET /prices', ip = '10.1.2.3'): object => ({
  version: '2.0',
  type: 'REQUEST',
  routeArn: ARN,
  identitySource: [authorization],
  routeKey: route,
  rawPath: '/prices',
  rawQueryString: '',
  headers: { accept: '*/*', authorization, host: 'api.example.com', 'user-agent': AGENT },
  requestContext: {
    accountId: '111122223333',
    apiId: 'abc',
    http: { method: 'GET', path: '/prices', protocol: 'HTTP/1.1', sourceIp: ip, userAgent: AGENT },
    requestId: 'JKJaXmPLvHcESHA=',
    routeKey: route,
    stage: '$default',
  },
});

/** REST API, REQUEST authorizer. */
export const rest = (
  authorization: unknown,
  route = 'GET /prices',
  ip = '10.1.2.3',
  vpceId: string | null = null,
): object => {
  const [httpMethod, resource] = route.split(' ');
  const identity = { sourceIp: ip, userAgent: AGENT, vpceId };
  return {
    type: 'REQUEST',
    methodArn: ARN,
    resource,
    path: resource,
    httpMethod,
    headers: { Accept: '*/*', Authorization: authorization, Host: 'api.example.com', 'User-Agent': AGENT },
    queryStringParameters: {},
    pathParameters: {},
    stageVariables: {},
    requestContext: { apiId: 'abc', stage: 'prod', requestId: 'c6af9ac6', identity },
  };
};

/** What of the authorizer a test may put in its place. */
export interface Parts {
  readonly run?: typeof createAuthorizeRun;
  readonly verifier?: (ports: MemoryPorts) => Verifier;
}

/** The authorizer over a registry with a token in every standing. */
export interface Authorizer {
  readonly world: World;
  readonly ports: MemoryPorts;
  readonly run: ReturnType<typeof createAuthorizeRun>;
  readonly verifier: Verifier;
  /** By the name of the standing. */
  readonly tokens: ReadonlyMap<string, string>;
  /** The networks of each token that may be accepted, by its text. */
  readonly acceptable: ReadonlyMap<string, readonly string[]>;
}

export async function openAuthorizer(parts: Parts): Promise<Authorizer> {
  const { run: create = createAuthorizeRun } = parts;
  const world = createWorld({ seed: 1, now: NOW });
  const ports = createMemoryPorts(world);
  const verifier = parts.verifier?.(ports) ?? verifierOf({ ...ports, store: ports.registry });
  const tokens = new Map<string, string>();
  const acceptable = new Map<string, readonly string[]>();
  for (const [name, part] of Object.entries(VERSIONS)) {
    const { text } = await registered(name, ports, part);
    tokens.set(name, text);
    if (ACCEPTABLE.includes(name)) acceptable.set(text, part.fields.networks);
  }
  const run = create({ ...ports, verifier }, { audience: 'prices', routes: ROUTES });
  return { world, ports, run, verifier, tokens, acceptable };
}
