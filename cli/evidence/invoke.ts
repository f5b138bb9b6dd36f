import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod/mini';
import { clientOptions } from '#adapters/system/client-options.ts';
import type { ReportEvent } from '#events/report.ts';
import type { Reported } from '#functions/report/run.ts';
import { CliError } from '../fault.ts';

const COUNT = z.int().check(z.nonnegative());
const TOLD: z.ZodMiniType<Reported> = z.object({
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
export async function invokeReport(FunctionName: string, asked: ReportEvent): Promise<Reported> {
  const client = new LambdaClient(clientOptions({ connectMs: 3_000, requestMs: REQUEST_MS, attempts: 1 }));
  const Payload = JSON.stringify({ kind: 'report', ...asked });
  const { Payload: answer, FunctionError } = await client.send(new InvokeCommand({ FunctionName, Payload }));
  if (FunctionError !== undefined) throw new CliError('aws', `${FunctionName} failed: see its log`);
  const read = TOLD.safeParse(JSON.parse(Buffer.from(answer ?? []).toString('utf8') || 'null'));
  if (!read.success) throw new CliError('aws', `${FunctionName} answered with no report: deploy it again`);
  return read.data;
}
