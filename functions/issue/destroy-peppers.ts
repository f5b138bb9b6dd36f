import { destroyPepper, PEPPER_RECHECK_MS, type PepperPlan } from '#core/crypto/pepper.ts';
import { keys } from '#core/keys.ts';
import type { Clock, Registry } from '#core/ports.ts';
import type { Actor, Mac, PepperRecord } from '#core/records.ts';
import { isLive } from '#core/token/due.ts';
import { type CommitPorts, commitAndPublish } from '#functions/apply/commit.ts';
import { IssueError } from './ports.ts';

/**
 * Destroys what is older than the plan's oldest pepper (SC-12). It is for good, so it waits until every container has
 * learnt of the newer one, and until nothing is left that an old one made.
 *
 * @throws IssueError naming what to do first.
 */
export async function destroyPeppers(
  ports: CommitPorts & { readonly clock: Clock },
  actor: Actor,
  { version, oldest }: PepperPlan,
): Promise<void> {
  const due: PepperRecord[] = [];
  for (let each = 1; each < oldest; each++) {
    const pepper = await ports.registry.get(keys.pepper(each));
    if (pepper !== undefined && pepper.state !== 'destroyed') due.push(pepper);
  }
  if (due.length === 0) return;
  const newest = await ports.registry.get(keys.pepper(version));
  const at = ports.clock.now();
  if (newest === undefined || at - newest.createdAt < 2 * PEPPER_RECHECK_MS) {
    throw refused(`pepper ${version} is too young`, 'deploy again in ten minutes');
  }
  const user = await userOf(ports.registry, (mac) => mac.pepper !== 'kms' && mac.pepper < oldest);
  if (user !== undefined) {
    throw refused(`an older pepper still vouches for token ${user}`, `reissue or revoke ${user} first`);
  }
  for (const pepper of due) await commitAndPublish(ports, destroyPepper(pepper, { at, actor }));
}

/** A token that is not revoked and has something which such a MAC vouches for. */
async function userOf(registry: Registry, isOld: (mac: Mac) => boolean): Promise<string | undefined> {
  let cursor: string | undefined;
  do {
    const page = await registry.tokens({}, cursor);
    for (const token of page.items.filter(({ standing }) => standing !== 'revoked')) {
      const live = token.versions
        .filter(({ state }) => isLive(state))
        .map(({ keyId }) => keys.version(keyId));
      const versions = live.length === 0 ? [] : await registry.getMany(live);
      const macs = [token.fieldsMac, ...versions.flatMap(({ fieldsMac, tokenMac }) => [fieldsMac, tokenMac])];
      const over = token.class !== 'managed' && live.length === 0;
      if (!over && macs.some(isOld)) return token.tokenId;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return undefined;
}

const refused = (problem: string, fix: string): IssueError =>
  new IssueError(409, { code: 'pepper-in-use', field: 'pepperOldest', problem, fix });
