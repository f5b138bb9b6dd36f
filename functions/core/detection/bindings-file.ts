import * as z from 'zod/mini';
import { ok, type Result, refuse } from '../result.ts';
import { type Contracts, indexContracts } from './contract.ts';

/** Versions of the bindings file that this code reads. */
const VERSION = 1;

const text = (most: number): z.ZodMiniString => z.string().check(z.minLength(1), z.maxLength(most));
const texts = z._default(z.array(text(2_048)), []);
const flag = z._default(z.boolean(), false);
const time = z.nullable(z.number());

const CREDENTIAL = z.object({
  credential: text(2_048),
  principal: z._default(z.string(), ''),
  owner: z._default(z.string(), ''),
  readers: texts,
  secrets: texts,
  networks: texts,
  regions: texts,
  clientFamily: z._default(z.nullable(z.string()), null),
  criticality: z._default(z.enum(['production', 'standard']), 'standard'),
  canary: flag,
  peerGroup: z._default(z.nullable(z.string()), null),
  breakGlass: flag,
});

const SECRET = z.object({
  secret: text(2_048),
  readers: texts,
  canary: flag,
  owner: z._default(z.string(), ''),
  currentVersion: z._default(z.nullable(z.string()), null),
  versions: z._default(
    z.array(
      z.object({
        versionId: text(256),
        currentFrom: z.number(),
        retiredAt: z._default(time, null),
        graceUntil: z._default(time, null),
      }),
    ),
    [],
  ),
});

const FILE = z.object({
  version: z.literal(VERSION),
  credentials: z._default(z.array(CREDENTIAL), []),
  secrets: z._default(z.array(SECRET), []),
  exempt: z._default(z.array(z.object({ role: text(2_048), sessionName: text(256) })), []),
});

/** What is wrong with a bindings file, in a form that whoever wrote it can act on. */
export interface BadBindings {
  readonly field: string;
  readonly problem: string;
  readonly fix: string;
}

/** How to mend a field, by its own name. */
const FIXES: Readonly<Record<string, string>> = {
  version: `write "version": ${VERSION}`,
  credential: 'give an access key id, or the ARN of a role or user for all its sessions',
  secret: 'give the secret’s full ARN',
  readers: 'give a list of role or user ARNs',
  secrets: 'give a list of secret ARNs',
  networks: 'give a list of CIDR blocks or vpce-… ids; leave it out for any',
  regions: 'give a list of regions; leave it out for any',
  clientFamily: 'give the tool’s name, such as boto3 or aws-sdk-java, or null for any',
  criticality: 'write "production" or "standard"',
  canary: 'write true or false',
  breakGlass: 'write true or false',
  peerGroup: 'give a name that credentials of the same job share, or null',
  versions: 'give a list of {versionId, currentFrom, retiredAt, graceUntil}',
  versionId: 'give the id that Secrets Manager gave the version',
  currentFrom: 'give a time in epoch milliseconds',
  retiredAt: 'give a time in epoch milliseconds, or null while it is current',
  graceUntil: 'give a time in epoch milliseconds, or null for no grace',
  role: 'give the exact ARN of the exempt role',
  sessionName: 'give the exact name of the exempt session: a role is never exempt as a whole',
};

const FIX_FILE = 'write {"version": 1, "credentials": […], "secrets": […], "exempt": […]}';

/**
 * Reads what was promised from a parsed bindings file.
 *
 * @example
 * { "version": 1,
 *   "credentials": [{ "credential": "AKIA…", "principal": "arn:aws:iam::111122223333:user/orders", "owner": "orders-team",
 *     "networks": ["10.20.0.0/16"], "regions": ["eu-west-1"], "clientFamily": "boto3", "criticality": "production" }],
 *   "secrets": [{ "secret": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders-AbCdEf",
 *     "readers": ["arn:aws:iam::111122223333:user/orders"],
 *     "versions": [{ "versionId": "…", "currentFrom": 1795600000000, "retiredAt": null, "graceUntil": null }] }],
 *   "exempt": [{ "role": "arn:aws:iam::111122223333:role/tokenward-rotate", "sessionName": "tokenward-rotate" }] }
 */
export function parseBindings(value: unknown): Result<Contracts, BadBindings> {
  const read = FILE.safeParse(value);
  if (!read.success) {
    const [{ path, message }] = read.error.issues as [z.core.$ZodIssue];
    const named = path.findLast((part) => typeof part === 'string') as string | undefined;
    return refuse({
      field: path.map(String).join('.') || 'the file',
      problem: message,
      fix: FIXES[named ?? ''] ?? FIX_FILE,
    });
  }
  const { credentials, secrets, exempt } = read.data;
  const bindings = credentials.map(({ readers: _, peerGroup, ...binding }) => ({
    ...binding,
    peerGroup: peerGroup ?? '',
  }));
  return ok(indexContracts(bindings, secrets, exempt));
}
