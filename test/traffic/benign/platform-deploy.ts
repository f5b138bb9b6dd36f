import { addressIn } from '../geo/blocks.ts';
import { createPrincipal, createSession, type Principal, sessionKeyId } from '../identity.ts';
import type { Random } from '../random.ts';
import { type Act, type Caller, type Stage, tell } from '../stage.ts';
import { DAY, HOUR, SECOND } from '../timeline.ts';

export const PLATFORM_SESSION = 'AWSCloudFormation';

export const platformRole = (account: string, random: Random): Principal =>
  createPrincipal('role', 'cdk-hnb659fds-cfn-exec-role', account, random);

/** The release of the guard itself: the owner changes the very function, rule and trail that a thief would. */
export function* platformDeploy(stage: Stage, role: Principal, region: string, random: Random): Act {
  for (
    let due = stage.start + random.between(0, 6) * DAY;
    due < stage.end;
    due += random.between(4, 9) * DAY
  ) {
    let at = due + random.between(0, 2) * HOUR;
    const session = createSession(role, PLATFORM_SESSION, sessionKeyId(random), at);
    const name = 'cloudformation.amazonaws.com';
    const caller: Caller = {
      who: { ...session.identity, invokedBy: name },
      from: { ip: name },
      client: { userAgent: name },
      region,
    };
    const steps: [string, { [key: string]: string | boolean }][] = [
      [
        'lambda:UpdateFunctionCode20150331v2',
        { functionName: 'tokenward-prod-respond', publish: false, dryRun: false },
      ],
      ['lambda:UpdateFunctionConfiguration20150331v2', { functionName: 'tokenward-prod-respond' }],
      [
        'events:PutRule',
        { name: 'tokenward-prod-guard-reads', state: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' },
      ],
      ['events:PutTargets', { rule: 'tokenward-prod-guard-reads' }],
      ['iam:PutRolePolicy', { roleName: 'tokenward-prod-respond', policyName: 'Policy' }],
      ['cloudtrail:PutEventSelectors', { trailName: 'management-events' }],
    ];
    for (const [api, params] of random.sample(steps, random.int(2, 5))) {
      at += random.between(1, 20) * SECOND;
      yield tell(stage, random, caller, at, api, { params });
    }
    const looks: Caller = {
      ...caller,
      who: session.identity,
      from: { ip: addressIn(random.pick(stage.geo.find('runner')), random) },
      client: {
        userAgent: 'aws-cdk/2.1148.1 aws-sdk-js/3.1137.0',
        tls: { version: 'TLSv1.3', keyExchange: 'x25519' },
      },
    };
    yield tell(stage, random, looks, at + SECOND, 'cloudformation:DescribeStacks');
  }
}
