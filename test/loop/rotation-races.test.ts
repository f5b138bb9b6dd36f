import { describe, expect, it } from 'vitest';
import { keys } from '#core/keys.ts';
import { createSystem, type System } from './system.ts';

const lastRotation = (system: System): string => system.ports.vault.outcomes.at(-1)?.versionId ?? '';

describe('a rotation step that comes twice or late', () => {
  it('finishSecret of an earlier rotation leaves AWSCURRENT where the later one put it', async () => {
    const system = createSystem();
    const secretArn = await system.register();
    await system.ports.vault.trigger(secretArn);
    const earlier = lastRotation(system);
    await system.ports.vault.trigger(secretArn);
    const later = lastRotation(system);
    await system.step('finishSecret', secretArn, earlier);
    expect(system.ports.vault.current(secretArn)?.versionId).toBe(later);
  });
});

describe('a rotation under fault', () => {});
