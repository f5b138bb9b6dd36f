import { DescribeKeyCommand, type KMSClient } from '@aws-sdk/client-kms';
import { type Answer, type Call, child, type JsonObject, jsonObject, text } from '../call.ts';
import type { Principals } from '../principals.ts';
import type { SecretStore } from '../secrets/store.ts';
import { ACCOUNT } from '../upstream.ts';
import type { Delivery } from './deliver.ts';
import { forwardedRecord, isRecorded, recordOf } from './record.ts';

/** Writes the trail of the calls that the proxy sees. */
export interface Trail {
  /** Records a call that has been answered, in the background; `at` is when it arrived, in epoch milliseconds. */
  readonly write: (call: Call, answer: Answer, at: number) => void;
  /** Resolves when everything written so far has been delivered. */
  readonly idle: () => Promise<void>;
  /** What could not be written, and why. */
  readonly failures: () => readonly string[];
}

const CUSTOMER_KEY_CALLS: Readonly<Record<string, string>> = {
  GetSecretValue: 'Decrypt',
  BatchGetSecretValue: 'Decrypt',
  PutSecretValue: 'GenerateDataKey',
};

const FRESH_MS = 1_000;

/** Makes the trail: principals say who called, delivery carries the records on. */
export function createTrail(
  principals: Principals,
  delivery: Delivery,
  store: SecretStore,
  kms: KMSClient,
): Trail {
  const keyIds = new Map<string, { keyId: string | undefined; readAt: number }>();
  const keyArns = new Map<string, string | undefined>();
  const underway = new Set<Promise<void>>();
  const failures: string[] = [];

  const write = (call: Call, answer: Answer, at: number): void => {
    const run = writeAll(call, answer, at).catch((error: unknown) => void failures.push(String(error)));
    underway.add(run);
    void run.then(() => underway.delete(run));
  };

  const writeAll = async (call: Call, answer: Answer, at: number): Promise<void> => {
    if (!isRecorded(call, answer)) return;
    const identity = await principals.identityOf(call.accessKeyId);
    if (identity === undefined) return;
    delivery.record(recordOf(call, answer, identity, at));
    if (call.service === 'secretsmanager' && answer.status === 200)
      await writeKeyUse(call, answer, identity, at);
  };

  /** Secrets Manager uses a customer key in the caller's name, and KMS records which version it was for. */
  const writeKeyUse = async (call: Call, answer: Answer, caller: JsonObject, at: number): Promise<void> => {
    const eventName = CUSTOMER_KEY_CALLS[call.operation];
    if (eventName === undefined) return;
    for (const { arn, versionId } of versionsIn(jsonObject(answer.body))) {
      const keyArn = await keyOf(arn);
      if (keyArn === undefined) continue;
      const encryptionContext = { SecretARN: arn, SecretVersionId: versionId };
      const how =
        eventName === 'Decrypt' ? { encryptionAlgorithm: 'SYMMETRIC_DEFAULT' } : { keySpec: 'AES_256' };
      const keyId = eventName === 'Decrypt' ? {} : { keyId: keyArn };
      const forwarded = {
        eventName,
        eventSource: 'kms.amazonaws.com',
        invokedBy: 'secretsmanager.amazonaws.com',
        requestParameters: { ...keyId, ...how, encryptionContext },
        resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: keyArn }],
      };
      delivery.record(forwardedRecord(forwarded, caller, at));
    }
  };

  const keyOf = async (secretArn: string): Promise<string | undefined> => {
    const known = keyIds.get(secretArn);
    const fresh = known !== undefined && Date.now() - known.readAt < FRESH_MS;
    const keyId = fresh ? known.keyId : (await store.find(secretArn))?.kmsKeyId;
    if (!fresh) keyIds.set(secretArn, { keyId, readAt: Date.now() });
    if (keyId === undefined || keyId === 'alias/aws/secretsmanager') return undefined;
    if (!keyArns.has(keyId)) {
      const found = await kms.send(new DescribeKeyCommand({ KeyId: keyId })).catch(() => undefined);
      keyArns.set(keyId, found?.KeyMetadata?.Arn);
    }
    return keyArns.get(keyId);
  };

  const idle = async (): Promise<void> => {
    while (underway.size > 0) await Promise.all(underway);
    await delivery.idle();
  };

  return { write, idle, failures: () => [...failures, ...delivery.failures()] };
}

function versionsIn(answer: JsonObject): readonly { arn: string; versionId: string }[] {
  const values = answer.SecretValues;
  const found = Array.isArray(values) ? values.map((value) => child({ value }, 'value')) : [answer];
  return found.map((each) => ({ arn: text(each, 'ARN') ?? '', versionId: text(each, 'VersionId') ?? '' }));
}
