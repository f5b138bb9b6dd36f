import type { GuardRule } from './rules.ts';
import type { Settings } from './settings.ts';

/** What of STS gives somebody a role's session. */
const ASSUMING: readonly string[] = ['AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity'];

/**
 * Where there is a break-glass role, its use is never quiet (AC-6(9), AU-12): whoever takes it, and whatever a session
 * of it changes, tells a human at once. An assumption is recorded in the region whose STS was asked, and where that is
 * another one only the second half sees it.
 */
export function breakGlassRules({ breakGlassRoleArn: arn, account }: Settings): readonly GuardRule[] {
  if (arn === undefined) return [];
  return [
    {
      name: 'break-glass-used',
      description: 'Somebody takes the break-glass role, or changes something with it',
      targets: ['alert'],
      seesReads: true,
      pattern: {
        source: [{ prefix: 'aws.' }],
        'detail-type': ['AWS API Call via CloudTrail'],
        account: [account],
        detail: {
          $or: [
            { eventName: ASSUMING, requestParameters: { roleArn: [arn] } },
            { userIdentity: { sessionContext: { sessionIssuer: { arn: [arn] } } }, readOnly: [false] },
          ],
        },
      },
    },
  ];
}
