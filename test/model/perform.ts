import { IssueError } from '#functions/issue/ports.ts';
import { ORDERS, usage } from '../loop/system.ts';
import type { Action } from './actions.ts';
import { same } from './compare.ts';
import * as model from './model.ts';
import { currentOf, type Model, newToken, type Token, type Version } from './model.ts';
import { POLICY, type Real, textOf, versionsIn } from './real.ts';
import { rotations } from './rotations.ts';

const ORDER = { reason: 'seen in a paste', incidentId: 'INC-7', noWait: true };
const SWEEPS_MOST = 12;
const OVERLAP_MS = ORDERS.overlapMinutes * 60_000;

/** Whether an action means anything now: the others are skipped, and do not count. */
export function means(action: Action, { tokens }: Model): boolean {
  switch (action.do) {
    case 'register':
    case 'issue once':
    case 'exchange':
    case 'redeploy':
    case 'sweep':
    case 'wait':
      return true;
    case 'revoke key':
      return [...tokens.values()].some(({ versions }) => versions.length > 0);
    default:
      return tokens.has(action.token);
  }
}

/** Does it on both sides; gives the lines that the audit must have got. */
export async function perform(action: Action, state: Model, real: Real): Promise<string[]> {
  const { system } = real;
  const { clock } = system.world;
  switch (action.do) {
    case 'wait':
      clock.advance(action.ms);
      return [];
    case 'redeploy':
      real.warm = system.verifier();
      return [];
    case 'exchange': {
      const issued = await real.exchange();
      const token = state.tokens.get('session') ?? newToken('session', 'exchanged');
      state.tokens.set('session', token);
      return issuedTo(token, issued.keyId, issued.token, real);
    }
    case 'issue once':
      return issueOnce(action.key, state, real);
    case 'register':
      return register(action.token, state, real);
    case 'remove': {
      const token = managed(state, action.token);
      const lines = model.remove(token, clock.now());
      await system.remove(action.token);
      return lines;
    }
    case 'revoke key': {
      const all = [...state.tokens.values()].flatMap(({ versions }) => versions);
      const version = all[all.length - 1 - (action.nth % all.length)] as Version;
      await system.order({ action: 'revoke', keyId: version.keyId, ...ORDER });
      return model.revokeVersion(version);
    }
    case 'suspend': {
      const token = managed(state, action.token);
      const until = action.forMs === 0 ? undefined : clock.now() + action.forMs;
      const lines = model.suspend(token, until);
      const end = until === undefined ? {} : { until: new Date(until).toISOString() };
      await system.order({ action: 'suspend', tokenId: token.id, ...ORDER, ...end });
      return lines;
    }
    case 'release':
    case 'revoke':
    case 'reissue': {
      const token = managed(state, action.token);
      const lines = model.ordered(action.do, token, clock.now());
      await system.order({ action: action.do, tokenId: token.id, ...ORDER });
      await system.ports.vault.settle();
      return [...lines, ...rotations(state, real)];
    }
    case 'rotate':
      await system.ports.vault.trigger(arnOf(real, action.token));
      return rotations(state, real);
    case 'rotate and crash':
      return rotateAndCrash(action, state, real);
    case 'use elsewhere':
      return useElsewhere(action, state, real);
    case 'repeat':
      await repeat(action, state, real);
      return [];
    case 'sweep':
      return sweep(state, real);
  }
}

async function register(tokenId: string, state: Model, real: Real): Promise<string[]> {
  const { system } = real;
  const token = state.tokens.get(tokenId);
  const requestId = `request of call ${system.world.calls.length}`;
  const registering = system.register({ ...ORDERS, id: tokenId }, requestId);
  if (token?.standing === 'revoked') {
    same('registration of a revoked id', await codeOf(registering), 'id-revoked');
    return [];
  }
  const lines = token === undefined ? ['token.registered'] : model.redeclare(token);
  const mine = token ?? newToken(tokenId, 'managed');
  state.tokens.set(tokenId, mine);
  // A pending version may carry AWSCURRENT before the registry knows: nothing is put over it.
  if (currentOf(mine) !== undefined || mine.versions.some(({ state }) => state === 'pending')) {
    await registering;
    return lines;
  }
  if (mine.standing === 'suspended') {
    same('registration of a suspended token without a value', await codeOf(registering), 'token-suspended');
    return lines;
  }
  const secretArn = await registering;
  real.requests.set(tokenId, requestId);
  real.arns.set(tokenId, secretArn);
  const current = system.ports.vault.current(secretArn);
  const stored = versionsIn(real).find(({ versionId }) => versionId === current?.versionId);
  if (stored === undefined) throw new Error(`${tokenId} was registered, and AWSCURRENT is not known`);
  mine.label = stored.versionId;
  return [...lines, ...issuedTo(mine, stored.keyId, textOf(real, tokenId, stored.versionId), real)];
}

async function issueOnce(key: string, state: Model, real: Real): Promise<string[]> {
  const former = state.tokens.get(state.requests.get(key) ?? '');
  const issued = await real.issueOnce(key);
  const token = newToken(issued.tokenId, 'once');
  state.tokens.set(token.id, token);
  state.requests.set(key, token.id);
  return [
    'token.registered',
    ...issuedTo(token, issued.keyId, issued.token, real),
    ...(former === undefined ? [] : model.revoke(former)),
  ];
}

function issuedTo(token: Token, keyId: string, text: string, real: Real): string[] {
  const stored = versionsIn(real).find((record) => record.keyId === keyId);
  if (stored === undefined) throw new Error(`${keyId} was issued and not stored`);
  const { versionId, expiresAt } = stored;
  token.versions.push({ keyId, versionId, text, state: 'current', suspended: false, endsAt: expiresAt });
  return [`version.issued ${keyId}`];
}

