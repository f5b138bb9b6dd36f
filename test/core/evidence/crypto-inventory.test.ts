import { describe, expect, it } from 'vitest';
import { ALGORITHMS, KEYS, MODULES, USES } from '#core/evidence/crypto-inventory.ts';
import { deploy, ofType } from '../../infra/deployment.ts';

describe('the keys of the inventory', () => {
  const inKms = KEYS.flatMap(({ kms, rotation }) => (kms === undefined ? [] : [{ ...kms, rotation }]));

  it.each(['sandbox', 'production'] as const)(
    'are those of the templates, %s, of that kind and turn',
    (stage) => {
      const deployed = ofType(deploy(stage, { strictFips: true }), 'AWS::KMS::Key').map(
        ({ logicalId, Properties }) => ({
          logicalId,
          keySpec: Properties.KeySpec ?? 'SYMMETRIC_DEFAULT',
          keyUsage: Properties.KeyUsage ?? 'ENCRYPT_DECRYPT',
          rotation: Properties.EnableKeyRotation === true ? 'yearly' : 'by hand',
        }),
      );
      const byId = (one: { logicalId: string }, other: { logicalId: string }): number =>
        one.logicalId.localeCompare(other.logicalId);
      expect(deployed.sort(byId)).toEqual([...inKms].sort(byId));
    },
  );

  it('are approved for what they do, but where no generator is claimed', () => {
    for (const { algorithm, name } of KEYS) expect(ALGORITHMS[algorithm].approved).toBe(name !== 'token');
  });
});

it('names a certificate for KMS alone', () => {
  const certified = Object.entries(MODULES).filter(([, { certificate }]) => certificate !== undefined);
  expect(certified.map(([name]) => name)).toEqual(['kms']);
  for (const { module } of USES) expect(MODULES).toHaveProperty(module);
});
