import { describe, expect, it } from 'vitest';
import { indexContracts } from '#core/detection/contract.ts';
import { canary } from '#core/detection/signals/contract-canary.ts';
import { exposed } from '#core/detection/signals/contract-exposed.ts';
import { inherited } from '#core/detection/signals/contract-lineage.ts';
import { machine } from '#core/detection/signals/contract-machine.ts';
import { outside } from '#core/detection/signals/contract-network.ts';
import { unbound } from '#core/detection/signals/contract-reader.ts';
import { tamper } from '#core/detection/signals/contract-tamper.ts';
import { oldVersion } from '#core/detection/signals/contract-version.ts';
import type { Seen } from '#core/detection/signals/seen.ts';
import { DAY, HOUR, NOW } from '../../builders.ts';
import {
  binding,
  contract,
  habits,
  KEY,
  obs,
  read,
  SECRET,
  SECRET_NAME,
  seen,
  USER,
} from '../observations.ts';

type Row = [string, Seen, 'strong' | 'weak' | undefined];

function strength(hit: { readonly weak?: boolean } | undefined): Row[2] {
  return hit === undefined ? undefined : hit.weak === true ? 'weak' : 'strong';
}

describe('T0-1, a canary', () => {
  it.each<Row>([
    [
      'a canary key, whatever it does',
      seen(obs({ refused: true }), { binding: binding({ canary: true }) }),
      'strong',
    ],
    ['a canary secret', seen(read(), { secret: contract({ canary: true }) }), 'strong'],
    ['a key', seen(obs(), { binding: binding() }), undefined],
    ['a secret', seen(read(), { secret: contract() }), undefined],
    ['our own function', seen(read(), { secret: contract({ canary: true }), exempt: true }), undefined],
  ])('%s', (_what, at, expected) => {
    expect(strength(canary(at))).toBe(expected);
  });

  it('says what was touched', () => {
    expect(canary(seen(obs(), { binding: binding({ canary: true }) }))?.says).toContain(`canary ${KEY}`);
    expect(canary(seen(read(), { secret: contract({ canary: true }) }))?.says).toContain(SECRET);
  });
});

describe('T0-2, an old version', () => {
  const secret = contract({
    versions: [
      { versionId: 'v0', currentFrom: 0, retiredAt: NOW - 3 * DAY, graceUntil: null },
      { versionId: 'v1', currentFrom: 0, retiredAt: NOW - 2 * DAY, graceUntil: NOW - DAY },
      { versionId: 'v2', currentFrom: NOW - 2 * DAY, retiredAt: null, graceUntil: null },
    ],
  });
  const version = (versionId: string, part = {}): Seen =>
    seen(read(SECRET_NAME, { act: { kind: 'read-secret', secret: SECRET_NAME, versionId }, ...part }), {
      secret,
    });
  it.each<Row>([
    ['after its grace', version('v1'), 'strong'],
    ['after it was retired without grace', version('v0'), 'strong'],
    [
      'unwrapped by KMS',
      seen(obs({ act: { kind: 'decrypt', secret: SECRET_NAME, versionId: 'v1' } }), { secret }),
      'strong',
    ],
    ['the previous one by its label', version('AWSPREVIOUS'), 'strong'],
    ['the previous one within its grace', version('AWSPREVIOUS', { at: NOW - DAY - HOUR }), undefined],
    ['the previous one before there was any', version('AWSPREVIOUS', { at: NOW - 9 * DAY }), undefined],
    ['refused', version('v1', { refused: true }), 'weak'],
    ['within its grace', version('v1', { at: NOW - DAY - HOUR }), undefined],
    ['the current one', version('v2'), undefined],
    ['one that is not listed', version('v9'), undefined],
    ['another act', seen(obs(), { secret }), undefined],
    ['a secret that nobody declared', seen(read()), undefined],
    ['our own function', { ...version('v1'), exempt: true }, undefined],
  ])('%s', (_what, at, expected) => {
    expect(strength(oldVersion(at))).toBe(expected);
  });

  it('says how late', () => {
    expect(oldVersion(version('v1'))?.says).toBe(
      `read version v1 of ${SECRET}, 1 days after its grace was over`,
    );
  });
});

