import { DeleteAccessKeyCommand, type IAMClient, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { refuse, resultOf } from './answers.ts';
import { child, type Interceptor, text } from './call.ts';
import { createLock } from './lock.ts';

const KEYS_PER_USER = 2;

/**
 * Refuses a third access key of an IAM user, Inactive ones counted, which the emulator would create.
 *
 * The emulator answers first, so that a caller without the right hears AccessDenied; the key too many is
 * deleted again before anybody hears of it.
 */
export function createKeyLimit(iam: IAMClient): Interceptor {
  const lock = createLock();
  const create: Interceptor = async (call, next) => {
    const answer = await next();
    const made = child(resultOf(call, answer), 'AccessKey');
    const UserName = text(made, 'UserName');
    const AccessKeyId = text(made, 'AccessKeyId');
    if (answer.status !== 200 || UserName === undefined || AccessKeyId === undefined) return answer;
    const keys = await iam.send(new ListAccessKeysCommand({ UserName }));
    if ((keys.AccessKeyMetadata?.length ?? 0) <= KEYS_PER_USER) return answer;
    await iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }));
    const message = `Cannot exceed quota for AccessKeysPerUser: ${KEYS_PER_USER}`;
    return refuse(call, { code: 'LimitExceeded', message, status: 409 });
  };
  return (call, next) => {
    if (call.service !== 'iam' || call.operation !== 'CreateAccessKey') return next();
    return lock.exclusive(() => create(call, next));
  };
}
