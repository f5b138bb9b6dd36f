import { create } from '#core/change.ts';
import { keys } from '#core/keys.ts';
import type { Principal, TokenRecord } from '#core/records.ts';
import { ok } from '#core/result.ts';
import { newIntent } from '#core/rotation/changes.ts';
import { versionFields } from '#core/rotation/version.ts';
import { checkDeclaration } from '#core/token/check-declaration.ts';
import {
  type DeclaredToken,
  parseDeclaration,
  type ShapeProblem,
  toBinding,
  toFields,
  toPolicy,
} from '#core/token/declaration.ts';
import { isLive } from '#core/token/due.ts';
import {
  linkOf,
  newToken,
  rebind,
  register,
  requestRemoval,
  reseal,
  type TokenFacets,
} from '#core/token/issue.ts';
import { revokeToken } from '#core/token/standing.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import { sealFields } from '#functions/apply/seal.ts';
import { firstVersionId, mintFirst } from './first-version.ts';
import { type IssueConfig, IssueError, type IssuePorts, REGISTRAR } from './ports.ts';

/** A declaration as CloudFormation hands it over. */
export interface Registration {
  readonly declaration: string;
  readonly secretArn: string;
  /** CloudFormation's RequestId: the same for every repeat. */
  readonly requestId: string;
}

/** A whole ARN, as the ManagedToken construct gives it. */
const SECRET_ARN = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$/;

/**
 * Holds a registration to every rule that synth holds declarations to: whoever may deploy a stack can write the
 * custom resource by hand, and would decide for themselves what AC-5 and the limits of times forbid.
 *
 * @throws IssueError naming the first thing that is wrong, and what to write instead.
 */
export function checkRegistration(
  { declaration, secretArn }: Registration,
  { stage, deployers = [] }: Pick<IssueConfig, 'stage' | 'deployers'>,
): void {
  const [problem] = checkDeclaration([declaredIn(declaration)], [], { stage, deployers });
  if (problem !== undefined) {
    throw badDeclaration(problem, problem.fix);
  }
  if (!SECRET_ARN.test(secretArn)) {
    throw new IssueError(400, {
      code: 'bad-secret',
      field: 'secretArn',
      problem: 'is not the ARN of a secret',
      fix: 'declare the token through the ManagedToken construct',
    });
  }
}

/**
 * Registers a declared token, or brings a registered one to its declaration (AC-2, IA-4, IA-5). A new one gets
 * version one; one whose removal was pending comes back to life; a revoked id is never used again.
 */
export async function registerToken(
  registration: Registration,
  ports: IssuePorts,
): Promise<{ readonly tokenId: string; readonly keyId: string }> {
  const { declared, facets, secretArn } = await describe(registration, ports);
  await ports.ensurePepper();
  const versionId = firstVersionId(secretArn, registration.requestId);
  const fieldsMac = await sealFields(ports.mac, facets.fields);
  const sealed = { ...facets, fieldsMac, secretArn };
  const link = await ports.registry.get(keys.secret(secretArn));
  if (link !== undefined && link.tokenId !== declared.id) throw takenSecret(secretArn, link.tokenId);
  const existing = await ports.registry.get(keys.token(declared.id));
  if (existing === undefined) {
    const step = { at: ports.clock.now(), actor: REGISTRAR };
    await decideAndCommit<'there'>(ports, async () => {
      const there = await ports.registry.get(keys.token(declared.id));
      if (there !== undefined) return { ok: false, error: 'there' };
      return ok(register({ ...newToken(sealed, step), secretArn }, versionId, step));
    });
  } else {
    if (existing.standing === 'revoked') throw revokedId(declared.id);
    if (existing.secretArn !== secretArn && existing.removal === undefined) throw takenId(declared.id);
    await rebindToken(declared.id, sealed, versionId, ports);
  }
  await ports.destroyPeppers();
  const token = await ports.registry.get(keys.token(declared.id));
  if (token === undefined) throw new Error(`token ${declared.id} vanished while it was registered`);
  // A pending version may carry AWSCURRENT already, and the registry learns of it late: nothing is put over it (S1).
  const current =
    token.versions.find(({ state }) => state === 'current') ??
    token.versions.find(({ state }) => state === 'pending');
  const intent = await ports.registry.get(keys.intent(declared.id, versionId));
  const settled = intent === undefined || intent.state === 'finished';
  if (current !== undefined && settled) return { tokenId: declared.id, keyId: current.keyId };
  if (intent === undefined) await ensureIntent({ ...token, secretArn }, versionId, ports);
  return { tokenId: declared.id, keyId: await mintFirst({ ...token, secretArn }, versionId, ports) };
}

