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

  it('promises nothing that it does not say', () => {
    const { bindingOf, secretOf } = contracts({
      version: 1,
      credentials: [{ credential: KEY }],
      secrets: [{ secret: SECRET }],
    });
    expect(bindingOf(KEY, '')).toEqual({
      credential: KEY,
      principal: '',
      owner: '',
      secrets: [],
      networks: [],
      regions: [],
      clientFamily: null,
      criticality: 'standard',
      canary: false,
      peerGroup: '',
      breakGlass: false,
    });
    expect(secretOf(SECRET_NAME)).toEqual({
      secret: SECRET,
      readers: [],
      canary: false,
      owner: '',
      currentVersion: null,
      versions: [],
    });
  });

  it.each(['production', 'standard'])('takes the criticality %s', (criticality) => {
    const { bindingOf } = contracts({ version: 1, credentials: [{ credential: KEY, criticality }] });
    expect(bindingOf(KEY, '')?.criticality).toBe(criticality);
  });

  const FIX_FILE = 'write {"version": 1, "credentials": […], "secrets": […], "exempt": […]}';
  const credential = (part: object): unknown => ({ version: 1, credentials: [{ credential: 'x', ...part }] });
  const secret = (part: object): unknown => ({ version: 1, secrets: [{ secret: SECRET, ...part }] });
  const version = (part: object): unknown =>
    secret({ versions: [{ versionId: 'v', currentFrom: 1, ...part }] });
  it.each<[string, unknown, string]>([
    ['the file', 7, FIX_FILE],
    ['exempt', { version: 1, exempt: 7 }, FIX_FILE],
    ['version', { ...FILE, version: 2 }, 'write "version": 1'],
    [
      'credentials.0.credential',
      { version: 1, credentials: [{}] },
      'give an access key id, or the ARN of a role or user for all its sessions',
    ],
    ['credentials.0.readers', credential({ readers: 7 }), 'give a list of role or user ARNs'],
    ['credentials.0.secrets', credential({ secrets: 7 }), 'give a list of secret ARNs'],
    [
      'credentials.0.networks',
      credential({ networks: '10/8' }),
      'give a list of CIDR blocks or vpce-… ids; leave it out for any',
    ],
    [
      'credentials.0.networks.0',
      credential({ networks: [7] }),
      'give a list of CIDR blocks or vpce-… ids; leave it out for any',
    ],
    ['credentials.0.regions', credential({ regions: 7 }), 'give a list of regions; leave it out for any'],
    [
      'credentials.0.clientFamily',
      credential({ clientFamily: 7 }),
      'give the tool’s name, such as boto3 or aws-sdk-java, or null for any',
    ],
    ['credentials.0.criticality', credential({ criticality: '' }), 'write "production" or "standard"'],
    ['credentials.0.canary', credential({ canary: 7 }), 'write true or false'],
    ['credentials.0.breakGlass', credential({ breakGlass: 7 }), 'write true or false'],
    [
      'credentials.0.peerGroup',
      credential({ peerGroup: 7 }),
      'give a name that credentials of the same job share, or null',
    ],
    ['secrets.0.secret', secret({ secret: '' }), 'give the secret’s full ARN'],
    [
      'secrets.0.versions',
      secret({ versions: 7 }),
      'give a list of {versionId, currentFrom, retiredAt, graceUntil}',
    ],
    [
      'secrets.0.versions.0.versionId',
      version({ versionId: 7 }),
      'give the id that Secrets Manager gave the version',
    ],
    [
      'secrets.0.versions.0.currentFrom',
      version({ currentFrom: 'now' }),
      'give a time in epoch milliseconds',
    ],
    [
      'secrets.0.versions.0.retiredAt',
      version({ retiredAt: 'x' }),
      'give a time in epoch milliseconds, or null while it is current',
    ],
    [
      'secrets.0.versions.0.graceUntil',
      version({ graceUntil: 'x' }),
      'give a time in epoch milliseconds, or null for no grace',
    ],
    [
      'exempt.0.role',
      { version: 1, exempt: [{ role: 7, sessionName: 'x' }] },
      'give the exact ARN of the exempt role',
    ],
    [
      'exempt.0.sessionName',
      { version: 1, exempt: [{ role: ROLE }] },
      'give the exact name of the exempt session: a role is never exempt as a whole',
    ],
  ])('says how to mend %s', (field, value, fix) => {
    const read = parseBindings(value);
    expect(read).toEqual({ ok: false, error: { field, problem: expect.stringMatching(/./), fix } });
  });
});
