import { createHash } from 'node:crypto';
import { keys } from '#core/keys.ts';
import type { IntentRecord, TokenRecord } from '#core/records.ts';
import { ok } from '#core/result.ts';
import { minted } from '#core/rotation/changes.ts';
import { newVersion, versionFields } from '#core/rotation/version.ts';
import { issueFirst } from '#core/token/issue.ts';
import { decideAndCommit, eventually } from '#functions/apply/decide.ts';
import { sealFields } from '#functions/apply/seal.ts';
import type { Minted } from '#issuers/issuer.ts';
import { IssueError, type IssuePorts, REGISTRAR } from './ports.ts';

type Vaulted = TokenRecord & { secretArn: string };

/** The version id of one registration: a repeat of the same request makes the same version. */
export function firstVersionId(secretArn: string, requestId: string): string {
  const digest = createHash('sha256').update(`first\n${secretArn}\n${requestId}`).digest('hex');
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

/**
 * Mints version one straight into AWSCURRENT, under an intent that is there already. May be repeated after a
 * crash at any point; a value that an earlier attempt vaulted is found and adopted.
 */
export async function mintFirst(token: Vaulted, versionId: string, ports: IssuePorts): Promise<string> {
  const key = keys.intent(token.tokenId, versionId);
  const intent = await ports.registry.get(key);
  if (intent === undefined) throw new Error(`the intent of version ${versionId} is gone`);
  if (intent.state === 'finished' && intent.keyId !== undefined) return intent.keyId;
  if (token.standing !== 'active') throw notActive(token);
  const made = (await earlier(token, intent, ports)) ?? (await vaultNew(token, intent, ports));
  const done = await decideAndCommit<string>(ports, async () => {
    const fresh = await ports.registry.get(keys.token(token.tokenId));
    const open = await ports.registry.get(key);
    if (fresh === undefined || open === undefined || open.state === 'finished')
      return { ok: false, error: 'done' };
    if (fresh.standing !== 'active') throw notActive(fresh);
    const former = await ports.registry.getMany(
      fresh.versions.filter(({ state }) => state === 'current').map((ref) => keys.version(ref.keyId)),
    );
    const fields = versionFields(fresh.fields, open.startedAt, fresh.policy);
    const version = newVersion({
      keyId: made.keyId,
      versionId,
      class: fresh.class,
      state: 'current',
      canary: fresh.canary,
      fields,
      fieldsMac: await sealFields(ports.mac, fields, made.keyId),
      tokenMac: made.tokenMac,
      createdAt: open.startedAt,
    });
    const step = { at: ports.clock.now(), actor: REGISTRAR };
    const closing = { ...open, keyId: made.keyId, tokenMac: made.tokenMac };
    return ok(issueFirst(fresh, closing, version, step, former));
  });
  if (done.ok) ports.metrics.count('TokensRegistered');
  return made.keyId;
}

/** Nothing is minted for a token that is stopped (S14). */
function notActive({ tokenId, standing }: TokenRecord): IssueError {
  return new IssueError(409, {
    code: `token-${standing}`,
    field: 'id',
    problem: `${tokenId} is ${standing}, and its secret has no value yet`,
    fix: standing === 'suspended' ? 'release it first' : 'declare the token under a new id',
  });
}

async function earlier(token: Vaulted, intent: IntentRecord, ports: IssuePorts): Promise<Minted | undefined> {
  if (intent.state === 'begun') return undefined;
  return readBack(token, intent.versionId, 2, ports);
}

async function vaultNew(token: Vaulted, intent: IntentRecord, ports: IssuePorts): Promise<Minted> {
  const made = await ports.issuer.mint({
    expiresAt: intent.startedAt + token.policy.hardMaxMs,
    audience: token.fields.audience,
  });
  await decideAndCommit<string>(ports, async () => {
    const open = await ports.registry.get(keys.intent(token.tokenId, intent.versionId));
    if (open === undefined || open.state === 'finished') return { ok: false, error: 'done' };
    return ok(minted(open, made, { at: ports.clock.now(), actor: REGISTRAR }));
  });
  const put = await ports.vault.put({
    secretId: token.secretArn,
    versionId: intent.versionId,
    value: made.value,
    stage: 'AWSCURRENT',
  });
  if (put.ok) return made;
  const found = put.error.reason === 'exists' ? await readBack(token, intent.versionId, 5, ports) : undefined;
  if (found !== undefined) return found;
  throw new IssueError(409, {
    code: 'secret-unusable',
    field: 'secretArn',
    problem: `${token.secretArn} ${put.error.reason === 'exists' ? 'holds a value that Tokenward did not make' : 'does not exist'}`,
    fix: 'let the ManagedToken construct make the secret',
  });
}

async function readBack(
  token: Vaulted,
  versionId: string,
  attempts: number,
  ports: IssuePorts,
): Promise<Minted | undefined> {
  const value = await eventually(ports, attempts, async () => {
    const read = await ports.vault.value(token.secretArn, versionId);
    return read.ok ? read.value : undefined;
  });
  return value === undefined ? undefined : ports.issuer.recognise(value);
}
