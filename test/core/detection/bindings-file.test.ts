import { describe, expect, it } from 'vitest';
import { parseBindings } from '#core/detection/bindings-file.ts';
import type { Contracts } from '#core/detection/contract.ts';
import { canonicalSecret } from '#core/detection/secret-name.ts';
import { KEY, SECRET, SECRET_NAME, USER } from './observations.ts';

const ROLE = 'arn:aws:iam::111122223333:role/service/orders';
const FILE = {
  version: 1,
  credentials: [
    {
      credential: KEY,
      principal: USER,
      owner: 'orders-team',
      readers: [],
      networks: ['203.0.113.0/24'],
      canary: true,
    },
    { credential: ROLE, peerGroup: 'orders', clientFamily: null, criticality: 'production' },
  ],
  secrets: [
    { secret: SECRET, readers: [ROLE], versions: [{ versionId: 'v1', currentFrom: 1, retiredAt: 2 }] },
  ],
  exempt: [{ role: ROLE, sessionName: 'tokenward-rotate' }],
};

function contracts(value: unknown = FILE): Contracts {
  const read = parseBindings(value);
  if (!read.ok) throw new Error(read.error.field);
  return read.value;
}

describe('a bindings file', () => {
  it('finds a credential by its key id, and a role’s sessions by its ARN, its path lost or not', () => {
    const { bindingOf } = contracts();
    expect(bindingOf(KEY, USER)).toMatchObject({
      owner: 'orders-team',
      canary: true,
      peerGroup: '',
      secrets: [],
    });
    for (const principal of [ROLE, 'arn:aws:iam::111122223333:role/orders']) {
      expect(bindingOf('ASIAX', principal)).toMatchObject({ peerGroup: 'orders', criticality: 'production' });
    }
    expect(bindingOf('AKIAX', USER)).toBeUndefined();
  });

  it('finds a secret by every name, with its readers', () => {
    const { secretOf, reads } = contracts();
    for (const id of [SECRET, 'orders']) {
      const found = secretOf(canonicalSecret(id, '111122223333', 'eu-west-1'));
      expect(found?.versions).toEqual([{ versionId: 'v1', currentFrom: 1, retiredAt: 2, graceUntil: null }]);
      if (found === undefined) throw new Error('not found');
      expect([reads(found, KEY, USER), reads(found, 'x', ROLE)]).toEqual([false, true]);
      expect(reads({ ...found }, KEY, USER)).toBe(true);
    }
    expect(secretOf(`${SECRET_NAME}s`)).toBeUndefined();
  });

  it('exempts an exact session, never a role', () => {
    const { isExempt } = contracts();
    expect([isExempt(ROLE, 'tokenward-rotate'), isExempt(ROLE, 'ann'), isExempt(ROLE, '')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('remembers which networks are inside, however many', () => {
    const { bindingOf, within } = contracts();
    const bound = bindingOf(KEY, USER);
    if (bound === undefined) throw new Error('not bound');
    for (let index = 0; index < 3_000; index++) {
      expect(within(bound, `198.51.${index % 256}.${index % 200}`)).toBe(false);
    }
    expect([within(bound, '203.0.113.9'), within(bound, '203.0.113.9'), within(bound, 'vpce-1')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('may be nearly empty', () => {
    expect(contracts({ version: 1 }).bindingOf(KEY, USER)).toBeUndefined();
  });

  it.each<[string, unknown, string, string]>([
    ['no object', 7, 'the file', 'write {"version": 1'],
    ['another version', { ...FILE, version: 2 }, 'version', 'write "version": 1'],
    [
      'a credential without a name',
      { version: 1, credentials: [{}] },
      'credentials.0.credential',
      'an access key id',
    ],
    [
      'networks that are no list',
      { version: 1, credentials: [{ credential: 'x', networks: '10/8' }] },
      'credentials.0.networks',
      'CIDR',
    ],
    [
      'a network that is no text',
      { version: 1, credentials: [{ credential: 'x', networks: [7] }] },
      'credentials.0.networks.0',
      'CIDR',
    ],
    [
      'a time as text',
      { version: 1, secrets: [{ secret: SECRET, versions: [{ versionId: 'v', currentFrom: 'now' }] }] },
      'secrets.0.versions.0.currentFrom',
      'epoch milliseconds',
    ],
    [
      'a role without a session',
      { version: 1, exempt: [{ role: ROLE }] },
      'exempt.0.sessionName',
      'never exempt as a whole',
    ],
    ['a list of exemptions that is none', { version: 1, exempt: 7 }, 'exempt', 'write {"version": 1'],
  ])('%s', (_what, value, field, fix) => {
    const read = parseBindings(value);
    expect(read).toMatchObject({ ok: false, error: { field } });
    expect(JSON.stringify(read).replaceAll('\\"', '"')).toContain(fix);
  });
});
