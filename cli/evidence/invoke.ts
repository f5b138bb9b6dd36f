import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { clientOptions } from '#adapters/system/client-options.ts';
import { CliError } from '../fault.ts';

/** What a report may be told. */
export interface ReportAsked {
  readonly drill?: { readonly items: number; readonly differences: number };
}

/** What a report came to. */
export interface ReportTold {
  readonly prefix: string;
  readonly files: readonly string[];
  readonly manifestSha256: string;
  readonly satisfied: number;
  readonly notSatisfied: number;
  readonly notAssessed: number;
  readonly failing: readonly string[];
}

const COUNT = z.int().check(z.nonnegative());
const TOLD: z.ZodMiniType<ReportTold> = z.object({
  prefix: z.string().check(z.regex(/^bundles\/[0-9TZ:.-]+[0-9a-f]{12}\/$/)),
  files: z.array(z.string()),
  manifestSha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  satisfied: COUNT,
  notSatisfied: COUNT,
  notAssessed: COUNT,
  failing: z.array(z.string()),
});

/** Longer than the function may take. */
const REQUEST_MS = 16 * 60_000;

/** @throws CliError `aws` where the function failed, or answers with something else. */
export async function invokeReport(FunctionName: string, asked: ReportAsked): Promise<ReportTold> {
  const client = new LambdaClient(clientOptions({ connectMs: 3_000, requestMs: REQUEST_MS, attempts: 1 }));
  const Payload = JSON.stringify({ kind: 'report', ...asked });
  const { Payload: answer, FunctionError } = await client.send(new InvokeCommand({ FunctionName, Payload }));
  if (FunctionError !== undefined) throw new CliError('aws', `${FunctionName} failed: see its log`);
  const read = TOLD.safeParse(JSON.parse(Buffer.from(answer ?? []).toString('utf8') || 'null'));
  if (!read.success) throw new CliError('aws', `${FunctionName} answered with no report: deploy it again`);
  return read.data;
}
