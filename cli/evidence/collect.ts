import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { jsonIn } from '#core/json.ts';
import { vkeyText } from '#core/seal/note.ts';
import { textOf, type Values, whereOf } from '../arguments.ts';
import { CliError, EXIT, type ExitCode } from '../fault.ts';
import { json } from '../print.ts';
import type { Session } from '../session.ts';
import { problemsIn } from './verify.ts';

const DRILL = z.object({ items: z.int().check(z.nonnegative()), differences: z.array(z.unknown()) });

/** A file of a bundle: no path leads out of the directory that it is put into. */
const NAME = /^(?:evidence\/)?[a-z0-9.-]+\.(?:json|html)$/;

/**
 * Has a report made and takes its bundle away, whole or not at all; it is checked against the deployment's own key
 * as it arrives. For a check that trusts nothing of the deployment keep the key elsewhere: `evidence key`.
 */
export async function evidence(values: Values, session: Session): Promise<ExitCode> {
  const out = textOf(values, 'out');
  if (out === undefined) throw new CliError('usage', 'give --out DIR, where the bundle goes');
  const drill = await drillIn(textOf(values, 'drill'));
  const deployment = session.connect(whereOf(values));
  session.err('collecting; with many tokens this takes minutes');
  const reported = await deployment.report(drill === undefined ? {} : { drill });
  const files = await deployment.evidence();
  for (const name of reported.files) {
    if (!NAME.test(name))
      throw new CliError('aws', `the report names a file that is none of a bundle: ${name}`);
    const path = join(out, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.part`, await files.read(`${reported.prefix}${name}`));
    await rename(`${path}.part`, path);
  }
  const problems = await problemsIn(out, await deployment.evidenceKey());
  const { satisfied, notSatisfied, notAssessed, failing } = reported;
  if (values.json === true) session.out(json({ out, ...reported, problems }));
  else {
    session.out(
      `${satisfied} controls satisfied, ${notSatisfied} not shown, ${notAssessed} not assessed: ${join(out, 'index.html')}`,
    );
    if (failing.length > 0) session.out(`failing: ${failing.join(', ')}`);
  }
  if (problems.length > 0) {
    session.err(
      `the bundle does not hold: ${problems.map(({ file, problem }) => `${file} ${problem}`).join(', ')}`,
    );
    return EXIT.refused;
  }
  return failing.length > 0 && values.strict === true ? EXIT.refused : EXIT.done;
}

/** The key that bundles are signed with, for `--vkey`. */
export async function evidenceKey(values: Values, session: Session): Promise<ExitCode> {
  const vkey = vkeyText(await session.connect(whereOf(values)).evidenceKey());
  session.out(values.json === true ? json({ vkey }) : vkey);
  return EXIT.done;
}

/** What `audit compare --json` printed. */
async function drillIn(
  path: string | undefined,
): Promise<{ items: number; differences: number } | undefined> {
  if (path === undefined) return undefined;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliError('refused', `${path} cannot be read`, { cause });
  });
  const read = DRILL.safeParse(jsonIn(text));
  if (read.success) return { items: read.data.items, differences: read.data.differences.length };
  throw new CliError('usage', `--drill takes what \`audit compare --json\` printed, and ${path} is not that`);
}