/**
 * The declaration is gone. A sandbox forgets at once; production suspends after a grace and pages. Only whoever
 * holds the token's own secret can remove it: another stack's failed attempt at the same id touches nothing.
 */
export async function removeToken(
  tokenId: string,
  secretArn: string,
  ports: IssuePorts,
  config: Pick<IssueConfig, 'stage'>,
): Promise<void> {
  const at = ports.clock.now();
  const sandbox = config.stage === 'sandbox';
  const done = await decideAndCommit<'nothing'>(ports, async () => {
    const token = await ports.registry.get(keys.token(tokenId));
    if (token === undefined || token.secretArn !== secretArn) return { ok: false, error: 'nothing' };
    if (token.standing === 'revoked' || token.removal !== undefined) {
      return { ok: false, error: 'nothing' };
    }
    if (!sandbox) return ok(requestRemoval(token, { at, actor: REGISTRAR }));
    const versions = await ports.registry.getMany(token.versions.map((ref) => keys.version(ref.keyId)));
    const order = {
      at,
      actor: REGISTRAR,
      reason: 'declaration removed from a sandbox',
      incidentId: `removal:${tokenId}`.slice(0, 64),
    };
    const revoked = revokeToken({ token, versions }, order);
    return revoked.ok ? revoked : { ok: false, error: 'nothing' };
  });
  if (!done.ok || sandbox) return;
  await ports.pager.page({
    key: `removal:${tokenId}`,
    title: `The declaration of token ${tokenId} was removed`,
    body: `It is suspended in 24 hours and revoked in 30 days. Declare the id again to keep it, or revoke it now: tokenward revoke ${tokenId}`,
  });
}

/**
 * A registration that failed is rolled back. What it had registered by then, and nothing else, waits out the grace
 * of a removed declaration, so that the next deployment may declare the id with another secret.
 */
export async function rollBack(
  { declaration, secretArn, requestId }: Registration,
  ports: IssuePorts,
): Promise<void> {
  const declared = parseDeclaration(declaration);
  if (!declared.ok) return;
  const { id } = declared.value;
  const own = await ports.registry.get(keys.intent(id, firstVersionId(secretArn, requestId)));
  if (own !== undefined) await removeToken(id, secretArn, ports, { stage: 'production' });
}

async function describe(
  registration: Registration,
  ports: IssuePorts,
): Promise<{ declared: DeclaredToken; facets: Omit<TokenFacets, 'fieldsMac'>; secretArn: string }> {
  const declared = declaredIn(registration.declaration);
  const principal = await resolve(declared.principal, ports);
  const facets = {
    tokenId: declared.id,
    class: 'managed' as const,
    fields: toFields(declared, principal),
    ...toBinding(declared),
    policy: toPolicy(declared),
  };
  return { declared, facets, secretArn: registration.secretArn };
}

function declaredIn(declaration: string): DeclaredToken {
  const parsed = parseDeclaration(declaration);
  if (parsed.ok) return parsed.value;
  const [first = { field: '', problem: 'unreadable' }] = parsed.error;
  throw badDeclaration(first, 'declare the token through the ManagedToken construct');
}

function badDeclaration({ field, problem }: ShapeProblem, fix: string): IssueError {
  return new IssueError(400, { code: 'bad-declaration', field: `declaration.${field}`, problem, fix });
}

