import { parseArgs } from 'node:util';

/** What a run was asked for. */
export interface SmokeArguments {
  readonly profile: string;
  readonly region?: string;
  /** Leave the stacks standing at the end. */
  readonly keep: boolean;
}

export const HELP = `npm run smoke -- --profile <name> [--region <region>] [--keep]

Proves a deployment on a real AWS account: deploys every stack as sandbox "smoke", rotates one token, calls the
sample API with it, looks for the read of its secret in CloudTrail, revokes it, and destroys the stacks.
Takes up to 40 minutes, most of it CloudTrail's delay, and costs a few cents. Use a trial account.

  --profile  AWS profile; it must be allowed to deploy with the CDK and to assume roles of its own account
  --region   region, unless the profile has one
  --keep     leave the stacks standing

Exit code: 0 all passed, 1 something failed, 2 not started`;

/** Reads the command line: a run, a wish for help, or what is wrong with it. */
export function readArguments(
  argv: readonly string[],
): SmokeArguments | { readonly problem: string } | 'help' {
  try {
    const { values } = parseArgs({
      args: [...argv],
      strict: true,
      options: {
        profile: { type: 'string' },
        region: { type: 'string' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { profile, region, keep, help } = values;
    if (help) return 'help';
    if (profile === undefined || profile === '') {
      return { problem: 'needs a real AWS account: name its profile with --profile' };
    }
    return { profile, keep, ...(region === undefined ? {} : { region }) };
  } catch (fault) {
    return { problem: fault instanceof Error ? fault.message : String(fault) };
  }
}
