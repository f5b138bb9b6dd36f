/** What of an IAM ARN identifies a role or user where the gateway has dropped its path. */
export interface Identity {
  readonly account: string;
  readonly kind: 'role' | 'user';
  readonly name: string;
  /** Of an assumed role. */
  readonly session?: string;
}

const IAM = /^arn:aws[a-z-]*:iam::(\d{12}):(role|user)\/(?:[\w+=,.@/-]*\/)?([\w+=,.@-]+)$/;
const ASSUMED = /^arn:aws[a-z-]*:sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\/([\w+=,.@-]+)$/;

/** Reads a role, user or assumed-role ARN; `undefined` for anything else. */
export function identityOf(arn: string): Identity | undefined {
  const iam = IAM.exec(arn);
  if (iam !== null) return { account: iam[1] ?? '', kind: iam[2] === 'user' ? 'user' : 'role', name: iam[3] ?? '' };
  const assumed = ASSUMED.exec(arn);
  if (assumed === null) return undefined;
  return { account: assumed[1] ?? '', kind: 'role', name: assumed[2] ?? '', session: assumed[3] ?? '' };
}

/**
 * Whether a caller is the declared role or user: by account, kind and name, since API Gateway gives an assumed
 * role's ARN without its path. Where the name alone could be a recreated role, compare the unique id too.
 */
export function isSameIdentity(callerArn: string, declaredArn: string): boolean {
  const caller = identityOf(callerArn);
  const declared = identityOf(declaredArn);
  if (caller === undefined || declared === undefined) return false;
  return caller.account === declared.account && caller.kind === declared.kind && caller.name === declared.name;
}
