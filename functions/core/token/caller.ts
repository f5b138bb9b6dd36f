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
  const iam = IAM.exec(arn) as [string, string, Identity['kind'], string] | null;
  if (iam !== null) {
    const [, account, kind, name] = iam;
    return { account, kind, name };
  }
  const assumed = ASSUMED.exec(arn) as [string, string, string, string] | null;
  if (assumed === null) return undefined;
  const [, account, name, session] = assumed;
  return { account, kind: 'role', name, session };
}

/**
 * Whether a caller is the declared role or user: by account, kind and name, since API Gateway gives an assumed
 * role's ARN without its path. Where the name alone could be a recreated role, compare the unique id too.
 */
export function isSameIdentity(callerArn: string, declaredArn: string): boolean {
  const caller = identityOf(callerArn);
  const declared = identityOf(declaredArn);
  if (caller === undefined || declared === undefined) return false;
  return (
    caller.account === declared.account && caller.kind === declared.kind && caller.name === declared.name
  );
}
