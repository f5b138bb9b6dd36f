import type { Functions } from './functions.ts';
import type { Oracle } from './oracle.ts';

/** Random bytes under another name, and what depends on them: two states that differ in these alone are one. */
const DROPPED = new Set([
  'rev',
  'schema',
  'ttlSeconds',
  'fieldsMac',
  'tokenMac',
  'wrapped',
  'feedGen',
  'createdAt',
  'cause',
]);

/** How finely times tell states apart, in milliseconds: finer than any wait of the functions that matters here. */
const QUANTUM_MS = 10_000;

/**
 * What the next invocation can see, with random names and absolute times taken out. Every invocation is a cold one,
 * so two worlds with the same digest have the same future, up to waits of less than {@link QUANTUM_MS}. Left out on
 * purpose: the audit log but for what a flow's end asks of it; the feed, which a cold verifier reads afresh; log,
 * metrics and bus, which nobody reads back.
 */
export function digestOf({ ports }: Functions, oracle: Oracle, flow: unknown): string {
  const now = ports.clock.now();
  const names = new Map<string, string>();
  const vault: unknown[] = [];
  for (const arn of ports.vault.arns()) {
    const secret = ports.vault.secretOf(arn);
    for (const versionId of Object.keys(secret.versions)) names.set(versionId, `V${names.size}`);
    vault.push(secret);
  }
  const items = [...ports.registry.items.values()];
  for (const item of items) {
    if (item.kind === 'intent' && !names.has(item.versionId)) names.set(item.versionId, `V${names.size}`);
    if (item.kind === 'token')
      for (const ref of item.versions)
        if (!names.has(ref.versionId)) names.set(ref.versionId, `V${names.size}`);
  }
  const decided = ports.registry.log.flatMap(({ action, tokenId, details }) =>
    action === 'response.decided' || action === 'quarantine.begun' ? [[action, tokenId, details]] : [],
  );
  const users = ports.keyControl.users().map((user) => [user, ports.keyControl.lastWriteAt(user.arn)]);
  const state = [
    items,
    vault,
    ports.vault.asked(),
    ports.pager.pages.map(({ key }) => key),
    ports.readers.blocked,
    users,
    ports.trail.queue.bodies.length,
    [...ports.trail.cursors.stored.values()],
    decided,
    oracle.state(),
    flow,
  ];
  let text = JSON.stringify(state, (key, value) => {
    if (DROPPED.has(key)) return undefined;
    if (key === 'value' && typeof value === 'string') return keyIdOfValue(value);
    return typeof value === 'number' && value > 1e12 ? ago(value, now) : value;
  });
  for (const item of items)
    if (item.kind === 'version') names.set(item.keyId, `K${names.get(item.versionId) ?? item.versionId}`);
  for (const item of items)
    if (item.kind === 'intent' && item.keyId !== undefined && !names.has(item.keyId))
      names.set(item.keyId, `M${names.get(item.versionId)}`);
  for (const [id, name] of names) text = text.replaceAll(id, name);
  return text.replace(/\b\d{13}\b/g, (digits) => ago(Number(digits), now));
}

const ago = (time: number, now: number): string => `T${Math.floor((time - now) / QUANTUM_MS)}`;

const keyIdOfValue = (value: string): string => /"keyId":"(\w+)"/.exec(value)?.[1] ?? value;
