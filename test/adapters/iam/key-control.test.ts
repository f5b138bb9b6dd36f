import { IAMClient } from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import { createKeyControl } from '#adapters/iam/key-control.ts';
import type { KeyControl } from '#core/ports.ts';
import { createWire, type Wire, type WireAnswer } from '../wire.ts';

const USER = 'arn:aws:iam::111122223333:user/team/ci';
const POLICY = 'arn:aws:iam::111122223333:policy/TokenwardQuarantine-dev';

function controlOn(...answers: WireAnswer[]): { control: KeyControl; calls: Wire['calls'] } {
  const wire = createWire(...answers);
  return {
    control: createKeyControl(new IAMClient(wire.config), { policyArn: POLICY, environment: 'dev' }),
    calls: wire.calls,
  };
}

const reply = (call: string, result: string): WireAnswer => ({
  text: `<${call}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><${call}Result>${result}</${call}Result></${call}Response>`,
});
const failed = (code: string, status: number, message = 'no'): WireAnswer => ({
  status,
  text: `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
});
const user = (arn: string, tags = ''): WireAnswer =>
  reply(
    'GetUser',
    `<User><Path>/team/</Path><UserName>ci</UserName><UserId>AIDA1</UserId><Arn>${arn}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>${tags}</User>`,
  );
const TAGS = '<Tags><member><Key>tokenward:respond</Key><Value>dev</Value></member></Tags>';
const NOT_FOUND = { ok: false, error: { reason: 'not-found' } };

describe('createKeyControl', () => {
  it('finds a user by its name, and only under its own ARN', async () => {
    const { control, calls } = controlOn(user(USER, TAGS));
    expect(await control.user(USER)).toEqual({
      ok: true,
      value: { arn: USER, tags: { 'tokenward:respond': 'dev' } },
    });
    expect(calls[0]?.body).toMatchObject({ Action: 'GetUser', UserName: 'ci' });
    expect(await controlOn(user(USER)).control.user(USER)).toMatchObject({ value: { tags: {} } });
    expect(await controlOn(user('arn:aws:iam::111122223333:user/ci')).control.user(USER)).toEqual(NOT_FOUND);
    expect(await controlOn(reply('GetUser', '')).control.user(USER)).toEqual(NOT_FOUND);
  });

  it('lists keys in one call, with when each was made; what is not Inactive is Active', async () => {
    const keys = reply(
      'ListAccessKeys',
      `<AccessKeyMetadata>${[
        ['AKIA1', 'Inactive'],
        ['AKIA2', 'Active'],
        ['AKIA3', 'Expired'],
      ]
        .map(
          ([id, status]) =>
            `<member><AccessKeyId>${id}</AccessKeyId><Status>${status}</Status><CreateDate>2026-01-01T00:00:00Z</CreateDate></member>`,
        )
        .join('')}<member/></AccessKeyMetadata>`,
    );
    const { control, calls } = controlOn(keys);
    const createdAt = Date.UTC(2026, 0, 1);
    expect(await control.keys(USER)).toEqual({
      ok: true,
      value: [
        { accessKeyId: 'AKIA1', status: 'Inactive', createdAt },
        { accessKeyId: 'AKIA2', status: 'Active', createdAt },
        { accessKeyId: 'AKIA3', status: 'Active', createdAt },
        { accessKeyId: '', status: 'Active', createdAt: 0 },
      ],
    });
    expect(calls).toHaveLength(1);
    expect(await controlOn(reply('ListAccessKeys', '')).control.keys(USER)).toEqual({ ok: true, value: [] });
  });

  it('lists attached policies', async () => {
    const some = `<AttachedPolicies><member><PolicyName>x</PolicyName><PolicyArn>${POLICY}</PolicyArn></member><member/></AttachedPolicies>`;
    expect(await controlOn(reply('ListAttachedUserPolicies', some)).control.attached(USER)).toEqual({
      ok: true,
      value: [POLICY],
    });
    expect(await controlOn(reply('ListAttachedUserPolicies', '')).control.attached(USER)).toEqual({
      ok: true,
      value: [],
    });
  });

  it.each<[string, (control: KeyControl) => Promise<unknown>, object]>([
    ['AttachUserPolicy', (control) => control.quarantine(USER), { UserName: 'ci', PolicyArn: POLICY }],
    ['DetachUserPolicy', (control) => control.unquarantine(USER), { UserName: 'ci', PolicyArn: POLICY }],
    [
      'UpdateAccessKey',
      (control) => control.setStatus(USER, 'AKIA1', 'Inactive'),
      { UserName: 'ci', AccessKeyId: 'AKIA1', Status: 'Inactive' },
    ],
  ])('%s names the user and the one policy or key', async (Action, call, body) => {
    const { control, calls } = controlOn(reply(Action, ''));
    await call(control);
    expect(calls.map((sent) => sent.body)).toEqual([expect.objectContaining({ Action, ...body })]);
  });

  it('takes what is not there for done, where it was to be taken away', async () => {
    const gone = failed('NoSuchEntity', 404, 'Policy arn:… was not found.');
    await expect(controlOn(gone).control.unquarantine(USER)).resolves.toBeUndefined();
    await expect(controlOn(gone).control.setStatus(USER, 'AKIA1', 'Inactive')).resolves.toBeUndefined();
  });

  it.each([
    [failed('NoSuchEntity', 404, 'The user with name ci cannot be found.'), 'not-found'],
    [failed('NoSuchEntity', 404, `Policy ${POLICY} does not exist or is not attachable.`), 'policy-gone'],
    [failed('LimitExceeded', 409, 'Cannot exceed quota for PoliciesPerUser: 10'), 'full'],
  ])('tells apart why the policy cannot be attached: %#', async (answer, reason) => {
    expect(await controlOn(answer).control.quarantine(USER)).toEqual({ ok: false, error: { reason } });
  });

  it.each([
    ['user', (control: KeyControl) => control.user(USER)],
    ['keys', (control: KeyControl) => control.keys(USER)],
    ['attached', (control: KeyControl) => control.attached(USER)],
  ])('says of %s that the user is not there', async (_what, call) => {
    expect(await call(controlOn(failed('NoSuchEntity', 404)).control)).toEqual(NOT_FOUND);
  });

  it.each([
    ['user', (control: KeyControl) => control.user(USER)],
    ['keys', (control: KeyControl) => control.keys(USER)],
    ['attached', (control: KeyControl) => control.attached(USER)],
    ['setStatus', (control: KeyControl) => control.setStatus(USER, 'AKIA1', 'Active')],
    ['quarantine', (control: KeyControl) => control.quarantine(USER)],
    ['unquarantine', (control: KeyControl) => control.unquarantine(USER)],
  ])('throws what IAM denies of %s', async (_what, call) => {
    await expect(call(controlOn(failed('AccessDenied', 403)).control)).rejects.toMatchObject({
      name: 'PortError',
      code: 'AccessDenied',
      outcome: 'not-applied',
    });
  });
});
