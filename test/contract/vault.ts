import { beforeAll, describe, expect, it } from 'vitest';
import type { SecretDescription, SecretVault } from '#core/ports.ts';
import { Secret } from '#core/secret.ts';

/** A vault and the hands of its administrator. */
export interface VaultRig {
  readonly vault: SecretVault;
  /** Makes a secret without a version and gives its ARN and name. `failing`: its rotation function always throws. */
  secret(rotation?: 'none' | 'working' | 'failing'): Promise<{ arn: string; name: string }>;
  /** Schedules a deletion. */
  remove(arn: string): Promise<void>;
  /** Waits until no rotation of the secret runs. */
  settled(arn: string): Promise<void>;
}

const ABSENT = 'tokenward/contract/absent';
const NOT_FOUND = { ok: false, error: { reason: 'not-found' } };
const DONE = { ok: true, value: undefined };

let drawn = 0;
const token = (): string => {
  drawn++;
  return `${String(drawn).padStart(8, '0')}-${String(process.pid).padStart(4, '0').slice(-4)}-4000-8000-000000000000`;
};

/** What Secrets Manager promises, whoever plays its part. */
export function vaultContract(title: string, start: () => Promise<VaultRig>): void {
  describe(title, () => {
    let rig: VaultRig;
    let vault: SecretVault;
    beforeAll(async () => {
      rig = await start();
      vault = rig.vault;
    });

    const put = (
      secretId: string,
      versionId: string,
      stage: 'AWSCURRENT' | 'AWSPENDING',
      value: string = versionId,
    ): ReturnType<SecretVault['put']> => vault.put({ secretId, versionId, stage, value: Secret.of(value) });
    const described = async (secretId: string): Promise<SecretDescription> => {
      const found = await vault.describe(secretId);
      if (!found.ok) throw new Error(`${secretId} is not there`);
      return found.value;
    };
    const labels = async (secretId: string): Promise<SecretDescription['stages']> => {
      const { stages } = await described(secretId);
      return Object.fromEntries(Object.entries(stages).map(([id, names]) => [id, [...names].sort()]));
    };
    const text = async (secretId: string, versionId: string, stage?: string): Promise<string | undefined> => {
      const read = await vault.value(secretId, versionId, stage);
      return read.ok ? read.value.reveal() : undefined;
    };
    const started = async (
      rotation?: 'none' | 'working' | 'failing',
    ): Promise<{ arn: string; current: string }> => {
      const { arn } = await rig.secret(rotation);
      const current = token();
      await put(arn, current, 'AWSCURRENT');
      return { arn, current };
    };

    describe('describe', () => {
      it('knows no absent secret', async () => {
        expect(await vault.describe(ABSENT)).toEqual(NOT_FOUND);
      });

      it('shows a new secret without versions, rotation off', async () => {
        const { arn } = await rig.secret();
        expect(await described(arn)).toEqual({ arn, rotationEnabled: false, stages: {} });
      });

      it('finds a secret by its name', async () => {
        const { arn, name } = await rig.secret();
        expect((await described(name)).arn).toBe(arn);
      });

      it('says that rotation is on', async () => {
        const { arn } = await rig.secret('working');
        expect((await described(arn)).rotationEnabled).toBe(true);
      });

      it('says since when a secret is scheduled for deletion', async () => {
        const { arn } = await rig.secret();
        await rig.remove(arn);
        expect((await described(arn)).deletedAt).toBeGreaterThan(0);
      });
    });

    describe('put', () => {
      it('makes the first value current', async () => {
        const { arn, current } = await started();
        expect(await labels(arn)).toEqual({ [current]: ['AWSCURRENT'] });
        expect(await text(arn, current)).toBe(current);
      });

      it('moves AWSPREVIOUS to where AWSCURRENT was', async () => {
        const { arn, current } = await started();
        const next = token();
        expect(await put(arn, next, 'AWSCURRENT')).toEqual(DONE);
        expect(await labels(arn)).toEqual({ [current]: ['AWSPREVIOUS'], [next]: ['AWSCURRENT'] });
      });

      it('leaves only labelled versions to be seen', async () => {
        const { arn, current } = await started();
        const [second, third] = [token(), token()];
        await put(arn, second, 'AWSCURRENT');
        await put(arn, third, 'AWSCURRENT');
        expect(await labels(arn)).toEqual({ [second]: ['AWSPREVIOUS'], [third]: ['AWSCURRENT'] });
        expect(Object.keys(await labels(arn))).not.toContain(current);
      });

      it('of a pending value leaves the current one alone', async () => {
        const { arn, current } = await started();
        const pending = token();
        await put(arn, pending, 'AWSPENDING');
        expect(await labels(arn)).toEqual({ [current]: ['AWSCURRENT'], [pending]: ['AWSPENDING'] });
      });

      it('of another pending value takes the label from the first', async () => {
        const { arn, current } = await started();
        const [first, second] = [token(), token()];
        await put(arn, first, 'AWSPENDING');
        await put(arn, second, 'AWSPENDING');
        expect(await labels(arn)).toEqual({ [current]: ['AWSCURRENT'], [second]: ['AWSPENDING'] });
      });

      it('of the same value under the same token again changes nothing', async () => {
        const { arn, current } = await started();
        await put(arn, token(), 'AWSCURRENT');
        const before = await labels(arn);
        expect(await put(arn, current, 'AWSCURRENT')).toEqual(DONE);
        expect(await labels(arn)).toEqual(before);
      });

      it('of another value under a used token is refused', async () => {
        const { arn, current } = await started();
        expect(await put(arn, current, 'AWSCURRENT', 'another')).toEqual({
          ok: false,
          error: { reason: 'exists' },
        });
        expect(await text(arn, current)).toBe(current);
      });

      it('takes one token on two secrets', async () => {
        const [a, b] = [await rig.secret(), await rig.secret()];
        const shared = token();
        expect(await put(a.arn, shared, 'AWSCURRENT', 'a')).toEqual(DONE);
        expect(await put(b.arn, shared, 'AWSCURRENT', 'b')).toEqual(DONE);
        expect([await text(a.arn, shared), await text(b.arn, shared)]).toEqual(['a', 'b']);
      });

      it('finds neither an absent secret nor a deleted one', async () => {
        const { arn } = await rig.secret();
        await rig.remove(arn);
        expect(await put(ABSENT, token(), 'AWSCURRENT')).toEqual(NOT_FOUND);
        expect(await put(arn, token(), 'AWSCURRENT')).toEqual(NOT_FOUND);
      });

      it('takes 65,536 bytes and not one more', async () => {
        const { arn } = await rig.secret();
        const [fits, over] = [token(), token()];
        const longest = 'é'.repeat(32_768);
        expect(await put(arn, fits, 'AWSCURRENT', longest)).toEqual(DONE);
        expect(await text(arn, fits)).toBe(longest);
        await expect(put(arn, over, 'AWSCURRENT', `${longest}x`)).rejects.toMatchObject({
          code: 'value-too-long',
          outcome: 'not-applied',
        });
        expect(await labels(arn)).toEqual({ [fits]: ['AWSCURRENT'] });
      });
    });

    describe('value', () => {
      it('gives back what was put, character by character', async () => {
        const { arn } = await rig.secret();
        const versionId = token();
        const value = '{"token":"twd_dev_…","line":"a\\nb\\u0000","writing":"令牌 🙂"}\n';
        await put(arn, versionId, 'AWSCURRENT', value);
        expect(await text(arn, versionId, 'AWSCURRENT')).toBe(value);
      });

      it('finds no absent secret, version or deleted secret', async () => {
        const { arn, current } = await started();
        expect(await vault.value(ABSENT, current)).toEqual(NOT_FOUND);
        expect(await vault.value(arn, token())).toEqual(NOT_FOUND);
        await rig.remove(arn);
        expect(await vault.value(arn, current)).toEqual(NOT_FOUND);
      });

      it('finds no version under a label that it does not carry', async () => {
        const { arn, current } = await started();
        expect(await vault.value(arn, current, 'AWSPENDING')).toEqual(NOT_FOUND);
      });

      it('still gives the previous version', async () => {
        const { arn, current } = await started();
        await put(arn, token(), 'AWSCURRENT');
        expect(await text(arn, current, 'AWSPREVIOUS')).toBe(current);
      });
    });

    describe('moveCurrent', () => {
      it('moves the label, and AWSPREVIOUS after it', async () => {
        const { arn, current } = await started();
        const pending = token();
        await put(arn, pending, 'AWSPENDING');
        expect(await vault.moveCurrent(arn, { to: pending, from: current })).toEqual(DONE);
        expect(await labels(arn)).toEqual({
          [current]: ['AWSPREVIOUS'],
          [pending]: ['AWSCURRENT', 'AWSPENDING'],
        });
      });

      it('moves back', async () => {
        const { arn, current } = await started();
        const next = token();
        await put(arn, next, 'AWSCURRENT');
        expect(await vault.moveCurrent(arn, { to: current, from: next })).toEqual(DONE);
        expect(await labels(arn)).toEqual({ [current]: ['AWSCURRENT'], [next]: ['AWSPREVIOUS'] });
      });

      it('refuses when the label has left `from`', async () => {
        const { arn, current } = await started();
        const [next, late] = [token(), token()];
        await put(arn, next, 'AWSCURRENT');
        await put(arn, late, 'AWSPENDING');
        expect(await vault.moveCurrent(arn, { to: late, from: current })).toEqual({
          ok: false,
          error: { reason: 'moved' },
        });
        expect((await labels(arn))[next]).toEqual(['AWSCURRENT']);
      });

      it('finds neither an absent secret nor a deleted one', async () => {
        const { arn, current } = await started();
        const move = { to: token(), from: current };
        expect(await vault.moveCurrent(ABSENT, move)).toEqual(NOT_FOUND);
        await rig.remove(arn);
        expect(await vault.moveCurrent(arn, move)).toEqual(NOT_FOUND);
      });

      it('finds no absent version to move to', async () => {
        const { arn, current } = await started();
        expect(await vault.moveCurrent(arn, { to: token(), from: current })).toEqual(NOT_FOUND);
        expect(await labels(arn)).toEqual({ [current]: ['AWSCURRENT'] });
      });
    });

    describe('clearPending', () => {
      it('takes the label off and leaves the current version', async () => {
        const { arn, current } = await started();
        const pending = token();
        await put(arn, pending, 'AWSPENDING');
        expect(await vault.clearPending(arn, pending)).toEqual(DONE);
        expect(await labels(arn)).toEqual({ [current]: ['AWSCURRENT'] });
      });

      it('is a success where the label is not', async () => {
        const { arn, current } = await started();
        expect(await vault.clearPending(arn, current)).toEqual(DONE);
        expect(await labels(arn)).toEqual({ [current]: ['AWSCURRENT'] });
      });

      it('leaves the label on another version', async () => {
        const { arn, current } = await started();
        const pending = token();
        await put(arn, pending, 'AWSPENDING');
        expect(await vault.clearPending(arn, current)).toEqual(DONE);
        expect((await labels(arn))[pending]).toEqual(['AWSPENDING']);
      });

      it('finds no absent secret', async () => {
        expect(await vault.clearPending(ABSENT, token())).toEqual(NOT_FOUND);
      });
    });

    describe('rotate', () => {
      it('ends with the asked version current, and no pending label', async () => {
        const { arn, current } = await started('working');
        const asked = token();
        expect(await vault.rotate(arn, asked)).toEqual(DONE);
        await rig.settled(arn);
        expect(await labels(arn)).toEqual({ [asked]: ['AWSCURRENT'], [current]: ['AWSPREVIOUS'] });
      });

      it('that fails leaves a pending version without a value, which bars the next', async () => {
        const { arn, current } = await started('failing');
        const [asked, next] = [token(), token()];
        expect(await vault.rotate(arn, asked)).toEqual(DONE);
        await rig.settled(arn);
        expect(await labels(arn)).toEqual({ [asked]: ['AWSPENDING'], [current]: ['AWSCURRENT'] });
        expect(await vault.value(arn, asked)).toEqual(NOT_FOUND);
        expect(await vault.rotate(arn, next)).toEqual({ ok: false, error: { reason: 'busy' } });
        await rig.settled(arn);
      });

      it('goes on once the stranded label is cleared', async () => {
        const { arn, current } = await started('failing');
        const [stranded, next] = [token(), token()];
        await vault.rotate(arn, stranded);
        await rig.settled(arn);
        expect(await vault.clearPending(arn, stranded)).toEqual(DONE);
        expect(await labels(arn)).toEqual({ [current]: ['AWSCURRENT'] });
        expect(await vault.rotate(arn, next)).toEqual(DONE);
        await rig.settled(arn);
      });

      it('is refused without a rotation function', async () => {
        const { arn } = await started('none');
        expect(await vault.rotate(arn, token())).toEqual({ ok: false, error: { reason: 'disabled' } });
      });

      it('finds neither an absent secret nor a deleted one', async () => {
        const { arn } = await started('working');
        await rig.remove(arn);
        expect(await vault.rotate(ABSENT, token())).toEqual(NOT_FOUND);
        expect(await vault.rotate(arn, token())).toEqual(NOT_FOUND);
      });
    });

    describe('cancelRotation', () => {
      it('turns rotation off and leaves the values', async () => {
        const { arn, current } = await started('working');
        await vault.cancelRotation(arn);
        expect(await described(arn)).toEqual({
          arn,
          rotationEnabled: false,
          stages: { [current]: ['AWSCURRENT'] },
        });
      });

      it('is a success where there is nothing to cancel', async () => {
        const { arn } = await rig.secret();
        await expect(vault.cancelRotation(arn)).resolves.toBeUndefined();
        await rig.remove(arn);
        await expect(vault.cancelRotation(arn)).resolves.toBeUndefined();
        await expect(vault.cancelRotation(ABSENT)).resolves.toBeUndefined();
      });
    });
  });
}
