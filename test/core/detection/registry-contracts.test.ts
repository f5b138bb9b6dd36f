import { describe, expect, it } from 'vitest';
import { contractsOf } from '#core/detection/registry-contracts.ts';
import { canonicalSecret } from '#core/detection/secret-name.ts';
import type { TokenRecord, VersionState } from '#core/records.ts';
import { DAY, NOW, ROLE, ref, SECRET_ARN, secretless, token } from '../builders.ts';

const NAME = canonicalSecret(SECRET_ARN, '', '');
const OWN = { role: 'arn:aws:iam::111122223333:role/tokenward-dev-rotate', sessionName: 'rotate' };

describe('what the registry promises', () => {
  it('of a token, by its versions and its own name', () => {
    const { bindingOf } = contractsOf([token({ canary: true, criticality: 'production' })], []);
    const binding = bindingOf('key0000000000001', 'token:orders');
    expect(binding).toMatchObject({
      owner: 'team-orders',
      networks: ['10.0.0.0/8'],
      canary: true,
      criticality: 'production',
      secrets: [],
      peerGroup: '',
      breakGlass: false,
    });
    expect(bindingOf('key0000000000001', 'token:other')).toBeUndefined();
    expect(contractsOf([token()], []).bindingOf('', 'token:orders')?.criticality).toBe('standard');
  });

  it('of a secret: who may read it, from where, and what is current', () => {
    const two = [ref(), ref({ keyId: 'key0000000000002', versionId: 'version-2', state: 'retiring' })];
    const { secretOf, reads } = contractsOf([token({ versions: two })], []);
    const secret = secretOf(NAME);
    if (secret === undefined) throw new Error('no secret');
    expect(secret).toMatchObject({ owner: 'team-orders', currentVersion: 'version-1', canary: false });
    expect(secret.readFrom).toMatchObject({ networks: ['10.0.0.0/8'], canary: false });
    expect(reads(secret, 'ASIAX', ROLE)).toBe(true);
    expect(reads(secret, 'ASIAX', 'arn:aws:iam::111122223333:role/stranger')).toBe(false);
  });

  it('that nobody reads it where nobody is declared', () => {
    const { secretOf, reads } = contractsOf([token({ readers: [], versions: [] })], []);
    const secret = secretOf(NAME);
    if (secret === undefined) throw new Error('no secret');
    expect(reads(secret, 'ASIAX', ROLE)).toBe(false);
    expect(reads(secret, '', '')).toBe(false);
    expect(secret.currentVersion).toBeNull();
  });

  it('that the current version is the one that says so, wherever it stands', () => {
    const versions = [ref({ keyId: 'key0000000000002', versionId: 'version-2', state: 'retiring' }), ref()];
    expect(contractsOf([token({ versions })], []).secretOf(NAME)?.currentVersion).toBe('version-1');
  });

  it('nothing of a secret, where there is none', () => {
    expect(contractsOf([secretless()], []).secretOf(NAME)).toBeUndefined();
  });

  it.each<[VersionState, number | null]>([
    ['pending', null],
    ['current', null],
    ['retiring', NOW + 4 * DAY],
    ['expired', NOW + 4 * DAY],
    ['revoked', NOW],
  ])('that a %s version is over from %s on', (state, over) => {
    const of: TokenRecord = token({ versions: [ref({ state })] });
    expect(contractsOf([of], []).secretOf(NAME)?.versions).toEqual([
      { versionId: 'version-1', currentFrom: NOW, retiredAt: over, graceUntil: null },
    ]);
  });

  it('that a function of ours is itself in its own session alone', () => {
    const { isExempt, isOurs } = contractsOf([], [OWN]);
    expect([isExempt(OWN.role, 'rotate'), isExempt(OWN.role, 'ann')]).toEqual([true, false]);
    expect([isOurs(OWN.role), isOurs(ROLE)]).toEqual([true, false]);
  });
});
