import { Readable } from 'node:stream';
import { HttpResponse } from '@smithy/protocol-http';

/** What one call put on the wire. */
export interface SentCall {
  readonly operation: string;
  readonly body: Record<string, unknown>;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the service answers: JSON or text with a status, or a connection that breaks. */
export type WireAnswer =
  | {
      readonly status?: number;
      readonly json?: unknown;
      readonly text?: string;
      readonly headers?: Record<string, string>;
    }
  | Error;

interface WireRequest {
  readonly headers: Record<string, string>;
  readonly path: string;
  readonly body?: unknown;
}

/** Client settings under which a real SDK client meets scripted answers: serialisation and retries stay its own. */
export interface Wire {
  readonly calls: readonly SentCall[];
  readonly config: {
    readonly region: string;
    readonly maxAttempts: number;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly requestHandler: { handle(request: WireRequest): Promise<{ response: HttpResponse }> };
  };
}

/** Answers in turn; the last one again for every further call. */
export function createWire(...answers: readonly WireAnswer[]): Wire {
  const calls: SentCall[] = [];
  return {
    calls,
    config: {
      region: 'eu-west-1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      requestHandler: {
        async handle(request) {
          const text = textOf(request.body);
          const target = request.headers['x-amz-target'];
          const query = target === undefined && !text.startsWith('{') ? new URLSearchParams(text) : undefined;
          const body = query === undefined ? JSON.parse(text || '{}') : Object.fromEntries(query);
          const operation = target?.split('.').at(-1) ?? query?.get('Action') ?? '';
          calls.push({ operation, body, path: request.path, headers: request.headers });
          const answer = answers[Math.min(calls.length, answers.length) - 1] ?? {};
          if (answer instanceof Error) throw answer;
          const { status = 200, headers = {} } = answer;
          const sent = answer.text ?? JSON.stringify(answer.json ?? {});
          return {
            response: new HttpResponse({
              statusCode: status,
              headers,
              body: Readable.from([Buffer.from(sent)]),
            }),
          };
        },
      },
    },
  };
}

/** A refusal as the JSON protocols word it. */
export function refusal(code: string, message: string = code, status: number = 400): WireAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  return { status, headers, json: { __type: code, message, Message: message } };
}

function textOf(body: unknown): string {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body ?? '');
}
