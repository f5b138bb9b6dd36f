import { z } from 'zod/mini';
import { PortError } from '#core/ports.ts';
import { parseDeclaration } from '#core/token/declaration.ts';
import { type CustomResourceEvent, parseCustomResource } from '#events/custom-resource.ts';
import { type IamRequest, parseIamRequest } from '#events/gateway.ts';
import { exchange, type Issued, issueReturnOnce } from './clients.ts';
import { answerCloudFormation, type Outcome } from './cloudformation.ts';
import { type IssueConfig, IssueError, type IssuePorts } from './ports.ts';
import { registerToken, removeToken } from './register.ts';

/** An answer for API Gateway. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const OFFER = z.object({ offer: z.string() });

/**
 * `issue`'s three callers: CloudFormation (declared tokens), and IAM-authenticated `POST /tokens` for tokens shown
 * once and for exchange. Who calls is what SigV4 says, never the body.
 */
export async function run(event: unknown, ports: IssuePorts, config: IssueConfig): Promise<HttpAnswer | undefined> {
  const resource = parseCustomResource(event);
  if (resource !== undefined) {
    await answerCloudFormation(resource, await settle(resource, ports, config), ports.log);
    return undefined;
  }
  const request = parseIamRequest(event);
  if (request === undefined) throw new TypeError('issue takes a CloudFormation event or an IAM-authorized POST /tokens');
  try {
    return answer(201, await issue(request, ports, config));
  } catch (fault) {
    if (!(fault instanceof IssueError)) throw fault;
    const { code, field, message, fix, status } = fault;
    ports.log.info('refused', { code, field, caller: request.caller.arn });
    return answer(status, status === 403 ? { error: 'forbidden' } : { error: code, field, message, fix });
  }
}

async function issue(request: IamRequest, ports: IssuePorts, config: IssueConfig): Promise<Issued> {
  const named = OFFER.safeParse(request.body);
  const offer = named.success ? config.offers.find(({ id }) => id === named.data.offer) : undefined;
  if (offer === undefined) {
    throw new IssueError(400, {
      code: 'unknown-offer',
      field: 'offer',
      problem: 'names no declared offer',
      fix: 'name one that infra/tokens.ts declares',
    });
  }
  const caller = { arn: request.caller.arn, uniqueId: request.caller.uniqueId, sourceIp: request.sourceIp };
  return offer.kind === 'exchange'
    ? exchange(offer, caller, ports)
    : issueReturnOnce(request.body, request.header('idempotency-key'), offer, caller, ports, config);
}

async function settle(event: CustomResourceEvent, ports: IssuePorts, config: IssueConfig): Promise<Outcome> {
  const declared = parseDeclaration(event.ResourceProperties.declaration ?? '');
  const physicalId = event.PhysicalResourceId ?? (declared.ok ? declared.value.id : event.LogicalResourceId);
  try {
    if (event.RequestType === 'Delete') {
      await removeToken(physicalId, ports, config);
      return { ok: true, physicalId, data: {} };
    }
    const { declaration = '', secretArn = '' } = event.ResourceProperties;
    const { tokenId, keyId } = await registerToken({ declaration, secretArn, requestId: event.RequestId }, ports);
    return { ok: true, physicalId: tokenId, data: { TokenId: tokenId, KeyId: keyId } };
  } catch (fault) {
    const reason =
      fault instanceof IssueError || fault instanceof PortError
        ? `${fault.code}: ${fault.message}`
        : 'unexpected fault; see the log of the issue function';
    ports.log.error('registration failed', { tokenId: physicalId, reason, fault: fault instanceof Error ? fault.name : 'unknown' });
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
