import { ok } from '#core/result.ts';
import { set } from '#core/rotation/changes.ts';
import { newVersion, versionFields } from '#core/rotation/version.ts';
import type { RotationEvent } from '#events/rotation.ts';
import { decideAndCommit } from '#functions/apply/decide.ts';
import { sealFields } from '#functions/apply/seal.ts';
import { demandIntent, demandSealed, ROTATOR, type RotatePorts, readFacts } from '../context.ts';

/** Makes the new version acceptable to every verifier, still pending. Touches the registry alone. */
export async function setSecret(event: RotationEvent, ports: RotatePorts): Promise<void> {
  await decideAndCommit<'done'>(ports, async () => {
    const facts = await readFacts(event, ports);
    const intent = demandIntent(facts, event);
    if (intent.state !== 'minted' || intent.tokenMac === undefined) return { ok: false, error: 'done' };
    const { token } = facts;
    await demandSealed(token, ports);
    const fields = versionFields(token.fields, intent.startedAt, token.policy);
    const version = newVersion({
      keyId: intent.keyId,
      versionId: event.versionId,
      class: token.class,
      state: 'pending',
      canary: token.canary,
      fields,
      fieldsMac: await sealFields(ports.mac, fields, intent.keyId),
      tokenMac: intent.tokenMac,
      createdAt: intent.startedAt,
    });
    return ok(set(token, intent, version, { at: ports.clock.now(), actor: ROTATOR }));
  });
}
