import { describe, expect, it } from 'vitest';
import { readReply } from '#cli/reply.ts';
import { PortError } from '#core/ports.ts';
import { createDesk } from './harness.ts';

const TOKEN = `twd_dev_0123456789abcdef_${'s'.repeat(49)}`;
const WHY = ['--reason', 'r', '--incident', 'I-1'];

const named = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });

describe('usage ends in 2 with one line that names the fix', () => {
  it.each<[string, string[], string]>([
    ['no command', [], 'no command given'],
    ['an unknown command', ['destroy'], 'no command destroy'],
    ['half a command', ['audit'], 'no command given'],
    ['an inherited name', ['constructor'], 'no command constructor'],
    ['no id', ['show'], 'Missing required positional argument: ID'],
    ['no target', ['revoke', ...WHY], 'no target: give a token id'],
    ['two targets', ['revoke', 'orders', '--key', '0123456789abcdef', ...WHY], 'more than one target'],
    ['no reason', ['suspend', 'orders', '--incident', 'I-1'], 'suspend demands --reason and --incident'],
    ['no incident', ['rotate', 'orders', '--reason', 'r'], 'rotate demands --reason and --incident'],
    ['an empty reason', ['revoke', 'orders', '--incident', 'I-1', '--reason='], '--reason has no value'],
    [
      'a key where a token is meant',
      ['suspend', '--key', '0123456789abcdef', ...WHY],
      "Unknown option '--key'",
    ],
    ['a malformed key', ['revoke', '--key', 'short', ...WHY], 'a keyId is the 16 characters between'],
    ['a malformed id', ['show', 'Orders!'], 'a token id has 2 to 64 lower-case letters'],
    ['an unquoted reason', ['revoke', 'orders', 'seen', ...WHY], '2 arguments where 1 is the most'],
    ['a malformed environment', ['list', '--env', 'Dev!'], '--env takes 2 to 12'],
    [
      'a malformed address',
      ['revoke', 'orders', ...WHY, '--api-url', 'example'],
      '--api-url takes an address',
    ],
    ['no subject', ['audit', 'show'], 'give at least one of --token, --incident'],
  ])('%s', async (_what, line, says) => {
    const ran = await createDesk().run(line, '1');
    expect([ran.code, ran.out, ran.sent]).toEqual([2, '', []]);
    expect(ran.err.split('\n').at(-1)).toMatch(/^tokenward: /);
    expect(ran.err).toContain(says);
  });
});

describe('a whole token on the command line', () => {
  it.each([
    [['show', TOKEN]],
    [['revoke', TOKEN, ...WHY]],
    [['revoke', '--key', TOKEN, ...WHY]],
    [['audit', 'show', '--token', TOKEN]],
    [[TOKEN]],
    [['list', `--${TOKEN}`]],
    [['suspend', 'orders', '--reason', `found ${TOKEN} in a paste`, '--incident', 'I-1']],
  ])('is refused and not repeated: %#', async (line) => {
    const ran = await createDesk().run(line, '1');
    expect([ran.code, ran.sent]).toEqual([2, []]);
    expect(ran.out + ran.err).not.toContain('s'.repeat(49));
  });
});

describe('faults of AWS end in 3 with one line that names the fix', () => {
  it.each<[string, Error, string]>([
    [
      'no credentials',
      named('CredentialsProviderError', 'Could not load credentials from any providers'),
      'set AWS_PROFILE',
    ],
    ['expired credentials', named('ExpiredTokenException', 'x'), 'renew them'],
    ['no region', new Error('Region is missing'), 'set AWS_REGION or give --region'],
    [
      'no deployment',
      named('ValidationError', 'Stack with id tokenward-qa-state does not exist'),
      'tokenward-qa is not deployed',
    ],
    [
      'no rights',
      new PortError('AccessDeniedException', { outcome: 'not-applied', retryable: false }),
      'tokenward-qa-auditor',
    ],
    ['no network', named('Error', 'connect', { code: 'ECONNREFUSED' }), 'AWS cannot be reached'],
    [
      'no network under fetch',
      Object.assign(new TypeError('fetch failed'), { cause: named('Error', 'x', { code: 'ENOTFOUND' }) }),
      'AWS cannot be reached',
    ],
    [
      'throttling',
      new PortError('ThrottlingException', { outcome: 'not-applied', retryable: true }),
      'wait a few seconds',
    ],
    ['anything else', named('InternalFailure', 'line\nbreak'), 'InternalFailure: line\\u{a}break; repeat'],
  ])('%s', async (_what, fault, says) => {
    const desk = createDesk();
    desk.fault = () => fault;
    const ran = await desk.run(['list', '--env', 'qa']);
    expect([ran.code, ran.out, ran.err.split('\n')]).toMatchObject([3, '', { length: 1 }]);
    expect(ran.err).toContain(says);
  });

  it.each([
    [403, '{"message":"Forbidden"}', 'take a role with the responder policy'],
    [429, '', 'throttling'],
    [502, '{"message":"Internal server error"}', 'a repeat changes nothing twice'],
    [200, 'null', 'answered 200 without saying what it did'],
  ])('an answer %i of the gateway', (status, text, says) => {
    expect(() => readReply(status, text)).toThrow(says);
  });
});

describe('help', () => {
  it.each([[['--help']], [['revoke', '--help']], [['audit', '-h']], [['audit', 'verify', '--help']]])(
    '%j',
    async (line) => {
      const ran = await createDesk().run(line);
      expect([ran.code, ran.err]).toEqual([0, '']);
      expect(ran.out).toContain('EXIT CODES');
      expect(ran.out).not.toContain('\u001b');
    },
  );
});

it('names the deployment by its options', async () => {
  const ran = await createDesk().run(['list', '--env', 'qa', '--region', 'eu-west-1', '--profile', 'ops']);
  expect(ran.where).toEqual([{ environment: 'qa', region: 'eu-west-1', profile: 'ops' }]);
});
