import { refuse, withJson } from '../answers.ts';
import { type Answer, type Call, child, type Json, type JsonObject, jsonObject, text } from '../call.ts';
import type { Rotation, RotationSettings } from './rotation.ts';
import type { SecretStore } from './store.ts';

type Correct = (call: Call, answer: Answer) => Promise<Answer>;

const asIs: Correct = async (_call, answer) => answer;

/**
 * Corrections of what the emulator answers to reads, by operation.
 *
 * The emulator has no notion of a version without a value: it keeps one where CloudFormation made a secret
 * with no value, and where a rotation has only begun. The first does not exist on AWS; the second exists
 * by its AWSPENDING label, and reading it finds nothing.
 */
export function createReads(store: SecretStore, rotation: Rotation): Readonly<Record<string, Correct>> {
  const withValue = new Set<string>();

  const exists = async (arn: string, versionId: string, labels: readonly Json[]): Promise<boolean> => {
    const key = `${arn} ${versionId}`;
    if (labels.includes('AWSPENDING') || withValue.has(key)) return true;
    if ((await store.readValue(arn, versionId)) === undefined) return false;
    withValue.add(key);
    return true;
  };

  const getValue: Correct = async (call, answer) => {
    if (answer.status !== 200) return answer;
    const value = jsonObject(answer.body);
    const versionId = text(call.params, 'VersionId');
    const stage = text(call.params, 'VersionStage');
    const labels = listAt(value, 'VersionStages');
    if (versionId !== undefined && stage !== undefined && !labels.includes(stage)) {
      const message = 'You provided a VersionStage that is not associated to the provided VersionId.';
      return refuse(call, { code: 'InvalidRequestException', message });
    }
    if (value.SecretString || value.SecretBinary) return answer;
    const sought =
      versionId === undefined ? `staging label: ${stage ?? 'AWSCURRENT'}` : `VersionId: ${versionId}`;
    const message = `Secrets Manager can't find the specified secret value for ${sought}`;
    return refuse(call, { code: 'ResourceNotFoundException', message });
  };

  const describe: Correct = async (_call, answer) => {
    if (answer.status !== 200) return answer;
    const value = jsonObject(answer.body);
    const arn = text(value, 'ARN') ?? '';
    const stages: Record<string, Json> = {};
    // Of a secret marked for deletion no value can be read, so all its versions are taken for real.
    const deleted = typeof value.DeletedDate === 'number';
    for (const [versionId, labels] of Object.entries(child(value, 'VersionIdsToStages'))) {
      if (Array.isArray(labels) && (deleted || (await exists(arn, versionId, labels))))
        stages[versionId] = labels;
    }
    return withJson(answer, {
      ...value,
      VersionIdsToStages: stages,
      ...rotationFields(rotation.settingsOf(arn)),
    });
  };

  const listVersions: Correct = async (call, answer) => {
    if (answer.status !== 200) return answer;
    const value = jsonObject(answer.body);
    const arn = text(value, 'ARN') ?? '';
    const kept: Json[] = [];
    for (const version of objectsAt(value, 'Versions')) {
      const labels = listAt(version, 'VersionStages');
      if (labels.length === 0 && call.params.IncludeDeprecated !== true) continue;
      if (await exists(arn, text(version, 'VersionId') ?? '', labels)) kept.push(version);
    }
    return withJson(answer, { ...value, Versions: kept });
  };

  const list: Correct = async (_call, answer) => {
    if (answer.status !== 200) return answer;
    const value = jsonObject(answer.body);
    const secrets = objectsAt(value, 'SecretList').map((secret) => ({
      ...secret,
      ...rotationFields(rotation.settingsOf(text(secret, 'ARN') ?? '')),
    }));
    return withJson(answer, { ...value, SecretList: secrets });
  };

  return {
    GetSecretValue: getValue,
    DescribeSecret: describe,
    ListSecretVersionIds: listVersions,
    ListSecrets: list,
    BatchGetSecretValue: asIs,
    GetResourcePolicy: asIs,
    GetRandomPassword: asIs,
    ValidateResourcePolicy: asIs,
  };
}

function rotationFields(settings: RotationSettings | undefined): JsonObject {
  if (settings === undefined) return {};
  const { enabled, lambdaArn, rules, lastRotatedAt, nextRotationAt } = settings;
  return {
    RotationEnabled: enabled,
    RotationLambdaARN: lambdaArn,
    RotationRules: rules,
    ...(lastRotatedAt === undefined ? {} : { LastRotatedDate: lastRotatedAt / 1000 }),
    ...(nextRotationAt === undefined ? {} : { NextRotationDate: nextRotationAt / 1000 }),
  };
}

function listAt(from: JsonObject, key: string): readonly Json[] {
  const value = from[key];
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function objectsAt(from: JsonObject, key: string): readonly JsonObject[] {
  return listAt(from, key).map((value) => child({ value }, 'value'));
}
