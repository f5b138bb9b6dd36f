import { describe, expect, it } from 'vitest';
import { indexContracts } from '#core/detection/contract.ts';
import type { Observation } from '#core/detection/observation.ts';
import { canary } from '#core/detection/signals/contract-canary.ts';
import { outside } from '#core/detection/signals/contract-network.ts';
import { unbound } from '#core/detection/signals/contract-reader.ts';
import { tamper } from '#core/detection/signals/contract-tamper.ts';
import { oldVersion } from '#core/detection/signals/contract-version.ts';
import type { Seen } from '#core/detection/signals/seen.ts';
import { binding, contract, obs, read, seen, USER } from '../observations.ts';

const NET = binding({ networks: ['10.0.0.0/8'] });

/** A token of ours at a verifier of ours: accepted, or refused for a reason. */
const used = (reason: string, part: Partial<Observation> = {}): Observation =>
  obs({
    api: 'tokenward:Use',
    credential: 'key0000000000001',
    kind: 'api-token',
    principal: 'token:orders',
    refused: reason !== '',
    act: reason === '' ? { kind: 'plain' } : { kind: 'presented', keyId: 'key0000000000001', reason },
    ...part,
  });
const strength = (hit: { readonly weak?: boolean } | undefined): string =>
  hit === undefined ? 'silent' : hit.weak === true ? 'weak' : 'strong';

describe('a genuine token of ours, refused', () => {
  it.each<[string, string, string]>([
    ['network', 'strong', 'silent'],
    ['retired', 'silent', 'weak'],
    ['revoked', 'silent', 'weak'],
    ['expired', 'silent', 'weak'],
    ['suspended', 'silent', 'silent'],
    ['scope', 'silent', 'silent'],
    ['', 'silent', 'silent'],
  ])('for %j: T0-4 %s, T0-2 %s', (reason, network, version) => {
    const at = seen(used(reason, { network: '10.1.2.3' }), { binding: NET });
    expect([strength(outside(at)), strength(oldVersion(at))]).toEqual([network, version]);
  });

  it('is told by its verifier’s own word, whatever the binding says now', () => {
    const at = seen(used('network', { network: '127.6.6.6' }), { binding: NET });
    expect(outside(at)?.says).toBe(
      'the genuine token key0000000000001 presented from 127.6.6.6, outside 10.0.0.0/8',
    );
    expect(oldVersion(seen(used('revoked', { network: '127.6.6.6' })))?.says).toBe(
      '127.6.6.6 presented key0000000000001, which is revoked',
    );
  });

  it('touches a canary, accepted or not', () => {
    for (const reason of ['', 'scope'])
      expect(strength(canary(seen(used(reason), { binding: binding({ canary: true }) })))).toBe('strong');
  });
});

describe('a secret that says from where it may be read', () => {
  const secret = contract({ readFrom: NET });
  const contracts = indexContracts([], [secret], []);
  const from = (network: string, part: Partial<Observation> = {}): Seen =>
    seen(read(undefined, { network, ...part }), { secret, contracts });

  it.each<[string, Seen, string]>([
    ['its reader, from there', from('10.1.2.3'), 'silent'],
    ['its reader, from elsewhere', from('127.6.6.6'), 'strong'],
    ['its reader, refused', from('127.6.6.6', { refused: true }), 'weak'],
    ['its reader, from nowhere known', from(''), 'silent'],
    [
      'a stranger: T0-3 speaks of him',
      from('127.6.6.6', { principal: `${USER}-x`, credential: 'x' }),
      'silent',
    ],
    ['its reader, at something else', seen(obs({ network: '127.6.6.6' }), { secret, contracts }), 'silent'],
  ])('%s', (_what, at, expected) => {
    expect(strength(outside(at))).toBe(expected);
  });
});

describe('a role of ours in somebody else’s session', () => {
  const secret = contract();
  const own = { role: USER, sessionName: 'rotate' };
  const contracts = indexContracts([], [secret], [own], [USER]);

  it('is told of, and is no stranger to be kept out', () => {
    const at = seen(read(undefined, { session: 'ann' }), { secret: contract({ readers: ['x'] }), contracts });
    expect(unbound(at)).toBeUndefined();
    expect(tamper(at)).toMatchObject({
      weak: true,
      says: `somebody who is not our function used its role ${USER} for secretsmanager:GetSecretValue`,
    });
  });

  it('is nothing in its own', () => {
    expect(tamper(seen(read(), { contracts, exempt: true }))).toBeUndefined();
  });
});
