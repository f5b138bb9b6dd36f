import { type IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { refuse } from './answers.ts';
import { type Interceptor, text } from './call.ts';
import { createLock } from './lock.ts';

const KEYS_PER_USER = 2;

/**
 * Refuses a third access key of an IAM user, Inactive ones counted, which the emulator would create.
 *
 * Looked at after the emulator has said yes would be too late, so an unauthorised caller at the limit
 * hears LimitExceeded instead of AccessDenied.
 */
export function createKeyLimit(
  iam: IAMClient,
  userOf: (accessKeyId: string) => Promise<string | undefined>,
): Interceptor {
  const lock = createLock();
  const create: Interceptor = async (call, next) => {
    const userName = text(call.params, 'UserName') ?? (await userOf(call.accessKeyId));
    if (userName === undefined) return next();
    const keys = await iam.send(new ListAccessKeysCommand({ UserName: userName })).catch(() => undefined);
    if ((keys?.AccessKeyMetadata?.length ?? 0) < KEYS_PER_USER) return next();
    const message = `Cannot exceed quota for AccessKeysPerUser: ${KEYS_PER_USER}`;
    return refuse(call, { code: 'LimitExceeded', message, status: 409 });
  };
  return (call, next) => {
    if (call.service !== 'iam' || call.operation !== 'CreateAccessKey') return next();
    return lock.exclusive(() => create(call, next));
  };
}
