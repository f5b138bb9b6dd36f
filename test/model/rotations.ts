import { keys } from '#core/keys.ts';
import type { IntentRecord } from '#core/records.ts';
import { ORDERS } from '../loop/system.ts';
import * as model from './model.ts';
import { isLive, type Model, type Token, type Version } from './model.ts';
import { type Real, textOf, versionsIn } from './real.ts';

const OVERLAP_MS = ORDERS.overlapMinutes * 60_000;
const LIFE_MS = ORDERS.hardMaxHours * 3_600_000;

/** Every rotation that ended since the last look, told to the model; what it must or may not have done is checked. */
export function rotations(state: Model, real: Real): string[] {
  const { outcomes } = real.system.ports.vault;
  const ended = outcomes.slice(real.rotated);
  real.rotated = outcomes.length;
  const lines = ended.flatMap(({ secretArn, versionId, outcome, error }) => {
    const token = [...state.tokens.values()].find(({ id }) => real.arns.get(id) === secretArn);
    if (token === undefined) throw new Error(`a rotation of nobody's secret: ${secretArn}`);
    return rotated(token, versionId, { outcome, error }, real);
  });
  for (const { id, label } of state.tokens.values()) {
    if (label !== undefined && label !== labelOf(real, id))
      throw new Error(`AWSCURRENT of ${id} has left ${label}`);
  }
  return lines;
}

const labelOf = ({ system, arns }: Real, tokenId: string): string | undefined =>
  system.ports.vault.current(arns.get(tokenId) ?? '')?.versionId;

function rotated(
  token: Token,
  versionId: string,
  { outcome, error }: { readonly outcome: string; readonly error?: unknown },
  real: Real,
): string[] {
  const intent = intentOf(real, token.id, versionId);
  const lines: string[] = [];
  let version = token.versions.find((candidate) => candidate.versionId === versionId);
  const made = versionsIn(real).find((record) => record.versionId === versionId);
  if (version === undefined && made !== undefined) {
    version = fresh(made.keyId, versionId, token, intent, real);
    lines.push(...model.set(token, version));
  }
  const wasDead =
    version !== undefined && (!isLive(version) || version.endsAt <= real.system.world.clock.now());
  if (intent?.state === 'finished' && version?.state === 'pending') {
    lines.push(...promoted(token, version, real));
  } else if (intent?.state === 'aborted' && token.open.some((open) => open.versionId === versionId)) {
    if (!wasDead || version === undefined)
      throw new Error(`rotation ${versionId} was given up, though its version was good`);
    lines.push('rotation.aborted', ...model.revokeVersion(version));
  }
  if (version !== undefined && labelOf(real, token.id) === versionId) token.label = versionId;
  if (outcome === 'succeeded' && version?.state !== 'current') {
    throw new Error(`rotation ${versionId} of ${token.id} succeeded, its version is ${version?.state}`);
  }
  const mustSucceed = token.standing === 'active' && !wasDead && outcome !== 'abandoned';
  if (outcome !== 'succeeded' && mustSucceed && !real.crashed) {
    throw new Error(`rotation ${versionId} of ${token.id} was ${outcome} without a reason: ${error}`);
  }
  if (token.standing !== 'active' && lines.length > 0) {
    throw new Error(`rotated while ${token.standing}: ${lines.join(', ')}`);
  }
  return lines;
}

function fresh(
  keyId: string,
  versionId: string,
  token: Token,
  intent: IntentRecord | undefined,
  real: Real,
): Version {
  if (intent === undefined) throw new Error(`version ${versionId} has no intent`);
  const text = textOf(real, token.id, versionId);
  return { keyId, versionId, text, state: 'pending', suspended: false, endsAt: intent.startedAt + LIFE_MS };
}

/** The overlap runs from the promotion, which was some time during the command: the table says when, within bounds. */
function promoted(token: Token, version: Version, real: Real): string[] {
  const now = real.system.world.clock.now();
  const lines = model.promote(token, version, now + OVERLAP_MS);
  const stored = new Map(versionsIn(real).map((record) => [record.keyId, record.expiresAt]));
  for (const other of token.versions.filter(({ state }) => state === 'retiring')) {
    const end = stored.get(other.keyId) ?? 0;
    const isNear = end <= other.endsAt && end >= other.endsAt - 5 * 60_000;
    if (isNear) other.endsAt = end;
  }
  return lines;
}

function intentOf(real: Real, tokenId: string, versionId: string): IntentRecord | undefined {
  const { pk, sk } = keys.intent(tokenId, versionId);
  const item = real.system.ports.registry.items.get(`${pk}|${sk}`);
  return item?.kind === 'intent' ? item : undefined;
}
