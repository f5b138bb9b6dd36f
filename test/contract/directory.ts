import { beforeAll, describe, expect, it } from 'vitest';
import type { Directory } from '#core/ports.ts';

/** A directory and the hands of its administrator. */
export interface DirectoryRig {
  readonly directory: Directory;
  readonly account: string;
  /** Makes a role or user by its ARN. */
  create(arn: string): Promise<void>;
  remove(arn: string): Promise<void>;
}

/** What IAM promises of unique ids, whoever plays its part. */
export function directoryContract(title: string, start: () => Promise<DirectoryRig>): void {
  describe(title, () => {
    let rig: DirectoryRig;
    beforeAll(async () => {
      rig = await start();
    });
    const arn = (resource: string): string => `arn:aws:iam::${rig.account}:${resource}`;

    it.each([
      ['role/contract-plain', /^AROA/],
      ['role/service/team-a/contract-pathed', /^AROA/],
      ['user/contract-user', /^AIDA/],
      ['user/people/contract-pathed-user', /^AIDA/],
    ])('gives the id of %s', async (resource, id) => {
      await rig.create(arn(resource));
      expect(await rig.directory.uniqueIdOf(arn(resource))).toMatch(id);
    });

    it('does not take one path for another', async () => {
      await rig.create(arn('role/a/contract-path'));
      expect(await rig.directory.uniqueIdOf(arn('role/contract-path'))).toBeUndefined();
      expect(await rig.directory.uniqueIdOf(arn('role/b/contract-path'))).toBeUndefined();
    });

    it('gives a recreated role another id', async () => {
      const again = arn('role/contract-again');
      await rig.create(again);
      const first = await rig.directory.uniqueIdOf(again);
      await rig.remove(again);
      expect(await rig.directory.uniqueIdOf(again)).toBeUndefined();
      await rig.create(again);
      expect(await rig.directory.uniqueIdOf(again)).not.toBe(first);
    });

    it.each([
      'external:acme',
      'arn:aws:sts::111122223333:assumed-role/x/y',
      'arn:aws:iam::111122223333:root',
    ])('knows no %s', async (principal) => {
      expect(await rig.directory.uniqueIdOf(principal)).toBeUndefined();
    });

    it('knows nobody who is not there', async () => {
      expect(await rig.directory.uniqueIdOf(arn('role/contract-absent'))).toBeUndefined();
      expect(await rig.directory.uniqueIdOf(arn('user/contract-absent'))).toBeUndefined();
    });
  });
}
