import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KeyControl } from '#core/ports.ts';

/** Keys and policies of users, and the hands of their administrator. */
export interface KeyControlRig {
  readonly control: KeyControl;
  readonly account: string;
  create(userArn: string, tags: Readonly<Record<string, string>>): Promise<void>;
  mint(userArn: string): Promise<string>;
  /** Takes the policy away altogether; it was on nobody. Afterwards nothing can be quarantined. */
  removePolicy(): Promise<void>;
}

/** What a local AWS does not refuse though IAM does: it is tried where it can be. */
export type Lack = 'keys of an absent user' | 'a policy that is gone';

/** What IAM promises of access keys and one attached policy, whoever plays its part. */
export function keyControlContract(
  title: string,
  start: () => Promise<KeyControlRig>,
  lacks: readonly Lack[] = [],
): void {
  describe(title, () => {
    let rig: KeyControlRig;
    let user: string;
    let made = 0;
    beforeAll(async () => {
      rig = await start();
    });
    beforeEach(async () => {
      made++;
      user = `arn:aws:iam::${rig.account}:user/team/keys-${made}`;
      await rig.create(user, { 'tokenward:respond': 'dev', team: 'x' });
    });
    const status = async (): Promise<readonly (readonly string[])[]> => {
      const found = await rig.control.keys(user);
      return found.ok ? found.value.map((key) => [key.accessKeyId, key.status]) : [];
    };

    it('shows a user with its tags', async () => {
      expect(await rig.control.user(user)).toEqual({
        ok: true,
        value: { arn: user, tags: { 'tokenward:respond': 'dev', team: 'x' } },
      });
    });

    it('knows nobody who is not there, nor by the same name on another path', async () => {
      const absent = `arn:aws:iam::${rig.account}:user/absent-${made}`;
      const notFound = { ok: false, error: { reason: 'not-found' } };
      expect(await rig.control.user(absent)).toEqual(notFound);
      if (!lacks.includes('keys of an absent user')) expect(await rig.control.keys(absent)).toEqual(notFound);
      expect(await rig.control.attached(absent)).toEqual(notFound);
      expect(await rig.control.quarantine(absent)).toEqual(notFound);
      expect(await rig.control.user(user.replace('/team/', '/'))).toEqual(notFound);
    });

    it('lists keys, Inactive ones too, with when they were made', async () => {
      expect(await status()).toEqual([]);
      const [one, two] = [await rig.mint(user), await rig.mint(user)];
      await rig.control.setStatus(user, one, 'Inactive');
      expect(new Map((await status()) as [string, string][])).toEqual(
        new Map([
          [one, 'Inactive'],
          [two, 'Active'],
        ]),
      );
      const found = await rig.control.keys(user);
      for (const key of found.ok ? found.value : []) expect(key.createdAt).toBeGreaterThan(1_700_000_000_000);
    });

    it('makes a key Inactive and Active again, as often as it is told', async () => {
      const key = await rig.mint(user);
      for (const wanted of ['Inactive', 'Inactive', 'Active', 'Active'] as const) {
        await rig.control.setStatus(user, key, wanted);
        expect(await status()).toEqual([[key, wanted]]);
      }
    });

    it('takes a key that is gone for done', async () => {
      await rig.control.setStatus(user, 'AKIAIOSFODNN7EXAMPLE', 'Inactive');
      expect(await status()).toEqual([]);
    });

    it('puts the one policy on and takes it off, as often as it is told', async () => {
      const { policyArn } = rig.control;
      expect(await rig.control.attached(user)).toEqual({ ok: true, value: [] });
      for (let time = 0; time < 2; time++) {
        expect(await rig.control.quarantine(user)).toEqual({ ok: true, value: undefined });
        expect(await rig.control.attached(user)).toEqual({ ok: true, value: [policyArn] });
      }
      for (let time = 0; time < 2; time++) {
        await rig.control.unquarantine(user);
        expect(await rig.control.attached(user)).toEqual({ ok: true, value: [] });
      }
    });

    it('tells that the policy is gone from that the user is', async () => {
      await rig.removePolicy();
      const said = await rig.control.quarantine(user);
      if (!lacks.includes('a policy that is gone'))
        expect(said).toEqual({ ok: false, error: { reason: 'policy-gone' } });
      await rig.control.unquarantine(user);
      expect(await rig.control.attached(user)).toEqual({ ok: true, value: [] });
    });
  });
}
