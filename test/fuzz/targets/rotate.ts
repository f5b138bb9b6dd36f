import { PortError } from '#core/ports.ts';
import { ROTATION_STEPS } from '#events/rotation.ts';
import { RotationError, type RotationStop } from '#functions/rotate/context.ts';
import { run as rotate } from '#functions/rotate/run.ts';
import { textAt } from '../at.ts';
import { openTown, requestTokenOf } from '../bench.ts';
import type { Opened, Outcome, Target } from '../target.ts';
import { type Heard, Violation } from '../watch.ts';

/** Stops that come after a step has done something: an attempt is revoked, a label cleared. */
const UNDONE: readonly RotationStop[] = [
  'value-missing',
  'value-not-ours',
  'probe-refused',
  'version-revoked',
  'label-moved',
];

function judge({ event, fault, calls, lines }: Heard): Outcome {
  if (fault === undefined) return { name: 'done', refused: false };
  const code = fault instanceof RotationError || fault instanceof PortError ? fault.code : 'bad-event';
  if (code === 'bad-event' && calls.length > 0) {
    throw new Violation('work', `${calls.length} calls were made for an event that was rejected (F17)`);
  }
  const sent = textAt(event, 'RotationToken');
  const told = JSON.stringify(lines) + (fault instanceof Error ? fault.message : '');
  const elsewhere = textAt(event, 'SecretId') + textAt(event, 'ClientRequestToken');
  if (sent.length >= 24 && !elsewhere.includes(sent) && told.includes(sent))
    throw new Violation('secret', 'the rotation token was told');
  return { name: code, refused: !UNDONE.some((stop) => stop === code) };
}

/** The Secrets Manager hook, each step of it: with a rotation under way, one that is done, and none. */
export function rotateTarget(run: typeof rotate = rotate): Target {
  async function open(): Promise<Opened> {
    const { world, ports, arns, tokens, verifier } = await openTown();
    const { orders = '', ledger = '', trap = '' } = arns;
    const probe = { ...ports, verifier: verifier() };
    const begun = requestTokenOf('begun');
    const minted = requestTokenOf('minted');
    const done = requestTokenOf('done');
    const event = (Step: string, SecretId: string, ClientRequestToken: string): object => ({
      Step,
      SecretId,
      ClientRequestToken,
    });
    await ports.vault.rotate(orders, begun);
    await ports.vault.rotate(ledger, minted);
    await ports.vault.rotate(trap, done);
    await rotate(event('createSecret', ledger, minted), probe);
    for (const step of ROTATION_STEPS) await rotate(event(step, trap, done), probe);
    const RotationToken = 'AQICAHhQvXsYzNqZ2T0cTnQk4mG8m2d7p3sVtJ5rRfY0uA1b2Q';
    return {
      world,
      ports,
      tokens,
      run: (event) => run(event, probe),
      judge,
      samples: ROTATION_STEPS.flatMap((step) => [
        event(step, orders, begun),
        event(step, ledger, minted),
        event(step, trap, done),
        event(step, orders, requestTokenOf('nobody')),
        { ...event(step, `${orders}x`, begun), RotationToken },
      ]),
    };
  }
  return {
    name: 'rotate',
    open,
    most: { calls: 40, said: 32_768 },
    meets: ['done', 'bad-event', 'unknown-secret', 'version-not-staged', 'intent-missing'],
  };
}
