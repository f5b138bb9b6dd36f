import type { Target } from './target.ts';
import { authorizeTarget } from './targets/authorize.ts';
import { credentialTarget } from './targets/credential.ts';
import { issueTarget } from './targets/issue.ts';
import { registerTarget } from './targets/register.ts';
import { replayTarget } from './targets/replay.ts';
import { respondTarget, usageTarget } from './targets/respond.ts';
import { revokeTarget } from './targets/revoke.ts';
import { rotateTarget } from './targets/rotate.ts';

/** Whatever takes what others send, with its part of a run's inputs in hundredths. */
export const TARGETS: readonly { readonly target: Target; readonly share: number }[] = [
  { target: credentialTarget(), share: 30 },
  { target: authorizeTarget(), share: 18 },
  { target: respondTarget(), share: 12 },
  { target: usageTarget(), share: 10 },
  { target: rotateTarget(), share: 8 },
  { target: revokeTarget(), share: 8 },
  { target: issueTarget(), share: 5 },
  { target: registerTarget(), share: 4 },
  { target: replayTarget(), share: 5 },
];
