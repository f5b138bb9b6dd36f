import type { OrderPorts } from './order.ts';

/**
 * Cancels the rotation of a revoked token's secret. A fault is counted and logged, never thrown: the revocation
 * itself is committed, other tokens of the same order wait behind it, and the sweep tries again (L6).
 */
export async function cancelRotation(
  secretArn: string,
  ports: Pick<OrderPorts, 'vault' | 'metrics' | 'log'>,
): Promise<boolean> {
  try {
    await ports.vault.cancelRotation(secretArn);
    return true;
  } catch (fault) {
    ports.metrics.count('RevocationBlocked');
    ports.log.error('a rotation could not be cancelled', {
      secretArn,
      fault: fault instanceof Error ? `${fault.name}: ${fault.message}` : 'unknown',
    });
    return false;
  }
}
