import { createHash, randomUUID } from 'node:crypto';
import { jsonAnswer, refusalOf, refuse } from '../answers.ts';
import {
  type Answer,
  type Call,
  child,
  type Interceptor,
  type JsonObject,
  jsonObject,
  text,
} from '../call.ts';
import type { Lock } from '../lock.ts';
import { createReads } from './reads.ts';
import { openPending, type Rotation } from './rotation.ts';
import { faultOf } from './schedule.ts';
import { holdersOf, type SecretStore, type StoredSecret } from './store.ts';

/** A staging label moved; Secrets Manager announces it for every label but AWSPENDING and AWSPREVIOUS. */
export interface LabelUpdate {
  readonly arn: string;
  readonly name: string;
  readonly label: string;
  readonly versionId: string;
}

/** What the Secrets Manager part of the proxy works with. */
export interface SecretsPorts {
  readonly store: SecretStore;
  readonly lock: Lock;
  readonly rotation: Rotation;
  /** Why the function may not be invoked by Secrets Manager; undefined when it may. */
  readonly invokeFault: (functionArn: string) => Promise<string | undefined>;
  readonly onLabel: (update: LabelUpdate) => void;
}

type Operation = (call: Call, next: () => Promise<Answer>) => Promise<Answer>;

const MAX_VALUE_BYTES = 65_536;

/**
 * Answers for Secrets Manager what the emulator lacks or gets wrong.
 *
 * Every call still passes the emulator, for its signature and its policies. Reads share a lock and writes
 * hold it, so that nobody sees a secret half changed or marked by `authorised`.
 */
export function createSecretsInterceptor(ports: SecretsPorts): Interceptor {
  const { store, lock, rotation } = ports;
  const spent = new Map<string, string>();
  const reads = createReads(store, rotation);

  const put: Operation = async (call, next) => {
    const fault = valueFault(call.params);
    if (fault !== undefined) return refuse(call, fault);
    const secret = await store.find(text(call.params, 'SecretId') ?? '');
    if (secret === undefined || secret.deleted) return next();
    const token = text(call.params, 'ClientRequestToken');
    const digest = digestOf(call.params);
    const existing = token === undefined ? undefined : await digestAt(secret, token);
    if (token !== undefined && existing !== undefined) {
      const denied = await authorised(store, secret, next);
      if (denied !== undefined) return denied;
      if (existing !== digest) return refuse(call, tokenInUse(token, secret));
      return jsonAnswer({ ...named(secret), VersionId: token, VersionStages: secret.stages[token] ?? [] });
    }
    const answer = await next();
    if (answer.status !== 200) return answer;
    if (token !== undefined) spent.set(`${secret.arn} ${token}`, digest);
    await moveLabels(secret, call.params, jsonObject(answer.body));
    return answer;
  };

  /** The emulator forgets a version with its last label; its token stays used. */
  const digestAt = async (secret: StoredSecret, token: string): Promise<string | undefined> => {
    const kept = await store.readValue(secret.arn, token);
    if (kept === undefined) return spent.get(`${secret.arn} ${token}`);
    const SecretBinary = Buffer.from(kept.bytes ?? []).toString('base64');
    return digestOf(kept.text === undefined ? { SecretBinary } : { SecretString: kept.text });
  };

  const checkSize: Operation = async (call, next) => {
    const fault =
      'SecretString' in call.params || 'SecretBinary' in call.params ? valueFault(call.params) : undefined;
    return fault === undefined ? next() : refuse(call, fault);
  };

  const moveLabels = async (secret: StoredSecret, params: JsonObject, value: JsonObject): Promise<void> => {
    const versionId = text(value, 'VersionId') ?? '';
    const asked = params.VersionStages;
    const labels = Array.isArray(asked) ? asked.map(String) : ['AWSCURRENT'];
    for (const label of labels) {
      const others = label === 'AWSCURRENT' ? [] : holdersOf(secret, label).filter((id) => id !== versionId);
      for (const other of others) await store.removeStage(secret.arn, label, other);
      announce(secret, label, versionId);
    }
  };

  const announce = (secret: StoredSecret, label: string, versionId: string): void => {
    if (label === 'AWSPENDING' || label === 'AWSPREVIOUS') return;
    ports.onLabel({ arn: secret.arn, name: secret.name, label, versionId });
  };

  const updateStage: Operation = async (call, next) => {
    const answer = await next();
    const versionId = text(call.params, 'MoveToVersionId');
    if (answer.status === 200 && versionId !== undefined) {
      const secret = await store.find(text(call.params, 'SecretId') ?? '');
      if (secret !== undefined) announce(secret, text(call.params, 'VersionStage') ?? '', versionId);
    }
    return answer;
  };

  const rotate: Operation = async (call, next) => {
    const secret = await store.find(text(call.params, 'SecretId') ?? '');
    if (secret === undefined || secret.deleted) return next();
    const denied = await authorised(store, secret, next);
    if (denied !== undefined) return denied;
    const settings = rotation.settingsOf(secret.arn);
    const lambdaArn = text(call.params, 'RotationLambdaARN') ?? settings?.lambdaArn;
    if (lambdaArn === undefined) {
      return invalidRequest(call, 'No Lambda rotation function ARN is associated with this secret.');
    }
    const rules =
      'RotationRules' in call.params ? child(call.params, 'RotationRules') : (settings?.rules ?? {});
    const badRules = faultOf(rules);
    if (badRules !== undefined) return refuse(call, { code: 'InvalidParameterException', message: badRules });
    const barred = await ports.invokeFault(lambdaArn);
    if (barred !== undefined) return refuse(call, { code: 'AccessDeniedException', message: barred });
    return begin(call, secret, lambdaArn, rules);
  };

  const begin = async (
    call: Call,
    secret: StoredSecret,
    lambdaArn: string,
    rules: JsonObject,
  ): Promise<Answer> => {
    const versionId = text(call.params, 'ClientRequestToken') ?? randomUUID();
    if (rotation.running(secret.arn) === versionId)
      return jsonAnswer({ ...named(secret), VersionId: versionId });
    const pending = holdersOf(secret, 'AWSPENDING').find((id) => !secret.stages[id]?.includes('AWSCURRENT'));
    if (pending !== undefined) {
      return invalidRequest(call, `A previous rotation isn't complete. That rotation will be reattempted.`);
    }
    if ((await digestAt(secret, versionId)) !== undefined) {
      return refuse(call, tokenInUse(versionId, secret));
    }
    rotation.configure(secret, lambdaArn, rules);
    await openPending(store, secret, versionId);
    if (call.params.RotateImmediately === false) rotation.startTest(secret.arn, versionId);
    else rotation.start(secret.arn, versionId);
    return jsonAnswer({ ...named(secret), VersionId: versionId });
  };

  const cancel: Operation = async (call, next) => {
    const answer = await next();
    if (!isUnknownAction(call, answer)) return answer;
    const secret = await store.find(text(call.params, 'SecretId') ?? '');
    if (secret === undefined) {
      const message = "Secrets Manager can't find the specified secret.";
      return refuse(call, { code: 'ResourceNotFoundException', message });
    }
    if (secret.deleted) return invalidRequest(call, 'The secret was marked for deletion.');
    rotation.cancel(secret.arn);
    const pending = holdersOf(secret, 'AWSPENDING')[0];
    return jsonAnswer({ ...named(secret), ...(pending === undefined ? {} : { VersionId: pending }) });
  };

  const putPolicy: Operation = async (call, next) => {
    if (call.params.BlockPublicPolicy === true && isPublic(text(call.params, 'ResourcePolicy') ?? '')) {
      const message = 'You set the BlockPublicPolicy parameter, and the resource policy grants broad access.';
      return refuse(call, { code: 'PublicPolicyException', message });
    }
    return next();
  };

  const writes: Readonly<Record<string, Operation>> = {
    CreateSecret: checkSize,
    UpdateSecret: checkSize,
    PutSecretValue: put,
    UpdateSecretVersionStage: updateStage,
    RotateSecret: rotate,
    CancelRotateSecret: cancel,
    PutResourcePolicy: putPolicy,
  };

  return (call, next) => {
    if (call.service !== 'secretsmanager') return next();
    const read = reads[call.operation];
    if (read !== undefined) return lock.shared(async () => read(call, await next()));
    const write = writes[call.operation];
    return lock.exclusive(() => (write === undefined ? next() : write(call, next)));
  };
}

