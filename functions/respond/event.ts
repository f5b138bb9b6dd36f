import { learnUse } from '#core/detection/profile.ts';
import { tokenSubject } from '#core/detection/registry-contracts.ts';
import { keys } from '#core/keys.ts';
import type { Usage } from '#core/ports.ts';
import { incidentOf, RESPONDER } from '#core/response/event.ts';
import { type Finding, findingOf, targetsOf, troubleOf } from '#core/response/finding.ts';
import { revokeLoneVersion } from '#core/token/standing.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import { answerCredential } from './credential.ts';
import { judgeEvent } from './judge.ts';
import type { Incoming, Responding, RespondPorts } from './run.ts';
import { answerToken } from './token.ts';
import { tokensNamed } from './tokens.ts';

const PROFILE_ATTEMPTS = 8;
const PROFILE_WAIT_MS = 20;

/** Judges one event and carries out what its findings call for. */
export async function respondTo(incoming: Incoming, ports: RespondPorts, config: Responding): Promise<void> {
  const { account, reading, usage } = incoming;
  // A record corrected afterwards is no second event.
  if (reading.update) return;
  const judged = await judgeEvent(reading.facts, ports, config);
  const { judgements, ruleSet, ownerOf, tokens, faults } = judged;
  if (usage !== undefined && tokens.length === 0) return endLone(usage, ports);
  const context = { account, ruleSet };
  const toTokens = new Map<string, Finding[]>();
  const toCredentials: Finding[] = [];
  for (const judgement of judgements) {
    const tokenId = ownerOf(judgement.fact);
    for (const target of targetsOf(judgement, tokenId !== undefined)) {
      const finding = findingOf(judgement, target, context);
      if (finding === undefined) continue;
      if (target.about === 'credential' || tokenId === undefined) toCredentials.push(finding);
      else toTokens.set(tokenId, [...(toTokens.get(tokenId) ?? []), finding]);
    }
  }
  for (const notice of reading.notices) {
    const finding = troubleOf(notice, { ...context, eventId: reading.eventId });
    if (finding === undefined) continue;
    for (const { tokenId } of await tokensNamed([notice.secret], ports)) {
      toTokens.set(tokenId, [...(toTokens.get(tokenId) ?? []), finding]);
    }
  }
  for (const [tokenId, findings] of toTokens) await answerToken(gravest(findings), tokenId, ports, config);
  for (const finding of toCredentials) await answerCredential(finding, ports, config);
  await judged.remember();
  if (usage !== undefined) await learn(usage, ports);
  if (faults.length > 0) throw faults[0];
}

/** One event acts on one target once, for its gravest reason. */
const gravest = (findings: readonly Finding[]): Finding =>
  findings.reduce((one, other) => (one.weak && !other.weak ? other : one));

/** A token that is not stored (class `ephemeral`): seen outside its network, its one version ends. */
async function endLone(
  { outcome, reason, network, keyId, usageId }: Usage,
  ports: RespondPorts,
): Promise<void> {
  if (outcome === 'allowed' || reason !== 'network') return;
  const order = {
    at: ports.clock.now(),
    actor: RESPONDER,
    reason: `${network} presented the genuine token ${keyId}, outside its networks`,
    incidentId: incidentOf(usageId),
    cause: usageId,
  };
  await decideAndCommit<'gone'>(ports, async () => {
    const version = await ports.registry.get(keys.version(keyId));
    if (version === undefined || version.class !== 'ephemeral') return { ok: false, error: 'gone' };
    const revoked = revokeLoneVersion(version, order);
    return revoked.ok ? revoked : { ok: false, error: 'gone' };
  });
}

async function learn(use: Usage, ports: RespondPorts): Promise<void> {
  const credential = tokenSubject(use.tokenId);
  for (let attempt = 0; attempt < PROFILE_ATTEMPTS; attempt++) {
    const next = learnUse(credential, await ports.registry.get(keys.profile(credential)), use);
    if (next === undefined || (await ports.registry.remember(next))) return;
    await ports.clock.sleep(PROFILE_WAIT_MS * 2 ** attempt * ports.random.next());
  }
}
