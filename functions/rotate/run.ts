import { parseRotationEvent, type RotationEvent } from '#events/rotation.ts';
import { type RotatePorts, RotationError } from './context.ts';
import { createSecret } from './steps/create.ts';
import { finishSecret } from './steps/finish.ts';
import { setSecret } from './steps/set.ts';
import { testSecret } from './steps/test.ts';

/**
 * One step of a rotation, as Secrets Manager calls it (docs/decisions/0005-rotation-protocol.md). A bad event is
 * rejected before any call; every step may be repeated after a crash at any point of it.
 *
 * @throws RotationError or PortError: the step failed, Secrets Manager will retry the rotation.
 */
export async function run(input: unknown, ports: RotatePorts): Promise<void> {
  const parsed = parseRotationEvent(input);
  if (!parsed.ok) throw new RotationError('bad-event', `${parsed.error.field}: ${parsed.error.problem}`);
  const event = parsed.value;
  const { step, secretArn, versionId } = event;
  const started = ports.clock.monotonic();
  try {
    const outcome = await takeStep(event, ports);
    ports.log.info('rotation step done', { step, secretArn, versionId, outcome });
    if (step === 'finishSecret') ports.metrics.count('RotationSucceeded');
  } catch (fault) {
    ports.metrics.count('RotationStepFailed', 1, { step });
    throw fault;
  } finally {
    ports.metrics.milliseconds('RotationStepMs', ports.clock.monotonic() - started);
  }
}

async function takeStep(event: RotationEvent, ports: RotatePorts): Promise<string> {
  switch (event.step) {
    case 'createSecret':
      await createSecret(event, ports);
      return 'created';
    case 'setSecret':
      await setSecret(event, ports);
      return 'set';
    case 'testSecret':
      return testSecret(event, ports);
    case 'finishSecret':
      await finishSecret(event, ports);
      return 'finished';
  }
}