/**
 * Asks the emulator whether the caller may make this very call, without letting it take effect: a secret
 * marked for deletion refuses every operation, but only after signature and policies have passed.
 * Resolves to the refusal, or to undefined when the caller is allowed. Needs the exclusive lock.
 */
async function authorised(
  store: SecretStore,
  secret: StoredSecret,
  next: () => Promise<Answer>,
): Promise<Answer | undefined> {
  const answer = await store.whileMarked(secret.arn, next);
  return refusalOf({ protocol: 'json' }, answer)?.message.includes('marked for deletion')
    ? undefined
    : answer;
}

function valueFault(params: JsonObject): { code: string; message: string } | undefined {
  const { SecretString: string, SecretBinary: binary } = params;
  const bytes =
    typeof string === 'string'
      ? Buffer.byteLength(string)
      : Buffer.byteLength(String(binary ?? ''), 'base64');
  if (bytes === 0) {
    const message = 'You must provide either SecretString or SecretBinary.';
    return { code: 'InvalidRequestException', message };
  }
  if (bytes <= MAX_VALUE_BYTES) return undefined;
  const message = `1 validation error detected: the secret value must have length less than or equal to ${MAX_VALUE_BYTES}`;
  return { code: 'ValidationException', message };
}

function digestOf({ SecretString: string, SecretBinary: binary }: JsonObject): string {
  const value = typeof string === 'string' ? `text ${string}` : `bytes ${String(binary ?? '')}`;
  return createHash('sha256').update(value).digest('hex');
}

function tokenInUse(token: string, secret: StoredSecret): { code: string; message: string } {
  const message = `You can't use ClientRequestToken ${token} because that value is already in use for a version of secret ${secret.arn}.`;
  return { code: 'ResourceExistsException', message };
}

function isUnknownAction(call: Call, answer: Answer): boolean {
  return refusalOf(call, answer)?.message.startsWith('Unknown action') === true;
}

function isPublic(policy: string): boolean {
  const statements = jsonObject(Buffer.from(policy)).Statement;
  return [statements].flat().some((each) => {
    const statement = child({ each: each ?? null }, 'each');
    const principal = statement.Principal;
    const everyone = principal === '*' || child(statement, 'Principal').AWS === '*';
    return statement.Effect === 'Allow' && everyone && statement.Condition === undefined;
  });
}

function invalidRequest(call: Call, message: string): Answer {
  return refuse(call, { code: 'InvalidRequestException', message });
}

function named(secret: StoredSecret): { ARN: string; Name: string } {
  return { ARN: secret.arn, Name: secret.name };
}
