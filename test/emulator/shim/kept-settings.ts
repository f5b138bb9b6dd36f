import { intrinsicOf, isObject, type Json, type JsonObject, type Resource } from './template.ts';

/** Kinds of settings that CloudFormation here ignores or refuses and that an API call sets after the deploy. */
export type KeptKind =
  | 'bucket-encryption'
  | 'bucket-object-lock'
  | 'function-concurrency'
  | 'function-dead-letters'
  | 'rotation'
  | 'secret-policy'
  | 'table-encryption'
  | 'table-recovery'
  | 'table-ttl';

/** A setting to apply after the deploy. Intrinsic calls in `values` stand as `{ [OUTPUT]: name }`. */
export interface KeptSetting {
  readonly kind: KeptKind;
  readonly stackName: string;
  readonly logicalId: string;
  readonly values: JsonObject;
}

/** Key of the marker that stands in `values` for the stack output that will carry the resolved value. */
const OUTPUT = '$output';

/** Prefix of the outputs that the shim adds to a stack so that CloudFormation itself resolves kept values. */
export const OUTPUT_PREFIX = 'EmulatorKept';

/** The settings of one resource that have to be applied by API, with their intrinsics still in place. */
export function settingsOf(logicalId: string, resource: Resource): readonly [KeptKind, JsonObject][] {
  const given = resource.Properties ?? {};
  const name: Json = { Ref: logicalId };
  const found: [KeptKind, JsonObject][] = [];
  const add = (kind: KeptKind, value: Json | undefined, values: JsonObject): void => {
    if (value !== undefined) found.push([kind, values]);
  };
  switch (resource.Type) {
    case 'AWS::SecretsManager::RotationSchedule':
      found.push(['rotation', given]);
      break;
    case 'AWS::SecretsManager::ResourcePolicy':
      found.push(['secret-policy', given]);
      break;
    case 'AWS::DynamoDB::Table':
    case 'AWS::DynamoDB::GlobalTable': {
      const recovery = given.PointInTimeRecoverySpecification ?? firstReplica(given);
      const { TimeToLiveSpecification: ttl, SSESpecification: sse } = given;
      add('table-ttl', ttl, { table: name, ttl });
      add('table-recovery', recovery, { table: name, recovery });
      add('table-encryption', sse, { table: name, sse });
      break;
    }
    case 'AWS::Lambda::Function': {
      const { ReservedConcurrentExecutions: reserved, DeadLetterConfig: deadLetters } = given;
      add('function-concurrency', reserved, { function: name, reserved });
      add('function-dead-letters', deadLetters, { function: name, deadLetters });
      break;
    }
    case 'AWS::S3::Bucket': {
      const { BucketEncryption: encryption, ObjectLockConfiguration: lock } = given;
      add('bucket-encryption', encryption, { bucket: name, encryption });
      add('bucket-object-lock', lock, { bucket: name, lock });
      break;
    }
  }
  return found;
}

/** Puts a marker in the place of every outermost intrinsic call and hands the call to `name`, which names its output. */
export function mark(value: Json, name: (call: JsonObject) => string): Json {
  if (Array.isArray(value)) return value.map((item) => mark(item, name));
  if (!isObject(value)) return value;
  if (intrinsicOf(value) !== undefined) return { [OUTPUT]: name(value) };
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push([key, mark(member, name)]);
  }
  return Object.fromEntries(members);
}

/**
 * Replaces every marker by its stack's output.
 *
 * @throws when the stack has no such output: the deployed template is then not the one that was rewritten.
 */
export function resolve(value: Json, outputs: Readonly<Record<string, string>>): Json {
  if (Array.isArray(value)) return value.map((item) => resolve(item, outputs));
  if (!isObject(value)) return value;
  const output = value[OUTPUT];
  if (typeof output === 'string') {
    const found = outputs[output];
    if (found === undefined) throw new Error(`the stack has no output ${output}`);
    return found;
  }
  const members: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) members.push([key, resolve(member, outputs)]);
  }
  return Object.fromEntries(members);
}

function firstReplica(given: JsonObject): Json | undefined {
  const replicas = given.Replicas;
  const first = Array.isArray(replicas) ? replicas[0] : undefined;
  return isObject(first) ? first.PointInTimeRecoverySpecification : undefined;
}
