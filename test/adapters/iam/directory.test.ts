import { IAMClient } from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import { createDirectory } from '#adapters/iam/directory.ts';
import type { Directory } from '#core/ports.ts';
import { createWire, type Wire, type WireAnswer } from '../wire.ts';

function directoryOn(...answers: WireAnswer[]): { directory: Directory; calls: Wire['calls'] } {
  const wire = createWire(...answers);
  return { directory: createDirectory(new IAMClient(wire.config)), calls: wire.calls };
}

const role = (arn: string): WireAnswer => ({
  text: `<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role><Path>/</Path><RoleName>orders</RoleName><RoleId>AROA00000000000000001</RoleId><Arn>${arn}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult></GetRoleResponse>`,
});
const user = (arn: string): WireAnswer => ({
  text: `<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetUserResult><User><Path>/</Path><UserName>ci</UserName><UserId>AIDA00000000000000001</UserId><Arn>${arn}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></User></GetUserResult></GetUserResponse>`,
});
const failed = (code: string, status: number): WireAnswer => ({
  status,
  text: `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`,
});

const PLAIN = 'arn:aws:iam::111122223333:role/orders';
const PATHED = 'arn:aws:iam::111122223333:role/service/team-a/orders';
const USER = 'arn:aws:iam::111122223333:user/ci';

describe('createDirectory', () => {
  it.each([
    [PLAIN, role(PLAIN), 'AROA00000000000000001', { Action: 'GetRole', RoleName: 'orders' }],
    [PATHED, role(PATHED), 'AROA00000000000000001', { Action: 'GetRole', RoleName: 'orders' }],
    [USER, user(USER), 'AIDA00000000000000001', { Action: 'GetUser', UserName: 'ci' }],
  ])('finds %s by its name', async (arn, answer, id, body) => {
    const { directory, calls } = directoryOn(answer);
    expect(await directory.uniqueIdOf(arn)).toBe(id);
    expect(calls[0]?.body).toMatchObject(body);
  });

  it.each([
    ['the same name on another path', PATHED, role(PLAIN)],
    ['the same name in another account', 'arn:aws:iam::999988887777:role/orders', role(PLAIN)],
  ])('takes %s for absent', async (_what, arn, answer) => {
    const { directory } = directoryOn(answer);
    expect(await directory.uniqueIdOf(arn)).toBeUndefined();
  });

  it.each([
    'external:acme',
    'arn:aws:sts::111122223333:assumed-role/orders/session',
    'arn:aws:iam::111122223333:root',
    'arn:aws:iam::111122223333:role/',
    'arn:aws:iam::111122223333:role/a b',
    '',
  ])('asks nothing about %j', async (arn) => {
    const { directory, calls } = directoryOn(role(PLAIN));
    expect(await directory.uniqueIdOf(arn)).toBeUndefined();
    expect(calls).toEqual([]);
  });

  it('takes NoSuchEntity for absent', async () => {
    const { directory } = directoryOn(failed('NoSuchEntity', 404));
    expect(await directory.uniqueIdOf(PLAIN)).toBeUndefined();
  });

  it('throws when it may not look', async () => {
    const { directory } = directoryOn(failed('AccessDenied', 403));
    await expect(directory.uniqueIdOf(PLAIN)).rejects.toMatchObject({ name: 'PortError' });
  });
});
