import type { AuditEntry } from '../audit/entry.ts';
import { type Change, create, update } from '../change.ts';
import type { Actor, EpochMs, IntentRecord, Mac, TokenRecord, VersionRecord } from '../records.ts';
import { SCHEMA } from '../records.ts';
import { withDue, withVersionDue } from '../token/due.ts';
import { withVersions } from '../token/versions.ts';

/** An intent not finished by then is the sweep's to finish or undo (L1, L5). */
const INTENT_PATIENCE_MS: number = 15 * 60_000;

/** Finished intents leave the table after this long. */
const INTENT_KEPT_MS: number = 30 * 24 * 3_600_000;

/** When and by whom a step is taken; `cause` is the ClientRequestToken. */
export interface Step {
  readonly at: EpochMs;
  readonly actor: Actor;
}

/** A token with a secret to mint into. */
export type Vaulted = TokenRecord & { readonly secretArn: string };

/** What is about to be minted, before it is: a crash leaves something to finish (F1, F2). */
export function newIntent(token: Vaulted, versionId: string, step: Step): IntentRecord {
  return {
    schema: SCHEMA,
    kind: 'intent',
    rev: 0,
    tokenId: token.tokenId,
    versionId,
    secretArn: token.secretArn,
    issuer: token.issuer,
    state: 'begun',
    startedAt: step.at,
    dueAt: step.at + INTENT_PATIENCE_MS,
  };
}

/** The intent of a rotation, with its record. */
export function begin(token: Vaulted, versionId: string, step: Step): Change {
  const intent = newIntent(token, versionId, step);
  return {
    writes: [create(intent)],
    audit: [entry('rotation.begun', token.tokenId, intent, step)],
    feed: [],
  };
}

/** A value was made and is about to be put into the vault; only its public facts are kept. */
export function minted(intent: IntentRecord, made: { keyId: string; tokenMac: Mac }, step: Step): Change {
  const { keyId, tokenMac } = made;
  const next: IntentRecord = { ...intent, state: 'minted', keyId, tokenMac };
  return {
    writes: [update(intent, next)],
    audit: [entry('rotation.minted', intent.tokenId, next, step)],
    feed: [],
  };
}

/** The new version becomes acceptable: pending, until the label has moved. */
export function set(token: TokenRecord, intent: IntentRecord, version: VersionRecord, step: Step): Change {
  return {
    writes: [
      create(withVersionDue(version)),
      update(token, withDue(withVersions(token, [version]))),
      update(intent, { ...intent, state: 'set' }),
    ],
    audit: [entry('version.set', token.tokenId, intent, step)],
    feed: [],
  };
}

/** What finishing a rotation is decided from. `others`: every other live version of the token. */
export interface FinishFacts {
  readonly token: TokenRecord;
  readonly intent: IntentRecord;
  readonly version: VersionRecord;
  readonly others: readonly VersionRecord[];
}

/**
 * The label has moved, so the registry follows: the new version is current, the former current one retires until
 * `now + overlap` at the latest. A revoked version stays revoked whatever the label says (S3).
 */
export function finish(facts: FinishFacts, step: Step): Change {
  const { token, intent, version, others } = facts;
  const promoted = withVersionDue({ ...version, state: 'current' });
  const retiring = others
    .filter((other) => other.state === 'current')
    .map((other) =>
      withVersionDue({
        ...other,
        state: 'retiring',
        expiresAt: Math.min(other.expiresAt, step.at + token.policy.overlapMs),
      }),
    );
  const { nudge: _n, reissue, ...rest } = token;
  const next = withDue(withVersions({ ...rest, warnedPercent: 0 }, [promoted, ...retiring]));
  return {
    writes: [
      update(token, next),
      update(version, promoted),
      // Each still carries the revision at which it was read.
      ...retiring.map((other) => update(other, other)),
      update(intent, finished(intent, 'finished', step)),
    ],
    audit: [
      entry('version.promoted', token.tokenId, intent, step),
      ...retiring.map(
        (other): AuditEntry => ({
          ...entry('version.retiring', token.tokenId, intent, step),
          keyId: other.keyId,
          details: { until: new Date(other.expiresAt).toISOString() },
        }),
      ),
      ...(reissue === undefined
        ? []
        : [
            {
              ...entry('token.reissue-completed', token.tokenId, intent, step),
              incidentId: reissue.incidentId,
            },
          ]),
    ],
    feed: [version.keyId, ...retiring.map((other) => other.keyId)],
  };
}

/** The rotation is given up: what it made is revoked, the intent closed; AWSCURRENT is untouched (F5). */
export function abort(
  facts: { readonly token: TokenRecord; readonly intent: IntentRecord; readonly version?: VersionRecord },
  reason: string,
  step: Step,
  action: 'rotation.aborted' | 'rotation.repaired' = 'rotation.aborted',
): Change {
  const { token, intent, version } = facts;
  const closed = update(intent, finished(intent, 'aborted', step));
  const told = { ...entry(action, token.tokenId, intent, step), reason };
  if (version === undefined || version.state !== 'pending')
    return { writes: [closed], audit: [told], feed: [] };
  const ended = withVersionDue({ ...version, state: 'revoked' });
  return {
    writes: [update(token, withDue(withVersions(token, [ended]))), update(version, ended), closed],
    audit: [told, { ...entry('version.revoked', token.tokenId, intent, step), reason }],
    feed: [ended.keyId],
  };
}

function finished(intent: IntentRecord, state: 'finished' | 'aborted', step: Step): IntentRecord {
  const { dueAt: _, ...rest } = intent;
  return { ...rest, state, ttlSeconds: Math.floor((step.at + INTENT_KEPT_MS) / 1000) };
}

function entry(action: AuditEntry['action'], tokenId: string, intent: IntentRecord, step: Step): AuditEntry {
  return {
    action,
    at: step.at,
    actor: step.actor,
    tokenId,
    ...(intent.keyId === undefined ? {} : { keyId: intent.keyId }),
    cause: intent.versionId,
  };
}
