import type { VersionRecord } from '#core/records.ts';
import { run as issue } from '#functions/issue/run.ts';
import { ANN, ASKED, ISSUER, PARTNER, SERVICE, SESSION } from '../../issue/harness.ts';
import { at, textAt } from '../at.ts';
import { openTown } from '../bench.ts';
import { type Intact, iamRequest, isIntact } from '../samples/gateway.ts';
import type { Opened, Outcome, Target } from '../target.ts';
import { Nested } from '../tree.ts';
import { type Heard, Violation } from '../watch.ts';

const STRANGER = 'arn:aws:sts::111122223333:assumed-role/stranger/laptop';
const INVOCATION = 'invocation-1';
const CONFIG = { environment: 'dev', stage: 'production' as const, offers: [PARTNER, SESSION] };
const SESSION_OF_SERVICE = SERVICE.replace(':iam:', ':sts:')
  .replace('role/jobs/', 'assumed-role/')
  .concat('/job-1');

function judge(
  requests: readonly Intact[],
  tokens: string[],
  { event, answer, fault, audited }: Heard,
): Outcome {
  const isRequest = requests.some((request) => isIntact(event, request));
  if (fault !== undefined) {
    if (isRequest) throw new Violation('answer', 'a request by the gateway was thrown, not answered');
    return { name: 'bad-event', refused: true };
  }
  const caller =
    at(event, 'operation') === 'issue' ? INVOCATION : textAt(event, 'requestContext', 'identity', 'userArn');
  if (audited.some(({ actor }) => actor.kind !== 'system' && actor.id !== caller)) {
    throw new Violation('audit', 'a change is laid at the door of somebody who did not ask for it');
  }
  const status = at(answer, 'statusCode');
  if (status !== 201) return { name: String(status), refused: true };
  const issued: unknown = JSON.parse(textAt(answer, 'body'));
  tokens.push(textAt(issued, 'token'));
  return { name: textAt(issued, 'audience') === '' ? '?' : '201', refused: false };
}

/** Nobody gets more than an offer says, whatever they ask for. */
function refuseExcess(versions: readonly VersionRecord[], now: number): void {
  for (const { class: kind, fields, expiresAt, keyId } of versions) {
    if (kind === 'managed') continue;
    const offer = kind === 'ephemeral' ? SESSION : PARTNER;
    const longest = kind === 'ephemeral' ? SESSION.ttlSeconds : PARTNER.maxTtlSeconds;
    const within =
      fields.scopes.every((scope) => offer.scopes.includes(scope)) &&
      fields.audience === offer.audience &&
      Math.max(expiresAt, fields.hardMaxAt) <= now + longest * 1_000;
    if (!within) throw new Violation('allow', `${keyId} was issued beyond its offer`);
  }
}

/** `POST /tokens` and its like by direct invoke: a token shown once, a token in exchange. */
export function issueTarget(run: typeof issue = issue): Target {
  async function open(): Promise<Opened> {
    const { world, ports, tokens } = await openTown();
    const uniqueId = ports.directory.create(SERVICE);
    const key = { 'Idempotency-Key': 'acme-2026-11-24' };
    const full = { ...ASKED, networks: ['203.0.113.0/24', 'vpce-0123456789abcdef0'], ttlSeconds: 3_600 };
    const requests = [
      iamRequest('/tokens', ANN.arn, new Nested(full), key, ANN.uniqueId),
      iamRequest('/tokens', SESSION_OF_SERVICE, new Nested({ offer: 'session' }), {}, uniqueId),
      iamRequest('/tokens', STRANGER, new Nested(ASKED), key),
      iamRequest('/tokens', ISSUER, new Nested(ASKED), { 'idempotency-key': 'another-2026-11' }),
    ];
    const known = new Set(ports.registry.items.keys());
    return {
      world,
      ports,
      tokens,
      run: (event) => run(event, INVOCATION, ports, CONFIG),
      judge(heard) {
        const outcome = judge(requests, tokens, heard);
        const made = [...ports.registry.items].flatMap(([id, item]) =>
          item.kind === 'version' && !known.has(id) ? [item] : [],
        );
        refuseExcess(made, world.clock.now());
        return outcome;
      },
      samples: [...requests, { operation: 'issue', idempotencyKey: 'acme-2026-11-24', body: full }],
    };
  }
  return {
    name: 'issue',
    open,
    most: { calls: 60, said: 32_768 },
    meets: ['201', '400', '403', 'bad-event'],
  };
}
