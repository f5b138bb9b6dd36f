import { createHash } from 'node:crypto';
import {
  GetResourcePolicyCommand,
  PutResourcePolicyCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { ReaderBlock } from '#core/ports.ts';
import { toPortError } from '../errors.ts';

interface Policy {
  Version: string;
  Statement: { Sid?: string; [key: string]: unknown }[];
}

/**
 * Denies one principal on one secret, by a statement of its own in the secret's resource policy: AWS PutResourcePolicy
 * with BlockPublicPolicy. Repeating it changes nothing; what it wrote is read back before it counts.
 */
export function createReaderBlock(client: SecretsManagerClient): ReaderBlock {
  async function read(secretArn: string): Promise<Policy> {
    const { ResourcePolicy } = await client.send(new GetResourcePolicyCommand({ SecretId: secretArn }));
    if (ResourcePolicy === undefined || ResourcePolicy === '')
      return { Version: '2012-10-17', Statement: [] };
    const policy = JSON.parse(ResourcePolicy) as Policy;
    return { ...policy, Statement: [policy.Statement].flat() };
  }
  return {
    async block(secretArn, principalArn) {
      const sid = `TokenwardBlock${createHash('sha256').update(principalArn).digest('hex').slice(0, 16)}`;
      try {
        const policy = await read(secretArn);
        if (!policy.Statement.some((statement) => statement.Sid === sid)) {
          const statement = {
            Sid: sid,
            Effect: 'Deny',
            Principal: '*',
            Action: ['secretsmanager:GetSecretValue', 'secretsmanager:BatchGetSecretValue'],
            Resource: '*',
            Condition: { ArnEquals: { 'aws:PrincipalArn': principalArn } },
          };
          const next = JSON.stringify({ ...policy, Statement: [...policy.Statement, statement] });
          await client.send(
            new PutResourcePolicyCommand({
              SecretId: secretArn,
              ResourcePolicy: next,
              BlockPublicPolicy: true,
            }),
          );
        }
        return (await read(secretArn)).Statement.some((statement) => statement.Sid === sid);
      } catch (cause) {
        throw toPortError(cause);
      }
    },
  };
}
