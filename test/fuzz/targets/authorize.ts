import { BlockList, isIP } from 'node:net';
import { at, textAt } from '../at.ts';
import type { Opened, Outcome, Target } from '../target.ts';
import { type Heard, Violation } from '../watch.ts';
import { ARN, type Authorizer, ENDPOINT, http, openAuthorizer, type Parts, rest } from './authorizer.ts';

const TEN = new BlockList();
TEN.addSubnet('10.0.0.0', 8, 'ipv4');

/** Whether an address is in 10.0.0.0/8, as Node reads it. */
function isWithinTen(ip: string): boolean {
  const plain = /^::ffff:([\d.]+)$/i.exec(ip)?.[1] ?? ip;
  if (isIP(plain) === 4) return TEN.check(plain, 'ipv4');
  return isIP(plain) === 6 && TEN.check(plain, 'ipv6');
}

const headersIn = (event: unknown): readonly (readonly [string, unknown])[] => {
  const headers = at(event, 'headers');
  return typeof headers === 'object' && headers !== null ? Object.entries(headers) : [];
};

/** Whether an event may be allowed at all, told by other means than the product's. */
function mayPass(event: unknown, acceptable: Authorizer['acceptable']): boolean {
  const networks = headersIn(event)
    .filter(([name]) => name.toLowerCase() === 'authorization')
    .map(([, value]) => (typeof value === 'string' ? value : ''))
    .filter((value) => value.slice(0, 7).toLowerCase() === 'bearer ')
    .map((value) => acceptable.get(value.slice(7)))
    .find((found) => found !== undefined);
  if (networks === undefined) return false;
  const route = textAt(event, 'routeKey') || `${textAt(event, 'httpMethod')} ${textAt(event, 'resource')}`;
  if (route !== 'GET /prices' && !route.endsWith('/any')) return false;
  if (networks.length === 0) return true;
  const context = at(event, 'requestContext');
  if (textAt(context, 'identity', 'vpceId') === ENDPOINT) return true;
  return isWithinTen(textAt(context, 'http', 'sourceIp') || textAt(context, 'identity', 'sourceIp'));
}

/** Whether an answer lets a request pass, in either gateway's form. */
export const passes = (answer: unknown): boolean =>
  at(answer, 'isAuthorized') === true ||
  /"Effect":"Allow"/i.test(JSON.stringify(at(answer, 'policyDocument') ?? ''));

const HEADER_LEAST = 24;

function refuseToldHeaders({ event, lines, fault }: Heard): void {
  const told = JSON.stringify(lines) + (fault instanceof Error ? `${fault.message}${fault.stack}` : '');
  for (const [, value] of headersIn(event)) {
    if (typeof value !== 'string' || value.length < HEADER_LEAST || value === ARN) continue;
    if (told.includes(value)) throw new Violation('secret', 'a header of the request was told');
  }
}

function judge({ acceptable }: Authorizer, heard: Heard): Outcome {
  const { event, answer, fault, lines } = heard;
  if (passes(answer) && !mayPass(event, acceptable)) {
    throw new Violation('allow', 'a request was allowed that shows no acceptable token as it was issued');
  }
  refuseToldHeaders(heard);
  if (at(answer, 'reason') !== undefined) {
    if (at(event, 'requestContext') !== undefined) {
      throw new Violation('answer', 'a gateway was answered with an explanation');
    }
    return { name: `explained: ${textAt(answer, 'reason')}`, refused: true };
  }
  if (passes(answer)) return { name: 'allowed', refused: true };
  return {
    name: fault === undefined ? textAt(lines.at(-1), 'fields', 'reason') : 'bad-event',
    refused: true,
  };
}

/**
 * The Lambda authorizer, whole: gateway event, header, verifier, registry (S5, S11). An answer that allows is owed to
 * the unchanged text of an acceptable token, from its network, on a route that it has the scope for.
 */
export function authorizeTarget(parts: Parts = {}): Target {
  async function open(): Promise<Opened> {
    const authorizer = await openAuthorizer(parts);
    const { world, ports, run, tokens } = authorizer;
    const bearers = [...tokens.values()].map((text) => `Bearer ${text}`);
    const [current] = bearers;
    return {
      world,
      ports,
      tokens: [...tokens.values()],
      run,
      judge: (heard) => judge(authorizer, heard),
      repeated: (event) => [textAt(event, 'methodArn')],
      samples: [
        ...bearers.map((bearer) => http(bearer)),
        ...bearers.map((bearer) => rest(bearer)),
        http(current, 'GET /admin'),
        http(current, 'GET /prices', '203.0.113.7'),
        rest(current, 'GET /any', '::ffff:10.1.2.3'),
        rest(current, 'GET /prices', '203.0.113.7', ENDPOINT),
        { mode: 'explain', keyId: current?.split('_')[2] },
      ],
    };
  }
  return {
    name: 'authorize',
    open,
    most: { calls: 8, said: 16_384 },
    meets: [
      ...['allowed', 'bad-event', 'malformed', 'environment', 'tampered', 'revoked', 'suspended', 'expired'],
      ...['audience', 'scope', 'network', 'route', 'explained: allowed', 'explained: unknown'],
    ],
  };
}
