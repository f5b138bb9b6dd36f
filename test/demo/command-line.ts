import { execFile } from 'node:child_process';
import type { Story } from './story.ts';
import { ENVIRONMENT } from './story.ts';

/** What a command printed, and how it ended. */
interface Ended {
  readonly code: number;
  readonly out: string;
}

function tokenward(story: Story, ...args: readonly string[]): Promise<Ended> {
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
