import type { Finding } from '#core/detection/finding.ts';
import { judge, ownCall, tokenIdsIn } from '#core/detection/judge.ts';
import { learnUse } from '#core/detection/profile.ts';
import type { Sighting } from '#core/detection/sighting.ts';
import { keys } from '#core/keys.ts';
import {
  ALERTS,
  alertKey,
  decideResponse,
  heldIncidentId,
  incidentOf,
  RESPONDER,
  scopesOf,
  type Verdict,
  windowStart,
} from '#core/response/decide.ts';
import { ok } from '#core/result.ts';
import type { TokenFacts } from '#core/token/standing.ts';
import { revokeLoneVersion } from '#core/token/standing.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import { cancelRotation } from '#functions/revoke/cancel.ts';
import { readTokenFacts } from '#functions/revoke/order.ts';
import { reissueSecret } from '#functions/revoke/reissue.ts';
import type { RespondConfig, RespondPorts } from './run.ts';

const PROFILE_ATTEMPTS = 8;
const PROFILE_WAIT_MS = 20;

/** Judges one sighting and carries out what its gravest finding calls for. */
export async function respondTo(
  sighting: Sighting,
  ports: RespondPorts,
  config: RespondConfig,
): Promise<void> {
  const own = ownCall(sighting, config.ownRoles);
  if (own === 'ours') return;
  const facts = await factsOf(sighting, ports);
  if (facts === undefined) return respondToLone(sighting, ports);
  if (sighting.kind === 'use') await learn(sighting, ports);
  const finding: Finding | undefined =
    own === 'misuse'
      ? {
          signal: 'own-role-misuse',
          seen: `somebody who is not our function used its role on ${facts.token.tokenId}`,
        }
      : judge(sighting, facts.token)[0];
  if (finding === undefined) return;
  await respond(sighting, finding, facts.token.tokenId, ports, config);
}

async function respond(
  sighting: Sighting,
  finding: Finding,
  tokenId: string,
  ports: RespondPorts,
  config: RespondConfig,
): Promise<void> {
  const { policy } = config;
  let verdict: Verdict | undefined;
  let secretArn: string | undefined;
  const now = ports.clock.now();
  const blocked = await blockReader(finding, tokenId, ports, config);
  const done = await decideAndCommit<'seen' | 'gone' | 'told'>(ports, async () => {
    if ((await ports.registry.get(keys.event(sighting.account, sighting.eventId))) !== undefined) {
      return { ok: false, error: 'seen' };
    }
    const facts = await readTokenFacts(tokenId, ports);
    if (facts === undefined) return { ok: false, error: 'gone' };
    secretArn = facts.token.secretArn;
    const start = windowStart(now, policy);
    const breakers = await Promise.all(
      scopesOf(finding, facts.token.owner, policy).map(async (scope) => ({
        ...scope,
        read: await ports.registry.get(keys.breaker(scope.scope, start)),
      })),
    );
    const incident = await ports.registry.get(keys.incident(heldIncidentId(now, policy)));
    verdict = decideResponse(sighting, finding, { ...facts, breakers, incident, blocked }, policy, now);
    const told = keys.event(ALERTS, alertKey(finding, tokenId, now, policy));
    if (verdict.outcome === 'alerted' && (await ports.registry.get(told)) !== undefined) {
      return { ok: false, error: 'told' };
    }
    return ok(verdict.change);
  });
  if (!done.ok && done.error === 'told') ports.metrics.count('AlertsFolded', 1, { signal: finding.signal });
  if (!done.ok || verdict === undefined) return;
  ports.metrics.count('Responses', 1, { signal: finding.signal, outcome: verdict.outcome });
  ports.metrics.milliseconds('SeenToActedMs', Math.max(0, ports.clock.now() - sighting.at));
  if (verdict.outcome === 'done' && secretArn !== undefined) {
    if (verdict.rung === 'reissue') {
      const order = { at: now, actor: RESPONDER, reason: finding.seen, incidentId: verdict.incidentId };
      await reissueSecret(secretArn, order, ports);
    }
    if (verdict.rung === 'revoke') await cancelRotation(secretArn, ports);
  }
  await ports.pager.page({
    key: `${finding.signal}:${tokenId}`,
    title: `${finding.signal} on ${tokenId}: ${verdict.outcome === 'done' ? verdict.rung : verdict.outcome}`,
    body: `${verdict.sentence}\nIncident ${verdict.incidentId}; event ${sighting.eventId} of ${new Date(sighting.at).toISOString()}.`,
  });
}

/** Keeps a stranger from the secret before it gets a new value. Nobody is blocked unless the policy would act. */
async function blockReader(
  finding: Finding,
  tokenId: string,
  ports: RespondPorts,
  config: RespondConfig,
): Promise<boolean> {
  if (finding.reader === undefined || config.policy.mode === 'observe') return false;
  const token = await ports.registry.get(keys.token(tokenId));
  if (token?.secretArn === undefined || config.policy.rungs[finding.signal][token.criticality] !== 'reissue')
    return false;
  try {
    return await ports.readers.block(token.secretArn, finding.reader);
  } catch (fault) {
    ports.log.error('the reader could not be blocked', {
      tokenId,
      fault: fault instanceof Error ? fault.name : 'unknown',
    });
    return false;
  }
}

/** A token that is not stored (class `ephemeral`): seen outside its network, its one version ends. */
async function respondToLone(sighting: Sighting, ports: RespondPorts): Promise<void> {
  if (sighting.kind !== 'use' || sighting.allowed || sighting.reason !== 'network') return;
  const order = {
    at: ports.clock.now(),
    actor: RESPONDER,
    reason: `${sighting.network} presented the genuine token ${sighting.keyId}, outside its networks`,
    incidentId: incidentOf(sighting),
    cause: sighting.eventId,
  };
  await decideAndCommit<'gone'>(ports, async () => {
    const version = await ports.registry.get(keys.version(sighting.keyId));
    if (version === undefined || version.class !== 'ephemeral') return { ok: false, error: 'gone' };
    const revoked = revokeLoneVersion(version, order);
    return revoked.ok ? revoked : { ok: false, error: 'gone' };
  });
}

async function factsOf(sighting: Sighting, ports: RespondPorts): Promise<TokenFacts | undefined> {
  for (const tokenId of tokenIdsIn(sighting)) {
    const facts = await readTokenFacts(tokenId, ports);
    if (facts !== undefined) return facts;
  }
  return undefined;
}

async function learn(use: Extract<Sighting, { kind: 'use' }>, ports: RespondPorts): Promise<void> {
  const credential = `token:${use.tokenId}`;
  for (let attempt = 0; attempt < PROFILE_ATTEMPTS; attempt++) {
    const next = learnUse(credential, await ports.registry.get(keys.profile(credential)), use);
    if (next === undefined || (await ports.registry.remember(next))) return;
    await ports.clock.sleep(PROFILE_WAIT_MS * 2 ** attempt * ports.random.next());
  }
}
