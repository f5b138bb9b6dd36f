import { GetRoleCommand, GetUserCommand, type IAMClient, NoSuchEntityException } from '@aws-sdk/client-iam';
import type { Directory } from '#core/ports.ts';
import { toPortError } from '../errors.ts';

const PRINCIPAL = /^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/(?:[\u0021-\u007e]+\/)?([\w+=,.@-]{1,64})$/;

/**
 * IAM, read only. A name is unique in its account whatever its path, so the ARN that IAM answers must be the one
 * that was asked for: neither another path nor the same name in another account is the declared principal.
 * `undefined` too for what is no IAM role or user (an external client, an assumed-role session).
 */
export function createDirectory(client: IAMClient): Directory {
  return {
    async uniqueIdOf(arn) {
      const [, kind, name] = PRINCIPAL.exec(arn) ?? [];
      if (name === undefined) return undefined;
      const found = await (kind === 'role' ? roleOf(client, name) : userOf(client, name));
      return found?.arn === arn ? found.id : undefined;
    },
  };
}

interface Found {
  readonly arn: string | undefined;
  readonly id: string | undefined;
}

async function roleOf(client: IAMClient, RoleName: string): Promise<Found | undefined> {
  const reply = await existing(client.send(new GetRoleCommand({ RoleName })));
  return reply && { arn: reply.Role?.Arn, id: reply.Role?.RoleId };
}

async function userOf(client: IAMClient, UserName: string): Promise<Found | undefined> {
  const reply = await existing(client.send(new GetUserCommand({ UserName })));
  return reply && { arn: reply.User?.Arn, id: reply.User?.UserId };
}

async function existing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof NoSuchEntityException) return undefined;
    throw toPortError(error);
  }
}
