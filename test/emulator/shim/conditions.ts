import { isObject, type Json, type JsonObject, transform } from './template.ts';

/** Condition keys of services that the emulator gives no value: an Allow that names one would never match. */
const WITHOUT_VALUE = /^(kms|events|secretsmanager|iam):/i;

/**
 * What a bucket's policy denies by a key without a value there would be denied to everybody, and all here goes over
 * plain HTTP: such a denial is made to match nobody.
 */
const UNJUDGED = /^(s3:|aws:SecureTransport$)/i;
const NOBODY: JsonObject = { StringEquals: { 'aws:PrincipalArn': 'arn:aws:dropped:::nobody' } };

const ROLE = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;

/**
 * Conditions as the emulator can judge them. Keys without a value there go from every Allow: the local variant is
 * wider by exactly these and by {@link UNJUDGED}, and the production template is asserted with them. `aws:PrincipalArn` of a role's
 * session is the role's ARN on AWS and the session's there: both are listed.
 */
export function localConditions(value: Json): Json {
  return transform(value, (node) => {
    const { Condition: written, ...rest } = node;
    if (!isObject(written) || typeof node.Effect !== 'string') return node;
    if (isBucketDenial(node) && namesUnjudged(written)) return { ...rest, Condition: NOBODY };
    const kept: Record<string, Json> = {};
    for (const [operator, keys] of Object.entries(written)) {
      const left = isObject(keys) ? judged(keys, node.Effect) : {};
      if (Object.keys(left).length > 0) kept[operator] = left;
    }
    return Object.keys(kept).length === 0 ? rest : { ...rest, Condition: kept };
  });
}

function isBucketDenial({ Effect, Action: actions }: JsonObject): boolean {
  const [action] = Array.isArray(actions) ? actions : [actions];
  return Effect === 'Deny' && typeof action === 'string' && action.startsWith('s3:');
}

const namesUnjudged = (written: JsonObject): boolean =>
  Object.values(written).some(
    (keys) => isObject(keys as Json) && Object.keys(keys as JsonObject).some((key) => UNJUDGED.test(key)),
  );

function judged(keys: JsonObject, effect: string): Record<string, Json> {
  const left: Record<string, Json> = {};
  for (const [key, value] of Object.entries(keys)) {
    if (value === undefined || (effect === 'Allow' && WITHOUT_VALUE.test(key))) continue;
    left[key] = key === 'aws:PrincipalArn' ? withSessions(value) : value;
  }
  return left;
}

function withSessions(value: Json): Json {
  const arns: readonly Json[] = Array.isArray(value) ? value : [value];
  const sessions = arns.flatMap((arn) => {
    const [, partition, account, name] = (typeof arn === 'string' && ROLE.exec(arn)) || [];
    return name === undefined ? [] : [`arn:${partition}:sts::${account}:assumed-role/${name}/*`];
  });
  return [...arns, ...sessions];
}
