import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Story } from './story.ts';
import { ENVIRONMENT } from './story.ts';

/** What a command printed, and how it ended. */
interface Ended {
  readonly code: number;
  readonly out: string;
}

/** Runs the command as somebody at a terminal would. */
export function tokenward(story: Story, ...args: readonly string[]): Promise<Ended> {
  const all = ['cli/main.ts', ...args, '--env', ENVIRONMENT];
  const env = { PATH: process.env.PATH, ...story.emulator.env };
  return new Promise((resolve) => {
    execFile(process.execPath, all, { env }, (fault, stdout, stderr) => {
      const code = fault === null ? 0 : typeof fault.code === 'number' ? fault.code : 3;
      resolve({ code, out: `${stdout}${code === 0 ? '' : stderr}`.trimEnd() });
    });
  });
}

function show(story: Story, { out }: Ended): void {
  for (const line of out.split('\n').slice(0, 12)) story.say(`  ${line}`);
}

/** What a responder sees and does at 3 a.m., by the command itself. */
export async function commandLine(story: Story): Promise<void> {
  story.say('\nThe responder’s command line: tokenward show, audit verify, revoke');
  const shown = await tokenward(story, 'show', 'orders-service');
  show(story, shown);
  story.check(shown.code === 0 && shown.out.includes('orders-service'), `show ends in ${shown.code}`);
  const verified = await tokenward(story, 'audit', 'verify');
  show(story, verified);
  story.check(verified.code === 0, `audit verify ends in ${verified.code}`);
  const why = ['--reason', 'end of the demo', '--incident', 'INC-3', '--api-url', story.outputs.ApiUrl ?? ''];
  const planned = await tokenward(story, 'revoke', 'orders-service', ...why, '--dry-run');
  show(story, planned);
  const revoked = await tokenward(story, 'revoke', 'orders-service', ...why, '--yes');
  show(story, revoked);
  story.check(planned.code === 0 && revoked.code === 0, `revoke ends in ${revoked.code}`);
}

/** The sealed log as an assessor takes it away: exported, verified offline, and the registry held against it. */
export async function sealedLog(story: Story): Promise<void> {
  story.say('\nThe sealed audit log: seal, export, verify without AWS, compare');
  const lambda = new LambdaClient(story.emulator.clientConfig);
  await lambda.send(new InvokeCommand({ FunctionName: story.outputs.SealFunction ?? '' }));
  lambda.destroy();
  const dir = await mkdtemp(join(tmpdir(), 'tokenward-log-'));
  const [out, vkey] = [join(dir, 'log'), join(dir, 'log.vkey')];
  try {
    await writeFile(vkey, (await tokenward(story, 'audit', 'key')).out);
    for (const line of [
      ['audit', 'export', '--out', out],
      ['audit', 'verify', '--bundle', out, '--vkey', vkey],
      ['audit', 'compare', '--bundle', out],
    ]) {
      const ran = await tokenward(story, ...line);
      show(story, ran);
      story.check(ran.code === 0, `${line.slice(0, 2).join(' ')} ends in ${ran.code}`);
    }
  } finally {
    await rm(dir, { recursive: true });
  }
}
