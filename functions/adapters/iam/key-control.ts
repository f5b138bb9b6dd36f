import {
  type AccessKeyMetadata,
  AttachUserPolicyCommand,
  DetachUserPolicyCommand,
  GetUserCommand,
  type IAMClient,
  LimitExceededException,
  ListAccessKeysCommand,
  ListAttachedUserPoliciesCommand,
  NoSuchEntityException,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import type { AccessKey, KeyControl } from '#core/ports.ts';
import { ok, type Result, refuse } from '#core/result.ts';
import { guarded } from '../errors.ts';

/**
 * IAM, as far as the responder's role reaches: users that carry its tag, their access keys, and one managed policy
 * on or off them. One exception stands for a missing user, key and policy, so the message decides; what it does not
 * name is a fault, never a guess.
 */
export function createKeyControl(
  client: IAMClient,
  { policyArn, environment }: Pick<KeyControl, 'policyArn' | 'environment'>,
): KeyControl {
  return {
    policyArn,
    environment,
    user: (userArn) =>
      ofUser(async () => {
        const { User } = await client.send(new GetUserCommand({ UserName: nameOf(userArn) }));
        // A name is unique in its account whatever its path: the ARN must be the one that was asked for.
        if (User?.Arn !== userArn) return undefined;
        return {
          arn: userArn,
          tags: Object.fromEntries((User.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
        };
      }),
    keys: (userArn) =>
      ofUser(async () => {
        // Two at most: IAM's own limit, so that there is never a second page.
        const { AccessKeyMetadata = [] } = await client.send(
          new ListAccessKeysCommand({ UserName: nameOf(userArn) }),
        );
        return AccessKeyMetadata.map(accessKeyOf);
      }),
    setStatus: (userArn, accessKeyId, status) =>
      guarded(async () => {
        try {
          await client.send(
            new UpdateAccessKeyCommand({
              UserName: nameOf(userArn),
              AccessKeyId: accessKeyId,
              Status: status,
            }),
          );
        } catch (fault) {
          if (!(fault instanceof NoSuchEntityException)) throw fault;
        }
      }),
    attached: (userArn) =>
      ofUser(async () => {
        // Twenty at most, and a page holds a hundred.
        const { AttachedPolicies = [] } = await client.send(
          new ListAttachedUserPoliciesCommand({ UserName: nameOf(userArn) }),
        );
        return AttachedPolicies.flatMap(({ PolicyArn }) => PolicyArn ?? []);
      }),
    quarantine: (userArn) =>
      guarded(async (): Promise<Awaited<ReturnType<KeyControl['quarantine']>>> => {
        try {
          await client.send(new AttachUserPolicyCommand({ UserName: nameOf(userArn), PolicyArn: policyArn }));
          return ok(undefined);
        } catch (fault) {
          if (fault instanceof LimitExceededException) return refuse({ reason: 'full' });
          if (!(fault instanceof NoSuchEntityException)) throw fault;
          return refuse({ reason: isUserGone(fault) ? 'not-found' : 'policy-gone' });
        }
      }),
    unquarantine: (userArn) =>
      guarded(async () => {
        try {
          await client.send(new DetachUserPolicyCommand({ UserName: nameOf(userArn), PolicyArn: policyArn }));
        } catch (fault) {
          if (!(fault instanceof NoSuchEntityException)) throw fault;
        }
      }),
  };
}

function accessKeyOf({ AccessKeyId = '', Status, CreateDate }: AccessKeyMetadata): AccessKey {
  return {
    accessKeyId: AccessKeyId,
    // What is not known to be Inactive is to be made so.
    status: Status === 'Inactive' ? 'Inactive' : 'Active',
    createdAt: CreateDate?.getTime() ?? 0,
  };
}

const nameOf = (userArn: string): string => userArn.slice(userArn.lastIndexOf('/') + 1);

const isUserGone = (fault: NoSuchEntityException): boolean => /\buser\b/i.test(fault.message);

/** `undefined`, or an answer that there is none: no such user. */
async function ofUser<T>(call: () => Promise<T | undefined>): Promise<Result<T, { reason: 'not-found' }>> {
  return guarded(async () => {
    try {
      const found = await call();
      return found === undefined ? refuse({ reason: 'not-found' }) : ok(found);
    } catch (fault) {
      if (fault instanceof NoSuchEntityException) return refuse({ reason: 'not-found' });
      throw fault;
    }
  });
}