describe('T0-3, an unbound reader', () => {
  const secret = contract({
    readers: ['arn:aws:iam::111122223333:role/service/orders', 'AKIAEXAMPLE000000009'],
  });
  const contracts = indexContracts([], [secret], []);
  const by = (part = {}, more = {}): Seen => seen(read(SECRET_NAME, part), { secret, contracts, ...more });
  it.each<Row>([
    ['a stranger', by(), 'strong'],
    ['a stranger, refused', by({ refused: true }), 'weak'],
    ['the break-glass role', by({}, { binding: binding({ breakGlass: true }) }), 'weak'],
    ['a service for itself', by({ kind: 'secret-reader', principal: 'config.amazonaws.com' }), 'weak'],
    ['another account', by({ kind: 'secret-reader', principal: 'account 444455556666' }), 'weak'],
    ['a role that shows no key', by({ kind: 'secret-reader' }), 'strong'],
    ['a key that shows no ARN', by({ principal: '' }), 'strong'],
    ['a reader, its path lost', by({ principal: 'arn:aws:iam::111122223333:role/orders' }), undefined],
    ['a reader by its key', by({ credential: 'AKIAEXAMPLE000000009' }), undefined],
    ['our own function', by({}, { exempt: true }), undefined],
    ['another act', seen(obs(), { secret, contracts }), undefined],
    ['a secret that nobody declared', seen(read()), undefined],
  ])('%s', (_what, at, expected) => {
    expect(strength(unbound(at))).toBe(expected);
  });

  it('says who, refused or not', () => {
    expect(unbound(by())?.says).toBe(`${USER} read ${SECRET}; it is none of its 2 readers`);
    expect(unbound(by({ refused: true, principal: '' }))?.says).toContain(`${KEY} tried to read`);
  });
});

describe('T0-4, outside the declared networks', () => {
  const bound = binding({ networks: ['203.0.113.0/24', 'vpce-0a1b'] });
  const from = (network: string, part = {}): Seen => seen(obs({ network, ...part }), { binding: bound });
  it.each<Row>([
    ['elsewhere', from('198.51.100.9'), 'strong'],
    ['another endpoint', from('vpce-9z'), 'strong'],
    ['elsewhere, refused', from('198.51.100.9', { refused: true }), 'weak'],
    ['inside', from('203.0.113.200'), undefined],
    ['the endpoint', from('vpce-0a1b'), undefined],
    ['a service’s address, which is no evidence', from(''), undefined],
    ['no promise', seen(obs()), undefined],
    ['a promise of any network', seen(obs(), { binding: binding() }), undefined],
  ])('%s', (_what, at, expected) => {
    expect(strength(outside(at))).toBe(expected);
  });
});

describe('T0-5, minted by a suspect', () => {
  const mint = obs({ api: 'iam:CreateAccessKey' });
  const reached = {
    at: NOW,
    posterior: 0.9,
    evidence: [],
    network: '203.0.113.0/24',
    client: 'boto3/linux/python',
  };
  it.each(['suspend', 'revoke', 'reissue'] as const)('is as grave as its parent at %s', (rung) => {
    expect(strength(inherited(KEY, { ...reached, rung }, mint, undefined))).toBe('strong');
  });
  it.each([
    ['another network', obs({ network: '198.51.100.9' }), undefined],
    ['another operator', mint, { asn: 'AS1' }],
    ['another client', obs({ client: 'x' }), undefined],
    ['an endpoint', obs({ network: 'vpce-1' }), undefined],
  ])('is an alert where it was minted from %s than made its parent a suspect', (_what, by, place) => {
    expect(strength(inherited(KEY, { ...reached, rung: 'suspend' }, by, place))).toBe('weak');
  });
  it('is an alert where its parent is', () => {
    const hit = inherited(KEY, { ...reached, rung: 'alert' }, mint, undefined);
    expect(strength(hit)).toBe('weak');
    expect(hit.says).toBe(`minted by ${KEY} through iam:CreateAccessKey, which had reached alert`);
  });
});

