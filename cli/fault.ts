/** What the command tells its caller's shell. */
export const EXIT = { done: 0, refused: 1, usage: 2, aws: 3 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit codes in words, as `--help` shows them. */
export const EXIT_HELP = `EXIT CODES

  0  done, or unchanged because it was so already
  1  refused: by the deployment or at the prompt; an audit chain, a sealed log or evidence does not hold; or doctor misses something
  2  usage: an argument is missing, unknown or malformed
  3  AWS could not be reached, refused the credentials, or failed`;

/** Why a command ended without doing what it was asked; the message is one line that names the fix. */
export class CliError extends Error {
  readonly code: 'refused' | 'usage' | 'aws';

  constructor(code: CliError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
    this.code = code;
  }
}

type Words = (message: string, environment: string) => string;

const expired: Words = () => 'the AWS credentials have expired: renew them (aws sso login) and repeat';
const denied: Words = (_message, environment) =>
  `AWS refused this caller: take a role with the policy tokenward-${environment}-responder (orders) or tokenward-${environment}-auditor (list, show, audit, evidence)`;
const unreachable: Words = () => 'AWS cannot be reached: check the network, AWS_REGION and AWS_ENDPOINT_URL';
const busy: Words = () => 'AWS is throttling: wait a few seconds and repeat';

/** The fix for each fault that a responder can mend, by the error's name or code. */
const FIXES: Readonly<Record<string, Words>> = {
  CredentialsProviderError: () => 'no AWS credentials: set AWS_PROFILE or give --profile, then repeat',
  ExpiredToken: expired,
  ExpiredTokenException: expired,
  TokenProviderError: expired,
  UnrecognizedClientException: () => 'AWS does not know these credentials: check AWS_PROFILE and the account',
  InvalidClientTokenId: () => 'AWS does not know these credentials: check AWS_PROFILE and the account',
  AccessDenied: denied,
  AccessDeniedException: denied,
  ResourceNotFoundException: (_message, environment) =>
    `the deployment's table or function is gone: deploy tokenward-${environment} again, or check --env`,
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  ECONNRESET: unreachable,
  TimeoutError: unreachable,
  ThrottlingException: busy,
  TooManyRequestsException: busy,
  ProvisionedThroughputExceededException: busy,
};

/** Any thrown fault as one line and an exit code. Nothing of the request is in it, since that may carry a value. */
export function explain(fault: unknown, environment: string): CliError {
  if (fault instanceof CliError) return fault;
  const { name, code, message } = named(fault);
  if (/region is missing/i.test(message)) {
    return new CliError('aws', 'no AWS region: set AWS_REGION or give --region', { cause: fault });
  }
  if (name === 'ValidationError' && /does not exist/.test(message)) {
    const text = `tokenward-${environment} is not deployed in this account and region: check --env, --profile and --region`;
    return new CliError('aws', text, { cause: fault });
  }
  const words = FIXES[name] ?? FIXES[code] ?? causeFix(fault);
  if (words !== undefined) return new CliError('aws', words(message, environment), { cause: fault });
  return new CliError(
    'aws',
    `${code || name}: ${message}; repeat, and if it persists look at the service's health`,
    {
      cause: fault,
    },
  );
}

/** A fetch hides what went wrong in its cause. */
function causeFix(fault: unknown): Words | undefined {
  const cause = fault instanceof Error ? fault.cause : undefined;
  if (cause === undefined) return undefined;
  const { name, code } = named(cause);
  return FIXES[name] ?? FIXES[code];
}

function named(fault: unknown): { name: string; code: string; message: string } {
  if (!(fault instanceof Error)) return { name: 'unknown fault', code: '', message: String(fault) };
  const code = 'code' in fault && typeof fault.code === 'string' ? fault.code : '';
  return { name: fault.name, code, message: fault.message };
}
