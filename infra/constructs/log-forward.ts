import { CfnEventBusPolicy } from 'aws-cdk-lib/aws-events';
import { Construct } from 'constructs';
import { logTampering } from '../rules.ts';
import { homeBusOf, nameOf, type Settings } from '../settings.ts';
import { forward } from './forward.ts';

/** A deployment whose log another account holds. */
export type Elsewhere = Settings & { readonly logAccount: string };

export const isElsewhere = (settings: Settings): settings is Elsewhere => settings.logAccount !== undefined;

const FORWARD = 'log-forward';

const roleArn = ({ partition, logAccount }: Elsewhere, name: string): string =>
  `arn:${partition}:iam::${logAccount}:role/${name}`;

/**
 * In the account that holds the log: whatever changes how it is kept is handed to the home account's bus, where the rule
 * `log-tampering` tells a human (AU-9). Whoever administers the log's account can end this too; what is locked stays.
 */
export class LogForward extends Construct {
  constructor(scope: Construct, id: string, settings: Elsewhere) {
    super(scope, id);
    const { partition, region, account, logAccount } = settings;
    const name = nameOf(settings, FORWARD);
    const ruleArn = `arn:${partition}:events:${region}:${logAccount}:rule/${name}`;
    const { pattern, description } = logTampering(settings, logAccount);
    forward(this, {
      settings,
      role: FORWARD,
      roleDescription: `Lets EventBridge hand changes of the log to ${account}`,
      deadLetters: 'log-undelivered',
      rules: [{ id: 'Rule', ruleName: name, ruleArn, description, state: 'ENABLED', pattern }],
    });
  }
}

/** In the home account: its default bus takes events from that one role, and from nobody else there. */
export function acceptFromLogAccount(scope: Construct, settings: Elsewhere): void {
  new CfnEventBusPolicy(scope, 'FromLogAccount', {
    statementId: nameOf(settings, FORWARD),
    statement: {
      Effect: 'Allow',
      Principal: { AWS: `arn:${settings.partition}:iam::${settings.logAccount}:root` },
      Action: 'events:PutEvents',
      Resource: homeBusOf(settings),
      Condition: { ArnEquals: { 'aws:PrincipalArn': roleArn(settings, nameOf(settings, FORWARD)) } },
    },
  });
}
