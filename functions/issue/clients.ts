import * as z from 'zod/mini';
import { keys } from '#core/keys.ts';
import type { Actor, AuthorisingFields, RequestRecord, VersionRecord } from '#core/records.ts';
import { SCHEMA } from '#core/records.ts';
import { ok } from '#core/result.ts';
import { newVersion } from '#core/rotation/version.ts';
import { freeText, lengthWithin } from '#core/text.ts';
import { isSameIdentity } from '#core/token/caller.ts';
import { checkNetworks } from '#core/token/check-declaration.ts';
import type { ExchangeOffer, ReturnOnceOffer } from '#core/token/declaration.ts';
import { holdsToken } from '#core/token/format.ts';
import { fixedLife, issueEphemeral, issueOnce, newToken } from '#core/token/issue.ts';
import { isSamePerson } from '#core/token/people.ts';
import { revokeToken } from '#core/token/standing.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import { sealFields } from '#functions/apply/seal.ts';
import { readTokenValue } from '#issuers/api-token.ts';
import type { Minted } from '#issuers/issuer.ts';
import { type IssueConfig, IssueError, type IssuePorts } from './ports.ts';

/** The one answer that carries a token. */
export interface Issued {
  readonly token: string;
  readonly tokenId: string;
  readonly keyId: string;
  readonly expiresAt: string;
  readonly scopes: readonly string[];
  readonly audience: string;
  /** The keyId that a repeat of the same Idempotency-Key ended. */
  readonly replaced?: string;
}

/** Who asks, by SigV4's word. */
export interface Caller {
  readonly arn: string;
  readonly uniqueId: string;
  readonly sourceIp: string;
  /** Set for a direct invoke, which carries no identity: IAM decided who may invoke, CloudTrail knows who did. */
  readonly invocationId?: string;
}

const ONCE = z.strictObject({
  offer: z.string(),
  client: z.string().check(z.regex(/^[\w.-]{1,64}$/)),
  owner: freeText(128),
  approver: freeText(128),
  changeReference: freeText(128),
  purpose: freeText(256),
  scopes: z.array(z.string()).check(lengthWithin(1, 64)),
  networks: z.optional(z.array(z.string()).check(lengthWithin(0, 16))),
  ttlSeconds: z.optional(z.int().check(z.minimum(60))),
});

const KEY = /^[\x21-\x7e]{8,128}$/;
const REQUEST_KEPT_SECONDS = 30 * 24 * 3_600;

/** A token for a client outside AWS, shown once. A repeat of the Idempotency-Key ends the first and makes another (S7). */
export async function issueReturnOnce(
  body: unknown,
  idempotencyKey: string | undefined,
  offer: ReturnOnceOffer,
  caller: Caller,
  ports: IssuePorts,
  config: IssueConfig,
): Promise<Issued> {
  const direct = caller.invocationId !== undefined;
  if (!direct && !offer.issuers.some((issuer) => isSameIdentity(caller.arn, issuer))) throw forbidden();
  if (idempotencyKey === undefined || !KEY.test(idempotencyKey) || holdsToken(idempotencyKey)) {
    throw bad(
      'Idempotency-Key',
      'missing or unusable',
      'send a header of 8 to 128 printable characters, new for each token',
    );
  }
  const asked = checkOnce(body, offer, caller);
  await ports.ensurePepper();
  const at = ports.clock.now();
  const step = { at, actor: actorOf(caller) };
  const ttlMs = Math.min(asked.ttlSeconds ?? offer.maxTtlSeconds, offer.maxTtlSeconds) * 1000;
  const suffix = Buffer.from(await ports.keys.randomBytes(8)).toString('hex');
  const tokenId = `${offer.id}-${suffix}`.slice(0, 64);
  const fields: AuthorisingFields = {
    tokenId,
    principal: { arn: `external:${asked.client}` },
    scopes: asked.scopes,
    audience: offer.audience,
    networks: asked.networks ?? [],
    hardMaxAt: 0,
  };
  const made = await ports.issuer.mint({ expiresAt: at + ttlMs, audience: offer.audience });
  const version = await versionOf(made, { ...fields, hardMaxAt: at + ttlMs }, 'return-once', at, ports);
  const { owner, approver, changeReference, purpose } = asked;
  const token = newToken(
    {
      tokenId,
      class: 'return-once',
      fields,
      fieldsMac: await sealFields(ports.mac, fields),
      readers: [],
      regions: [],
      criticality: 'normal',
      canary: false,
      owner,
      approver,
      changeReference,
      purpose,
      policy: fixedLife(ttlMs),
    },
    step,
  );
  let replaced: string | undefined;
  await decideAndCommit<never>(ports, async () => {
    const read = await ports.registry.get(keys.request(caller.arn, idempotencyKey));
    const record: RequestRecord = {
      schema: SCHEMA,
      kind: 'request',
      rev: 0,
      principal: caller.arn,
      idempotencyKey,
      tokenId,
      keyId: made.keyId,
      at,
      ttlSeconds: Math.floor(at / 1000) + REQUEST_KEPT_SECONDS,
    };
    const former = read === undefined ? undefined : await ports.registry.get(keys.token(read.tokenId));
    const versions =
      former === undefined
        ? []
        : await ports.registry.getMany(former.versions.map((ref) => keys.version(ref.keyId)));
    const ended =
      former === undefined
        ? undefined
        : revokeToken(
            { token: former, versions },
            {
              ...step,
              reason: 'replaced by a repeat of its Idempotency-Key',
              incidentId: `replaced:${tokenId}`.slice(0, 64),
            },
          );
    replaced = ended?.ok ? read?.keyId : undefined;
    return ok(issueOnce(token, version, { record, read }, ended?.ok ? ended.value : undefined, step));
  });
  ports.metrics.count('TokensIssued', 1, { environment: config.environment });
  return { ...reveal(made, version), ...(replaced === undefined ? {} : { replaced }) };
}

