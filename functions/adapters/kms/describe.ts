import { DescribeKeyCommand, GetKeyRotationStatusCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { KeyFacts } from '#core/evidence/facts.ts';
import { guarded } from '../errors.ts';

/** Keys by what they are for, as KMS describes them now. */
export function describeKeys(
  client: KMSClient,
  keyArns: Readonly<Record<string, string>>,
): Promise<readonly KeyFacts[]> {
  return Promise.all(Object.entries(keyArns).map(([purpose, arn]) => describe(client, arn, purpose)));
}

function describe(client: KMSClient, KeyId: string, purpose: string): Promise<KeyFacts> {
  return guarded(async () => {
    const { KeyMetadata: key } = await client.send(new DescribeKeyCommand({ KeyId }));
    const spec = String(key?.KeySpec);
    const facts = {
      purpose,
      arn: String(key?.Arn),
      spec,
      origin: String(key?.Origin),
      state: String(key?.KeyState),
    };
    if (spec !== 'SYMMETRIC_DEFAULT') return facts;
    const status = await client.send(new GetKeyRotationStatusCommand({ KeyId }));
    return { ...facts, rotation: status.KeyRotationEnabled === true };
  });
}
