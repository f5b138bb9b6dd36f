import { protections, serviceControlPolicy } from '#core/posture/protect.ts';
import { judgeTrails } from '#core/posture/trail.ts';
import { textOf, type Values, whereOf } from './arguments.ts';
import { EXIT, type ExitCode } from './fault.ts';
import { json, safe, table } from './print.ts';
import type { Session } from './session.ts';

/**
 * What this account's trails leave unseen or unproven, and what only a policy of the organisation can protect.
 * Reads CloudTrail's settings and changes nothing; exit code 1 when something is missing.
 */
export async function doctor(values: Values, session: Session): Promise<ExitCode> {
  const where = whereOf(values);
  const posture = await session.connect(where).posture();
  const trails = await posture.trails.trails();
  const findings = judgeTrails(trails);
  const { account } = posture;
  const deployment = {
    ...posture,
    env: where.environment,
    trails: trails.flatMap(({ arn }) => (arn.includes(`:${account}:`) ? [arn] : [])),
  };
  const breakGlass = textOf(values, 'break-glass');
  const exempt = breakGlass === undefined ? [] : [breakGlass];
  const code = findings.length === 0 ? EXIT.done : EXIT.refused;
  if (values.json === true) {
    session.out(
      json({
        healthy: findings.length === 0,
        trails: trails.map(({ selectors: _, ...trail }) => trail),
        findings,
        serviceControlPolicy: serviceControlPolicy(deployment, exempt),
      }),
    );
    return code;
  }
  for (const { arn, logging } of trails) session.out(`${safe(arn)}: ${logging ? 'logging' : 'stopped'}`);
  if (findings.length === 0)
    session.out('Nothing is missing: reads, KMS, every region and validation are on.');
  else {
    const rows = findings.map(({ gap, problem, fix, controls }) => [gap, problem, fix, controls.join(', ')]);
    session.out(table(session, ['MISSING', 'WHAT IT MEANS', 'FIX', 'CONTROLS'], rows));
  }
  session.out(
    [
      'An SCP must protect, since no policy of the account can (`--json` prints it):',
      ...protections(deployment).map(({ sid, why }) => `  ${sid}: ${why}`),
    ].join('\n'),
  );
  return code;
}