async function resolve(arn: string, ports: IssuePorts): Promise<Principal> {
  const uniqueId = await ports.directory.uniqueIdOf(arn);
  if (uniqueId !== undefined) return { arn, uniqueId };
  throw new IssueError(400, {
    code: 'principal-not-found',
    field: 'principal',
    problem: `${arn} does not exist`,
    fix: 'create the role or user first, or correct its ARN in infra/tokens.ts',
  });
}

async function rebindToken(
  tokenId: string,
  facets: TokenFacets & { secretArn: string },
  versionId: string,
  ports: IssuePorts,
): Promise<void> {
  const step = { at: ports.clock.now(), actor: REGISTRAR };
  const { secretArn } = facets;
  await decideAndCommit<'unchanged'>(ports, async () => {
    const token = await ports.registry.get(keys.token(tokenId));
    if (token === undefined) return { ok: false, error: 'unchanged' };
    if (token.standing === 'revoked') throw revokedId(tokenId);
    const same = sameFacets(token, facets) && token.fieldsMac.pepper === facets.fieldsMac.pepper;
    if (token.removal === undefined && same) return { ok: false, error: 'unchanged' };
    const refs = token.versions.filter((ref) => isLive(ref.state));
    const versions = await ports.registry.getMany(refs.map((ref) => keys.version(ref.keyId)));
    const resealed = await Promise.all(
      versions.map(async (version) => {
        const bound = versionFields(facets.fields, version.createdAt, facets.policy);
        const fields = { ...bound, hardMaxAt: Math.min(bound.hardMaxAt, version.fields.hardMaxAt) };
        return reseal(version, fields, await sealFields(ports.mac, fields, version.keyId));
      }),
    );
    const binding = { facets, versions: resealed };
    if (token.secretArn === secretArn) return ok(rebind({ token, versions }, binding, step));
    const known = await ports.registry.get(keys.secret(secretArn));
    const moved = {
      link: known === undefined ? linkOf({ secretArn, tokenId }) : undefined,
      intent: newIntent({ ...token, secretArn }, versionId, step),
    };
    return ok(rebind({ token, versions }, { ...binding, moved }, step));
  });
}

async function ensureIntent(
  token: TokenRecord & { secretArn: string },
  versionId: string,
  ports: IssuePorts,
): Promise<void> {
  const key = keys.intent(token.tokenId, versionId);
  const step = { at: ports.clock.now(), actor: REGISTRAR };
  await decideAndCommit<'there'>(ports, async () => {
    if ((await ports.registry.get(key)) !== undefined) return { ok: false, error: 'there' };
    return ok({
      writes: [create(newIntent(token, versionId, step))],
      audit: [{ action: 'rotation.begun', ...step, tokenId: token.tokenId, cause: versionId }],
      feed: [],
    });
  });
}

function sameFacets(token: TokenRecord, facets: TokenFacets): boolean {
  const { fieldsMac: _a, ...declared } = facets;
  const picked = Object.fromEntries(
    Object.keys(declared).map((key) => [key, token[key as keyof TokenRecord]]),
  );
  return JSON.stringify(picked) === JSON.stringify(declared);
}

function takenId(tokenId: string): IssueError {
  return new IssueError(409, {
    code: 'id-taken',
    field: 'id',
    problem: `${tokenId} is declared with another secret already`,
    fix: 'choose another id, or remove the other declaration first',
  });
}

function takenSecret(secretArn: string, tokenId: string): IssueError {
  return new IssueError(409, {
    code: 'secret-taken',
    field: 'secretArn',
    problem: `${secretArn} holds token ${tokenId}`,
    fix: 'give each declaration a secret of its own',
  });
}

function revokedId(tokenId: string): IssueError {
  return new IssueError(409, {
    code: 'id-revoked',
    field: 'id',
    problem: `${tokenId} was revoked and is never used again`,
    fix: 'declare the token under a new id',
  });
}
