import * as z from 'zod/mini';
import { PortError } from '#core/ports.ts';
import { BadEventError } from '#events/bad-event.ts';
import { type CustomResourceEvent, parseCustomResource } from '#events/custom-resource.ts';
import { parseIamRequest } from '#events/gateway.ts';
import { type Caller, exchange, type Issued, issueReturnOnce } from './clients.ts';
import { answerCloudFormation, type Outcome } from './cloudformation.ts';
import { type IssueConfig, IssueError, type IssuePorts } from './ports.ts';
import { checkRegistration, registerToken, removeToken, rollBack } from './register.ts';

/** An answer for API Gateway. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const OFFER = z.object({ offer: z.string() });

/**
 * A return-once token by direct invoke.
 *
 * @example { "operation": "issue", "idempotencyKey": "partner-2026-11", "body": { "offer": "partner", … } }
 */
const DIRECT = z.strictObject({
  operation: z.literal('issue'),
  idempotencyKey: z.string(),
  body: z.unknown(),
});

/** Marks a registration that failed, so that the Delete that follows touches no token of somebody else's. */
const FAILED = 'failed-';

/** What is asked, and by whom, whichever way it came. */
interface Asked {
  readonly caller: Caller;
  readonly body: unknown;
  readonly idempotencyKey: string | undefined;
}

/**
 * `issue`'s callers: CloudFormation (declared tokens), IAM-authenticated `POST /tokens` for tokens shown once and
 * for exchange, and a direct invoke for tokens shown once. Who calls is what SigV4 says, never the body; a direct
 * invoke carries no identity, so it cannot exchange, and the audit names the invocation.
 */
export async function run(
  event: unknown,
  invocationId: string,
  ports: IssuePorts,
  config: IssueConfig,
): Promise<HttpAnswer | undefined> {
  const resource = parseCustomResource(event);
  if (resource !== undefined) {
    await answerCloudFormation(resource, await settle(resource, ports, config), ports.log);
    return undefined;
  }
  const asked = askedIn(event, invocationId);
  if (asked === undefined) {
    throw new BadEventError(
      'issue takes a CloudFormation event, an IAM-authorized POST /tokens, or {operation: "issue"}',
    );
  }
  try {
    return answer(201, await issue(asked, ports, config));
  } catch (fault) {
    if (!(fault instanceof IssueError)) throw fault;
    const { code, field, message, fix, status } = fault;
    ports.log.info('refused', { code, field, caller: asked.caller.arn });
    return answer(status, status === 403 ? { error: 'forbidden' } : { error: code, field, message, fix });
  }
}

function askedIn(event: unknown, invocationId: string): Asked | undefined {
  const request = parseIamRequest(event);
  if (request !== undefined) {
    const { caller, sourceIp, body } = request;
    return {
      caller: { arn: caller.arn, uniqueId: caller.uniqueId, sourceIp },
      body,
      idempotencyKey: request.header('idempotency-key'),
    };
  }
  const direct = DIRECT.safeParse(event);
  if (!direct.success) return undefined;
  const { body, idempotencyKey } = direct.data;
  return { caller: { arn: 'direct-invoke', uniqueId: '', sourceIp: '', invocationId }, body, idempotencyKey };
}

async function issue(
  { caller, body, idempotencyKey }: Asked,
  ports: IssuePorts,
  config: IssueConfig,
): Promise<Issued> {
  const named = OFFER.safeParse(body);
  const offer = named.success ? config.offers.find(({ id }) => id === named.data.offer) : undefined;
  if (offer === undefined) {
    throw new IssueError(400, {
      code: 'unknown-offer',
      field: 'offer',
      problem: 'names no declared offer',
      fix: 'name one that infra/tokens.ts declares',
    });
  }
  return offer.kind === 'exchange'
    ? exchange(offer, caller, ports)
    : issueReturnOnce(body, idempotencyKey, offer, caller, ports, config);
}

async function settle(event: CustomResourceEvent, ports: IssuePorts, config: IssueConfig): Promise<Outcome> {
  const { declaration = '', secretArn = '' } = event.ResourceProperties;
  const physicalId = event.PhysicalResourceId ?? `${FAILED}${event.RequestId}`;
  try {
    if (event.RequestType === 'Delete') {
      const failed = physicalId.startsWith(FAILED) ? physicalId.slice(FAILED.length) : undefined;
      if (failed === undefined) await removeToken(physicalId, secretArn, ports, config);
      else await rollBack({ declaration, secretArn, requestId: failed }, ports);
      return { ok: true, physicalId, data: {} };
    }
    const registration = { declaration, secretArn, requestId: event.RequestId };
    checkRegistration(registration, config);
    const { tokenId, keyId } = await registerToken(registration, ports);
    return { ok: true, physicalId: tokenId, data: { TokenId: tokenId, KeyId: keyId } };
  } catch (fault) {
    const reason =
      fault instanceof IssueError || fault instanceof PortError
        ? `${fault.code}: ${fault.message}`
        : 'unexpected fault; see the log of the issue function';
    ports.log.error('registration failed', {
      tokenId: physicalId,
      reason,
      fault: fault instanceof Error ? fault.name : 'unknown',
    });
    ports.metrics.count('RegistrationFailed');
    return { ok: false, physicalId, reason };
  }
}

function answer(statusCode: number, body: unknown): HttpAnswer {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  };
}