async function rotateAndCrash(
  action: Extract<Action, { do: 'rotate and crash' }>,
  state: Model,
  real: Real,
): Promise<string[]> {
  const { world, ports } = real.system;
  const at = world.calls.length + action.call;
  const crash = ({ index }: { readonly index: number }): void => {
    if (index === at) throw new Error('crash');
  };
  if (action.side === 'before') world.beforeCall = crash;
  else world.afterCall = crash;
  ports.vault.rotationAttempts = action.attempts;
  real.crashed = action.attempts === 1;
  try {
    await ports.vault.trigger(arnOf(real, action.token));
    return rotations(state, real);
  } finally {
    world.beforeCall = undefined;
    world.afterCall = undefined;
    ports.vault.rotationAttempts = 3;
    real.crashed = false;
  }
}

/** A genuine token outside its networks: n deliveries of one event are one effect. */
async function useElsewhere(
  action: Extract<Action, { do: 'use elsewhere' }>,
  state: Model,
  real: Real,
): Promise<string[]> {
  const { system } = real;
  const token = managed(state, action.token);
  const shown = token.versions.at(-1);
  const keyId = shown?.keyId ?? '';
  const usageId = `${action.event}:${token.id}`;
  const now = system.world.clock.now();
  const window = 15 * 60_000;
  const fold = `${token.id} ${now - (now % window)}`;
  const lines: string[] = [];
  if (!state.events.has(usageId)) {
    // What has ended already is told, and is no reason to end its successor.
    const ended = shown !== undefined && model.isLive(shown) ? model.reissue(token, now) : [];
    const folded = ended.length === 0 && state.told.has(fold);
    if (!folded) {
      state.events.add(usageId);
      lines.push('response.decided', 'response.completed', ...ended);
      if (ended.length === 0) state.told.add(fold);
    }
  }
  const message = usage({ usageId, keyId, tokenId: token.id, at: now });
  for (let delivery = 0; delivery < action.deliveries; delivery++) {
    const answer = await system.respond([message], POLICY);
    same('messages to deliver again', answer.batchItemFailures.length, 0);
  }
  await system.ports.vault.settle();
  return [...lines, ...rotations(state, real)];
}

/** What has been delivered once comes again: nothing may change. */
async function repeat(
  { what, token: tokenId }: Extract<Action, { do: 'repeat' }>,
  state: Model,
  real: Real,
): Promise<void> {
  const { system, arns, requests } = real;
  const token = managed(state, tokenId);
  if (what === 'last registration') {
    // A declaration that was removed since is declared again by it, which is no repeat.
    if (token.removedAt !== undefined) return;
    await codeOf(system.register({ ...ORDERS, id: tokenId }, requests.get(tokenId)));
    return;
  }
  if (what === 'all orders') {
    if (token.standing === 'suspended') await system.order({ action: 'suspend', tokenId, ...ORDER });
    if (token.standing === 'active') await system.order({ action: 'release', tokenId, ...ORDER });
    if (token.standing === 'revoked') await system.order({ action: 'reissue', tokenId, ...ORDER });
    return;
  }
  const secretArn = arns.get(tokenId) ?? '';
  const done = system.ports.vault.outcomes.findLast(
    ({ secretArn: of, outcome }) => of === secretArn && outcome === 'succeeded',
  );
  if (done === undefined) return;
  for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
    await system.step(step, secretArn, done.versionId).catch(() => undefined);
  }
}

async function sweep(state: Model, real: Real): Promise<string[]> {
  const { system } = real;
  const { clock } = system.world;
  const began = clock.now();
  const lines = [...state.tokens.values()].flatMap((token) => model.sweep(token, began, OVERLAP_MS));
  for (let sweeps = 0; ; sweeps++) {
    const { due, failed } = await system.sweep();
    same('due items that could not be settled', failed, 0);
    if (due === 0) break;
    if (sweeps === SWEEPS_MOST) throw new Error('something stays due');
  }
  takeEnds(state, began, real);
  await system.ports.vault.settle();
  lines.push(...rotations(state, real));
  for (const token of state.tokens.values()) {
    const since = token.reissuingSince;
    if (
      token.standing === 'active' &&
      since !== undefined &&
      began > since + 30 * 60_000 &&
      token.removedAt === undefined
    )
      throw new Error(`${token.id} is owed a new version since ${since}`);
  }
  return lines;
}

/** A promotion that the sweep makes good is at the time of its commit, which a lost race for the token puts off. */
function takeEnds(state: Model, began: number, real: Real): void {
  const latest = real.system.world.clock.now() + OVERLAP_MS;
  const stored = new Map(versionsIn(real).map((record) => [record.keyId, record.expiresAt]));
  for (const version of [...state.tokens.values()].flatMap(({ versions }) => versions)) {
    const end = stored.get(version.keyId) ?? 0;
    const isPromotedNow = version.state === 'retiring' && version.endsAt === began + OVERLAP_MS;
    if (isPromotedNow && end > version.endsAt && end <= latest) version.endsAt = end;
  }
}

const arnOf = ({ arns }: Real, tokenId: string): string => arns.get(tokenId) ?? '';

function managed({ tokens }: Model, tokenId: string): Token {
  const token = tokens.get(tokenId);
  if (token === undefined) throw new Error(`no token ${tokenId}`);
  return token;
}

/** The code of a refusal, where one is expected. */
async function codeOf(refused: Promise<unknown>): Promise<string | undefined> {
  try {
    await refused;
    return undefined;
  } catch (fault) {
    if (fault instanceof IssueError) return fault.code;
    throw fault;
  }
}