/** A token for minutes, bound to the IAM principal that calls. Nothing of it is vaulted. */
export async function exchange(offer: ExchangeOffer, caller: Caller, ports: IssuePorts): Promise<Issued> {
  if (!isSameIdentity(caller.arn, offer.principal)) throw forbidden();
  const uniqueId = await ports.directory.uniqueIdOf(offer.principal);
  if (uniqueId === undefined || uniqueId !== caller.uniqueId) throw forbidden();
  await ports.ensurePepper();
  const at = ports.clock.now();
  const expiresAt = at + offer.ttlSeconds * 1000;
  const made = await ports.issuer.mint({ expiresAt, audience: offer.audience });
  const fields: AuthorisingFields = {
    tokenId: offer.id,
    principal: { arn: offer.principal, uniqueId },
    scopes: offer.scopes,
    audience: offer.audience,
    networks: offer.networks,
    hardMaxAt: expiresAt,
  };
  const version = {
    ...(await versionOf(made, fields, 'ephemeral', at, ports)),
    ttlSeconds: Math.ceil(expiresAt / 1000) + 24 * 3_600,
  };
  await decideAndCommit<never>(ports, async () =>
    ok(issueEphemeral(version, { at, actor: actorOf(caller) })),
  );
  ports.metrics.count('TokensExchanged');
  return reveal(made, version);
}

/** Who acts, in the audit log. */
function actorOf(caller: Caller): Actor {
  const { arn, uniqueId, sourceIp, invocationId } = caller;
  if (invocationId !== undefined) return { kind: 'invoke', id: invocationId };
  return { kind: 'iam', id: arn, uniqueId, sourceIp };
}

function checkOnce(body: unknown, offer: ReturnOnceOffer, caller: Caller): z.infer<typeof ONCE> {
  const read = ONCE.safeParse(body);
  if (!read.success) {
    const issue = read.error.issues[0];
    throw bad(
      String(issue?.path[0] ?? 'body'),
      issue?.message ?? 'unreadable',
      'see `POST /tokens` in README.md',
    );
  }
  const asked = read.data;
  const beyond = asked.scopes.find((scope) => !offer.scopes.includes(scope));
  if (beyond !== undefined)
    throw bad('scopes', `${beyond} is not in offer ${offer.id}`, `choose among ${offer.scopes.join(', ')}`);
  if ([asked.owner, caller.arn].some((other) => isSamePerson(asked.approver, other))) {
    throw bad(
      'approver',
      'is the owner or the issuer',
      'name a person who neither owns nor issues the token (AC-5)',
    );
  }
  checkNetworks(asked.networks ?? [], (field, problem, fix) => {
    throw bad(field, problem, fix);
  });
  return asked;
}

async function versionOf(
  made: Minted,
  fields: AuthorisingFields,
  tokenClass: 'return-once' | 'ephemeral',
  at: number,
  ports: IssuePorts,
): Promise<VersionRecord> {
  return newVersion({
    keyId: made.keyId,
    versionId: made.keyId,
    class: tokenClass,
    state: 'current',
    canary: false,
    fields,
    fieldsMac: await sealFields(ports.mac, fields, made.keyId),
    tokenMac: made.tokenMac,
    createdAt: at,
  });
}

function reveal(made: Minted, version: VersionRecord): Issued {
  const token = readTokenValue(made.value);
  if (token === undefined) throw new TypeError('the issuer made a value that it does not recognise');
  return {
    token: token.token.reveal(),
    tokenId: version.fields.tokenId,
    keyId: version.keyId,
    expiresAt: new Date(version.expiresAt).toISOString(),
    scopes: version.fields.scopes,
    audience: version.fields.audience,
  };
}

const bad = (field: string, problem: string, fix: string): IssueError =>
  new IssueError(400, { code: 'bad-request', field, problem, fix });

const forbidden = (): IssueError =>
  new IssueError(403, {
    code: 'forbidden',
    field: 'caller',
    problem: 'may not use this offer',
    fix: 'ask the owner of infra/tokens.ts',
  });
