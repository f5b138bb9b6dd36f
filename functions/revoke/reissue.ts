import { createHash } from 'node:crypto';
import type { Order } from '#core/token/standing.ts';
import { eventually } from '#functions/apply/decide.ts';
import type { OrderPorts } from './order.ts';

const ATTEMPTS = 4;

/** The token of one order's rotation: the same for every repeat of it, so that a repeat starts no second one. */
function rotationTokenOf(secretArn: string, order: Pick<Order, 'incidentId' | 'at'>): string {
  const digest = createHash('sha256').update(`${secretArn}\n${order.incidentId}\n${order.at}`).digest('hex');
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

/**
 * Asks Secrets Manager for a new version. A pending version that an earlier rotation left is cleared first, since
 * it would refuse every later one. What cannot be started pages; the token stays due, and the sweep asks again.
 */
export async function reissueSecret(secretArn: string, order: Order, ports: OrderPorts): Promise<boolean> {
  if (await started(secretArn, rotationTokenOf(secretArn, order), ports)) return true;
  ports.metrics.count('ReissueNotStarted');
  await ports.pager.page({
    key: `reissue-not-started:${secretArn}`,
    title: 'A new version could not be asked for',
    body: `${secretArn}: Secrets Manager did not start a rotation (incident ${order.incidentId}). The old versions are refused already. The sweep asks again; look at the secret's rotation status.`,
  });
  return false;
}

/** A fault of the vault is an answer here: the revocation before it is committed, and what comes after it must go on. */
async function started(secretArn: string, mine: string, ports: OrderPorts): Promise<boolean> {
  try {
    const answer = await eventually(ports, ATTEMPTS, async () => {
      const asked = await ports.vault.rotate(secretArn, mine);
      if (asked.ok) return true;
      if (asked.error.reason !== 'busy') return false;
      return (await clearStranded(secretArn, mine, ports)) ? true : undefined;
    });
    return answer === true;
  } catch (fault) {
    ports.log.error('a rotation could not be asked for', {
      secretArn,
      fault: fault instanceof Error ? `${fault.name}: ${fault.message}` : 'unknown',
    });
    return false;
  }
}

/**
 * Takes AWSPENDING off every version that is neither current nor the one being made; true when that one is under
 * way already. The registry side of what was cleared is closed by its own next step or by the sweep.
 */
async function clearStranded(secretArn: string, mine: string, ports: OrderPorts): Promise<boolean> {
  const described = await ports.vault.describe(secretArn);
  if (!described.ok) return false;
  const pending = Object.entries(described.value.stages)
    .filter(([, labels]) => labels.includes('AWSPENDING') && !labels.includes('AWSCURRENT'))
    .map(([versionId]) => versionId);
  if (pending.includes(mine)) return true;
  for (const versionId of pending) await ports.vault.clearPending(secretArn, versionId);
  return false;
}
