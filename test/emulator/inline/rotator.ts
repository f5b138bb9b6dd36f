import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

/** What Secrets Manager sends to a rotation function. */
interface RotationEvent {
  readonly Step: string;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
}

/** What the rotator saw when a step began. */
export interface Seen {
  readonly step: string;
  readonly stages: Readonly<Record<string, readonly string[]>>;
  /** Whether the pending version could be read. */
  readonly value: 'present' | 'absent';
}

const vault = new SecretsManagerClient({ maxAttempts: 1 });
const queue = new SQSClient({});

/** The smallest rotation function that keeps the protocol; it reports what it sees at each step. */
export async function handler(event: RotationEvent): Promise<void> {
  const { Step: step, SecretId, ClientRequestToken: token } = event;
  const described = await vault.send(new DescribeSecretCommand({ SecretId }));
  const stages = described.VersionIdsToStages ?? {};
  const value = await readPending(SecretId, token);
  const MessageBody = JSON.stringify({ step, stages, value } satisfies Seen);
  await queue.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody }));
  if (step === 'createSecret' && value === 'absent') {
    const SecretString = `value of ${token}`;
    const pending = { ClientRequestToken: token, VersionStages: ['AWSPENDING'] };
    await vault.send(new PutSecretValueCommand({ SecretId, SecretString, ...pending }));
  }
  if (step === 'finishSecret') {
    const [old] = Object.keys(stages).filter((id) => stages[id]?.includes('AWSCURRENT'));
    const move = { VersionStage: 'AWSCURRENT', MoveToVersionId: token, RemoveFromVersionId: old };
    if (old !== token) await vault.send(new UpdateSecretVersionStageCommand({ SecretId, ...move }));
  }
}

async function readPending(SecretId: string, VersionId: string): Promise<Seen['value']> {
  const read = new GetSecretValueCommand({ SecretId, VersionId, VersionStage: 'AWSPENDING' });
  return vault.send(read).then(
    () => 'present',
    (error: Error) => {
      if (error.name !== 'ResourceNotFoundException') throw error;
      return 'absent';
    },
  );
}
