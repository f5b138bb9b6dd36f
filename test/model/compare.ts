import { TIMING } from '../loop/system.ts';
import { isAccepted, type Model, type Token, type Version } from './model.ts';
import { openIn, type Real, standingIn, versionsIn } from './real.ts';

/** Said about a state, not a change of one; when they come is the business of core/sweep's own tests. */
const ADVICE = new Set([
  'pepper.created',
  'rotation.begun',
  'rotation.minted',
  'token.warned',
  'token.rotation-nudged',
  'token.reissue-late',
  'token.rotation-cancelled',
]);

/** Of a version that was past its end when its token ended too, either may have come first. */
const EITHER = /^version\.(expired|revoked) /;

const CHECKED_DEAD = 4;

/** After every command: states, suspensions, ends, who is accepted by warm and cold verifiers, what the audit says. */
export async function compare(model: Model, real: Real, expected: readonly string[]): Promise<void> {
  compareAudit(real, expected);
  const stored = new Map(versionsIn(real).map((record) => [record.keyId, record]));
  for (const token of model.tokens.values()) {
    if (token.kind !== 'exchanged')
      same(`standing of ${token.id}`, standingIn(real, token.id), token.standing);
    for (const version of token.versions) {
      const record = stored.get(version.keyId);
      stored.delete(version.keyId);
      const what = `${token.id} ${version.keyId}`;
      if (record?.state !== version.state && !endedTogether(token, version, record?.state)) {
        same(`state of ${what}`, record?.state, version.state);
      }
      if (isAccepted({ ...version, suspended: false }, 0))
        same(`suspension of ${what}`, record?.suspended, version.suspended);
      same(`end of ${what}`, record?.expiresAt, version.endsAt);
    }
    token.open = openIn(real, token.id);
  }
  same('versions that nobody asked for', [...stored.keys()].join(), '');
  real.system.world.clock.advance(TIMING.feedMaxAgeMs + TIMING.readTimeoutMs + 1);
  await compareAcceptance(model, real);
}

function endedTogether(token: Token, version: Version, found: string | undefined): boolean {
  if (token.standing !== 'revoked' || version.state !== 'expired' || found !== 'revoked') return false;
  version.state = 'revoked';
  return true;
}

async function compareAcceptance(model: Model, real: Real): Promise<void> {
  const { system } = real;
  const cold = system.verifier();
  for (const token of model.tokens.values()) {
    const dead = token.versions.filter((version) => !isAccepted(version, system.world.clock.now()));
    const asked = token.versions.filter((version) => !dead.slice(0, -CHECKED_DEAD).includes(version));
    for (const version of asked) {
      const accepted = isAccepted(version, system.world.clock.now());
      for (const verifier of [real.warm, cold]) {
        const verdict = await system.use(version.text, verifier);
        const said = verdict.allow ? 'accepted' : verdict.reason;
        const must = accepted ? verdict.allow : !verdict.allow;
        if (!must) {
          throw new Error(
            `${verifier === cold ? 'a cold' : 'the warm'} verifier on ${token.id} ${version.keyId} (${version.state}): ${said}`,
          );
        }
      }
    }
  }
}

function compareAudit(real: Real, expected: readonly string[]): void {
  const { log } = real.system.ports.registry;
  const lines = log
    .slice(real.audited)
    .filter(({ action }) => !ADVICE.has(action))
    .map(({ action, keyId }) => (action.startsWith('version.') ? `${action} ${keyId}` : action));
  real.audited = log.length;
  const shown = (list: readonly string[]): string =>
    list
      .map((line) => line.replace(EITHER, 'version ended '))
      .sort()
      .join('\n');
  same('the audit', shown(lines), shown(expected));
}

export function same(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: ${found}\nthe model says: ${expected}`);
}
