import { createHash } from 'node:crypto';
import {
  GetAccessKeyLastUsedCommand,
  GetRoleCommand,
  GetUserCommand,
  type IAMClient,
} from '@aws-sdk/client-iam';
import { type LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda';
import { resultOf } from './answers.ts';
import { type Answer, type Call, child, type JsonObject, text } from './call.ts';
import { ACCOUNT, ROOT_CREDENTIALS } from './upstream.ts';

/** Who holds an access key, as CloudTrail's userIdentity. */
export interface Principals {
  /** The identity behind a key; undefined for a key that nobody was given, whose calls leave no record. */
  readonly identityOf: (accessKeyId: string) => Promise<JsonObject | undefined>;
  /** Learns the keys that an answer hands out. */
  readonly learn: (call: Call, answer: Answer) => Promise<void>;
}

/** Makes the directory of principals over root clients that do not pass through the proxy. */
export function createPrincipals(iam: IAMClient, lambda: LambdaClient): Principals {
  const sessions = new Map<string, JsonObject>();
  const users = new Map<string, JsonObject>();

  const identityOf = async (accessKeyId: string): Promise<JsonObject | undefined> => {
    if (accessKeyId === ROOT_CREDENTIALS.accessKeyId) return root();
    const known = sessions.get(accessKeyId) ?? users.get(accessKeyId);
    if (known !== undefined) return known;
    if (accessKeyId.startsWith('ASIA')) {
      await learnFunctions();
      return sessions.get(accessKeyId);
    }
    return learnUser(accessKeyId);
  };

  const learnUser = async (accessKeyId: string): Promise<JsonObject | undefined> => {
    const owner = await orNone(iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId })));
    if (owner?.UserName === undefined) return undefined;
    const found = await orNone(iam.send(new GetUserCommand({ UserName: owner.UserName })));
    if (found?.User === undefined) return undefined;
    const { Arn: arn = '', UserId: principalId = '', UserName: userName = '' } = found.User;
    const identity = { type: 'IAMUser', principalId, arn, accountId: ACCOUNT, accessKeyId, userName };
    users.set(accessKeyId, identity);
    return identity;
  };

  /** The emulator derives the key of a function's role from the two ARNs, so each one can be foretold. */
  const learnFunctions = async (): Promise<void> => {
    for await (const page of paginateListFunctions({ client: lambda }, {})) {
      for (const { FunctionArn = '', FunctionName = '', Role = '' } of page.Functions ?? []) {
        const digest = createHash('sha256').update(`${FunctionArn}:${Role}`).digest('hex');
        const key = `ASIA${digest.slice(0, 16).toUpperCase()}`;
        if (!sessions.has(key)) sessions.set(key, await roleSession(Role, FunctionName.slice(0, 64), key));
      }
    }
  };

  const roleSession = async (roleArn: string, session: string, accessKeyId: string): Promise<JsonObject> => {
    const userName = roleArn.split('/').at(-1) ?? '';
    const found = await orNone(iam.send(new GetRoleCommand({ RoleName: userName })));
    const principalId = found?.Role?.RoleId ?? '';
    const accountId = roleArn.split(':')[4] ?? ACCOUNT;
    return {
      type: 'AssumedRole',
      principalId: `${principalId}:${session}`,
      arn: `arn:aws:sts::${accountId}:assumed-role/${userName}/${session}`,
      accountId,
      accessKeyId,
      sessionContext: {
        sessionIssuer: { type: 'Role', principalId, arn: found?.Role?.Arn ?? roleArn, accountId, userName },
        attributes: sessionAttributes(),
      },
    };
  };

  const learn = async (call: Call, answer: Answer): Promise<void> => {
    if (call.service !== 'sts' || answer.status !== 200) return;
    const result = resultOf(call, answer);
    const key = text(child(result, 'Credentials'), 'AccessKeyId');
    if (key === undefined) return;
    const roleArn = text(call.params, 'RoleArn');
    if (roleArn !== undefined) {
      sessions.set(key, await roleSession(roleArn, text(call.params, 'RoleSessionName') ?? '', key));
      return;
    }
    const caller = await identityOf(call.accessKeyId);
    if (caller === undefined) return;
    const federated = text(call.params, 'Name');
    sessions.set(
      key,
      federated === undefined ? ownSession(caller, key) : federatedSession(caller, federated, key),
    );
  };

  return { identityOf, learn };
}

function root(): JsonObject {
  const { accessKeyId } = ROOT_CREDENTIALS;
  const arn = `arn:aws:iam::${ACCOUNT}:root`;
  return { type: 'Root', principalId: ACCOUNT, arn, accountId: ACCOUNT, accessKeyId };
}

function ownSession(caller: JsonObject, accessKeyId: string): JsonObject {
  return { ...caller, accessKeyId, sessionContext: { sessionIssuer: {}, attributes: sessionAttributes() } };
}

function federatedSession(caller: JsonObject, name: string, accessKeyId: string): JsonObject {
  const { accessKeyId: _key, ...sessionIssuer } = caller;
  return {
    type: 'FederatedUser',
    principalId: `${ACCOUNT}:${name}`,
    arn: `arn:aws:sts::${ACCOUNT}:federated-user/${name}`,
    accountId: ACCOUNT,
    accessKeyId,
    sessionContext: { sessionIssuer, attributes: sessionAttributes() },
  };
}

function sessionAttributes(): JsonObject {
  return { creationDate: new Date().toISOString().replace(/\.\d+Z$/, 'Z'), mfaAuthenticated: 'false' };
}

/** A key or role that does not exist is an answer here, not a fault. */
async function orNone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    if (status === undefined || status >= 500) throw error;
    return undefined;
  }
}