describe('T0-6, tampering with the watch', () => {
  const act = (grave: boolean): Parameters<typeof obs>[0] => ({
    api: 'cloudtrail:StopLogging',
    act: { kind: 'tamper', plane: 'trail', what: 'stopped a trail', grave },
  });
  const used = habits(2, { api: 'cloudtrail:StopLogging' });
  it.each<Row>([
    ['turned off', seen(obs(act(true))), 'strong'],
    ['turned off, as often before', seen(obs(act(true)), { own: used }), 'strong'],
    ['turned off, refused', seen(obs({ ...act(true), refused: true })), 'weak'],
    [
      'turned off by the break-glass role',
      seen(obs(act(true)), { binding: binding({ breakGlass: true }) }),
      'weak',
    ],
    ['changed', seen(obs(act(false))), 'weak'],
    ['changed, as often before', seen(obs(act(false)), { own: used }), undefined],
    [
      'changed, of a secret under contract',
      seen(
        obs({ act: { kind: 'tamper', plane: 'rotation', what: 'x', grave: false, secret: SECRET_NAME } }),
        {
          secret: contract(),
        },
      ),
      'strong',
    ],
    ['our own function', seen(obs(act(true)), { exempt: true }), undefined],
    ['another act', seen(obs()), undefined],
  ])('%s', (_what, at, expected) => {
    expect(strength(tamper(at))).toBe(expected);
  });

  it('says when it was refused', () => {
    expect(tamper(seen(obs({ ...act(true), refused: true })))?.says).toContain('tried and was refused');
  });
});

describe('T0-7, AWS says exposed', () => {
  it('fires on the mark alone', () => {
    expect(
      strength(exposed(seen(obs({ act: { kind: 'exposed', mark: 'AWSCompromisedKeyQuarantineV3' } })))),
    ).toBe('strong');
    expect(exposed(seen(obs()))).toBeUndefined();
  });
});

describe('T0-8, a machine’s role elsewhere', () => {
  const session = (client: string, part = {}): Parameters<typeof obs>[0] => ({
    kind: 'role-session',
    delivery: 'instance',
    client,
    ...part,
  });
  const linux = habits(2, session('boto3/linux/python'));
  const lambda = habits(2, session('aws-sdk-js/lambda/js', { delivery: '' }));
  it.each<Row>([
    ['a desktop', seen(obs(session('aws-cli/macos/python')), { own: linux }), 'strong'],
    ['a browser', seen(obs(session('browser/windows')), { own: linux }), 'strong'],
    ['a desktop of a role without habits', seen(obs(session('aws-cli/macos/python'))), 'weak'],
    ['a tool for attack', seen(obs(session('attack:pacu/pacu/linux'))), 'strong'],
    [
      'windows, which the role always had',
      seen(obs(session('boto3/windows/python')), { own: habits(2, session('boto3/windows/python')) }),
      undefined,
    ],
    ['the usual client', seen(obs(session('boto3/linux/python')), { own: linux }), undefined],
    ['no client known', seen(obs(session('')), { own: linux }), undefined],
    [
      'a function’s role on a desktop',
      seen(obs(session('aws-cli/macos/python', { delivery: '' })), { own: lambda }),
      'strong',
    ],
    [
      'a person’s role',
      seen(obs(session('aws-cli/macos/python', { delivery: '' })), { own: linux }),
      undefined,
    ],
    ['a person’s new role', seen(obs(session('aws-cli/macos/python', { delivery: '' }))), undefined],
    ['a user’s key', seen(obs({ ...session('aws-cli/macos/python'), kind: 'iam-access-key' })), undefined],
  ])('%s', (_what, at, expected) => {
    expect(strength(machine(at))).toBe(expected);
  });
});
