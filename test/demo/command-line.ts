import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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

async function seal(story: Story): Promise<void> {
  const lambda = new LambdaClient(story.emulator.clientConfig);
  await lambda.send(new InvokeCommand({ FunctionName: story.outputs.SealFunction ?? '' }));
  lambda.destroy();
}

/** The sealed log as an assessor takes it away: exported, verified offline, and the registry held against it. */
export async function sealedLog(story: Story): Promise<void> {
  story.say('\nThe sealed audit log: seal, export, verify without AWS, compare');
  await seal(story);
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

/** What the security lead hands to an assessor: collected, signed, verified without AWS, and kept for a look. */
export async function evidence(story: Story): Promise<void> {
  story.say('\nThe evidence of the controls: collect, sign, verify without AWS');
  const dir = await mkdtemp(join(tmpdir(), 'tokenward-evidence-'));
  const [log, drill, vkey] = ['log', 'drill.json', 'evidence.vkey'].map((name) => join(dir, name));
  const out = join('dist', 'evidence');
  try {
    await rm(out, { recursive: true, force: true });
    await seal(story);
    await tokenward(story, 'audit', 'export', '--out', log ?? '');
    const compared = await tokenward(story, 'audit', 'compare', '--bundle', log ?? '', '--json');
    await writeFile(drill ?? '', compared.out);
    await writeFile(vkey ?? '', (await tokenward(story, 'evidence', 'key')).out);
    const collected = await tokenward(story, 'evidence', '--out', out, '--drill', drill ?? '');
    show(story, collected);
    story.check(collected.code === 0, `evidence ends in ${collected.code}`);
    const verify = ['evidence', 'verify', '--bundle', out, '--vkey', vkey ?? ''];
    const verified = await tokenward(story, ...verify);
    show(story, verified);
    story.check(verified.code === 0, `evidence verify ends in ${verified.code}`);
    await judge(story, out);
    const page = join(out, 'index.html');
    const genuine = await readFile(page);
    const bent = Buffer.from(genuine);
    bent[bent.length >> 1] = (bent[bent.length >> 1] ?? 0) ^ 1;
    await writeFile(page, bent);
    const refused = await tokenward(story, ...verify);
    await writeFile(page, genuine);
    story.check(
      refused.code === 1 && refused.out.includes('index.html'),
      'one flipped bit of the page is found',
    );
    story.say(`  open ${page}`);
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** Rotation schedules and the conditions of bucket policies: test/emulator/shim takes them out of the templates, and the report sees it. */
const LEFT_OUT = ['resources.rotation', 'resources.transport'];

/** The facts were seen, nothing failed, and nothing of AWS’s own is claimed on an emulator. */
async function judge(story: Story, out: string): Promise<void> {
  const summary = JSON.parse(await readFile(join(out, 'summary.json'), 'utf8')) as {
    controls: Record<string, string>;
    checks: Record<string, string>;
  };
  const checks = Object.entries(summary.checks);
  const of = (result: string): string[] => checks.flatMap(([id, got]) => (got === result ? [id] : []));
  const satisfied = Object.values(summary.controls).filter((state) => state === 'satisfied').length;
  story.say(`  ${checks.length} checks: ${of('holds').length} hold; not seen: ${of('unseen').join(', ')}`);
  const failing = of('fails').sort().join(', ');
  story.check(
    failing === LEFT_OUT.join(', '),
    `no check fails, but for what the emulator’s deployment leaves out: ${failing}`,
  );
  story.check(satisfied >= 30, `${satisfied} controls are satisfied`);
  const inherited = ['SC-12(2)', 'SC-12(3)', 'AU-9'].filter((id) => summary.controls[id] === 'satisfied');
  story.check(inherited.length === 0, 'what is inherited from AWS is not satisfied by an emulator');
}
