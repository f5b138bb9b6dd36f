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
  cloudformation: new Set(['TemplateBody']),
};

/** Members that CloudTrail shows as hidden. */
const MASKED = new Set(['SessionToken', 'RotationToken', 'WebIdentityToken', 'SAMLAssertion']);

/** Maps whose keys are the caller's own words, not names of the API. */
const VERBATIM = new Set(['EncryptionContext', 'EncryptionContextSubset']);

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
  if (VERBATIM.has(name)) return value;
  if ((service === 'iam' || service === 'sts') && typeof value === 'string' && ISO_TIME.test(value))
    return spoken(value);
  if (Array.isArray(value)) return value.map((each) => shown(service, '', each as Json));
  if (typeof value === 'object' && value !== null) return trailForm(service, value as JsonObject) ?? {};
  return value;
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)$/;
const DATE = new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', dateStyle: 'medium' });
const TIME = new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', timeStyle: 'medium' });

/** IAM and STS show times in words: `Jul 30, 2024 9:53:13 PM`. */
function spoken(time: string): string {
  const at = new Date(time);
  return `${DATE.format(at)} ${TIME.format(at).replace(/\s/g, ' ')}`;
}

/** `SecretId` → `secretId`; `ARN` → `arn`, as since February 2024. */
function lowerFirst(name: string): string {
  return /^[A-Z]+$/.test(name) ? name.toLowerCase() : `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}
