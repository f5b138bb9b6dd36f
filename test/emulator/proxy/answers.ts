import { randomUUID } from 'node:crypto';
import { type Answer, type Call, child, type Json, type JsonObject, jsonObject, text } from './call.ts';
import { parseXml } from './query-protocol.ts';

/** What an AWS service says when it refuses. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly status?: number;
}

/** A JSON answer as the JSON protocols write it. */
export function jsonAnswer(value: Json, status = 200): Answer {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
  return { status, headers, body: Buffer.from(JSON.stringify(value)) };
}

/** Keeps the headers of an answer and replaces its JSON. */
export function withJson(answer: Answer, value: Json): Answer {
  return { ...answer, body: Buffer.from(JSON.stringify(value)) };
}

/** Writes a refusal in the protocol that the caller speaks. */
export function refuse(call: Pick<Call, 'protocol'>, refusal: Refusal): Answer {
  const status = refusal.status ?? 400;
  const requestId = randomUUID();
  if (call.protocol === 'query' || call.protocol === 'other') {
    const body =
      `<ErrorResponse><Error><Type>Sender</Type><Code>${refusal.code}</Code>` +
      `<Message>${escapeXml(refusal.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return { status, headers: { 'content-type': 'text/xml' }, body: Buffer.from(body) };
  }
  const answer = jsonAnswer({ __type: refusal.code, message: refusal.message }, status);
  return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': refusal.code } };
}

/** The value of a successful answer under the names of the API model; empty when there is none. */
export function resultOf(call: Pick<Call, 'protocol' | 'operation'>, answer: Answer): JsonObject {
  if (call.protocol !== 'query') return jsonObject(answer.body);
  const root = parseXml(answer.body.toString('utf8'));
  if (typeof root !== 'object' || root === null || Array.isArray(root)) return {};
  return child(child(root as JsonObject, `${call.operation}Response`), `${call.operation}Result`);
}

/** Reads code and message of a refusal; undefined when the answer is a success. */
export function refusalOf(call: Pick<Call, 'protocol'>, answer: Answer): Refusal | undefined {
  if (answer.status < 400) return undefined;
  if (call.protocol === 'query') return refusalOfXml(answer);
  const body = jsonObject(answer.body);
  const header = answer.headers['x-amzn-errortype'];
  const type = text(body, '__type') ?? text(body, 'Code') ?? (typeof header === 'string' ? header : '');
  const message = text(body, 'message') ?? text(body, 'Message') ?? '';
  return { code: type.split('#').at(-1)?.split(':')[0] || 'UnknownError', message, status: answer.status };
}

function refusalOfXml(answer: Answer): Refusal {
  const xml = answer.body.toString('utf8');
  const code = /<Code>([^<]*)<\/Code>/.exec(xml)?.[1] ?? 'UnknownError';
  const message = parseXml(/<Message>([^<]*)<\/Message>/.exec(xml)?.[1] ?? '');
  return { code, message: typeof message === 'string' ? message : '', status: answer.status };
}

function escapeXml(value: string): string {
  return value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
