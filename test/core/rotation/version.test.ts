import { describe, expect, it } from 'vitest';
import { newVersion, versionFields } from '#core/rotation/version.ts';
import { DAY, MAC, NOW, POLICY, token, version } from '../builders.ts';

describe('versionFields', () => {
  it("are the token's, bounded by the hard maximum from the mint on", () => {
    const { fields } = token();
    expect(versionFields(fields, NOW, POLICY)).toEqual({ ...fields, hardMaxAt: NOW + 4 * DAY });
  });
});

describe('newVersion', () => {
  it('is not suspended, and lives until its hard maximum', () => {
    const { fields } = version();
    const made = newVersion({
      keyId: 'key0000000000001',
      versionId: 'version-1',
      class: 'managed',
      state: 'pending',
      canary: false,
      fields,
      fieldsMac: MAC,
      tokenMac: MAC,
      createdAt: NOW,
    });
    expect(made).toEqual(version({ rev: 0, state: 'pending', expiresAt: fields.hardMaxAt }));
  });
});
