import type { Json, JsonObject } from '../call.ts';

/** The mark that CloudTrail leaves where it took a value out. */
const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';

/** Members that CloudTrail leaves out of the record, by the service's signing name. */
const OMITTED: Readonly<Record<string, ReadonlySet<string>>> = {
  secretsmanager: new Set(['SecretString', 'SecretBinary']),
  kms: new Set(['Plaintext', 'CiphertextBlob', 'Message', 'Mac', 'Signature', 'PublicKey']),
  iam: new Set(['SecretAccessKey', 'Password']),
  sts: new Set(['SecretAccessKey']),
  lambda: new Set(['ZipFile', 'Environment', 'Location']),
  ssm: new Set(['Value']),
};

/** Members that CloudTrail shows as hidden. */
const MASKED = new Set(['SessionToken', 'RotationToken', 'WebIdentityToken', 'SAMLAssertion']);

/**
 * Writes parameters or results the way CloudTrail does: names begin in lower case, what is secret is left
 * out or masked, and an empty set is null.
 */
export function trailForm(service: string, value: JsonObject): Json {
  const omitted = OMITTED[service] ?? new Set<string>();
  const entries = Object.entries(value).filter(([name]) => !omitted.has(name));
  if (entries.length === 0) return null;
  return Object.fromEntries(entries.map(([name, inner]) => [lowerFirst(name), shown(service, name, inner)]));
}

function shown(service: string, name: string, value: Json): Json {
  if (MASKED.has(name)) return HIDDEN;
  if (Array.isArray(value)) return value.map((each) => shown(service, '', each as Json));
  if (typeof value === 'object' && value !== null) return trailForm(service, value as JsonObject) ?? {};
  return value;
}

/** `SecretId` → `secretId`; `ARN` → `arn`, as since February 2024. */
function lowerFirst(name: string): string {
  return /^[A-Z]+$/.test(name) ? name.toLowerCase() : `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}
