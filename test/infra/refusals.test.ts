import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Aspects, CfnOutput, CfnParameter, CustomResource, Stack } from 'aws-cdk-lib/core';
import { describe, expect, it } from 'vitest';
import { ACKNOWLEDGEMENTS, acknowledge } from '#infra/acknowledgements.ts';
import { bundleOf } from '#infra/constructs/function.ts';
import { isCredential, NoPlaintext } from '#infra/no-plaintext.ts';
import { DeclarationError, tokenward } from '#infra/tokenward.ts';
import { declarationsOf, emptyBundle, newApp, settingsOf } from './deployment.ts';

/** Random text of a fixed seed, so that no credential stands in this file. */
const random = Array.from({ length: 40 }, (_, n) =>
  'aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0z'.charAt((n * 17 + 5) % 31),
).join('');
const key = ['AKIA', 'IOSFODNN7', 'EXAMPLE'].join('');

describe('synth refuses', () => {
  it('declarations that do not hold together, all at once, naming token, field and fix', () => {
    const app = newApp({ stage: 'sandbox' });
    const settings = settingsOf(app);
    const declarations = declarationsOf(settings);
    const tokens = declarations.tokens.map((token) => ({
      ...token,
      approver: token.owner,
      rotationHours: 2,
    }));
    const build = (): unknown =>
      tokenward(app, { settings, declarations: { ...declarations, tokens }, bundleOf: emptyBundle });
    expect(build).toThrow(DeclarationError);
    expect(build).toThrow(/orders-service: approver is the owner; let somebody else approve/);
    expect(build).toThrow(/billing: rotationHours is 2; use a whole number from 4/);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a stage of its own making', { stage: 'staging' }, /"stage": use sandbox or production/],
    ['production under a sandbox name', { stage: 'production', env: 'dev' }, /"env": "dev" names a sandbox/],
    ['an environment no token could carry', { env: 'Prod_1' }, /"env"/],
    ['a slow feed in production', { stage: 'production', feedMaxAgeMs: 5_000 }, /"feedMaxAgeMs"/],
    ['a slow registry in production', { stage: 'production', readTimeoutMs: 2_000 }, /"readTimeoutMs"/],
    [
      'no reserved verifiers in production',
      { stage: 'production', authorizeConcurrency: 0 },
      /"authorizeConcurrency"/,
    ],
    ['a sweep slower than the declarations assume', { sweepPeriodMinutes: 6 }, /"sweepPeriodMinutes"/],
    [
      'a log that is locked for less than a year in production',
      { stage: 'production', logLockDays: 30 },
      /"logLockDays"/,
    ],
    ['an account that is none', { logAccount: 'elsewhere' }, /"logAccount"/],
    ['a witness that is no bucket', { witnessBucket: 'A_B' }, /"witnessBucket"/],
    ['a pepper destroyed before it is made', { pepperOldest: 2 }, /"pepperOldest": is newer/],
    ['a flag that is none', { strictFips: 'maybe' }, /"strictFips": use true or false/],
    [
      'two duties in one hand',
      {
        operators: {
          issuer: ['arn:aws:iam::123456789012:role/x'],
          auditor: ['arn:aws:iam::123456789012:role/x'],
        },
      },
      /two duties/,
    ],
    [
      'a break-glass role that deploys',
      {
        breakGlassRoleArn: 'arn:aws:iam::123456789012:role/x',
        operators: { deployer: ['arn:aws:iam::123456789012:role/x'] },
      },
      /"breakGlassRoleArn": holds a duty/,
    ],
    [
      'a duty for everybody',
      { operators: { responder: ['arn:aws:iam::123456789012:role/*'] } },
      /no ARN of one role/,
    ],
  ])('%s', (_, context, message) => {
    const app = newApp(context);
    expect(() => settingsOf(app)).toThrow(message);
  });

  it.each<[string, (stack: Stack) => unknown, RegExp]>([
    [
      'a secret with a value',
      (stack) => new CfnSecret(stack, 'S', { secretString: 'x' }),
      /S\] SecretString/,
    ],
    [
      'a secret whose value the template would make',
      (stack) => new CfnSecret(stack, 'S', { generateSecretString: {} }),
      /S\] GenerateSecretString/,
    ],
    ['an access key in a variable', (stack) => fn(stack, { KEY: key }), /F\] Environment/],
    ['random text in a variable', (stack) => fn(stack, { KEY: random }), /F\] Environment/],
    [
      'random text among ARNs in a variable',
      (stack) => fn(stack, { KEY: `arn:aws:x:${stack.region}:1:${random}` }),
      /F\] Environment/,
    ],
    [
      'a private key in a custom resource',
      (stack) =>
        new CustomResource(stack, 'C', {
          serviceToken: 'arn',
          properties: { pem: '-----BEGIN EC PRIVATE KEY-----' },
        }),
      /C\/Default\] pem/,
    ],
    [
      'a token as a parameter’s default',
      (stack) => new CfnParameter(stack, 'P', { default: `twd_dev_${'0123456789abcdEF'}_x` }),
      /P\] Default/,
    ],
    ['random text as an output', (stack) => new CfnOutput(stack, 'O', { value: random }), /O\] Value/],
  ])('%s, and does not repeat it', (_, add, message) => {
    const app = newApp();
    const stack = new Stack(app, 'stack');
    add(stack);
    Aspects.of(app).add(new NoPlaintext());
    const failure = thrown(() => app.synth());
    expect(failure).toMatch(message);
    expect(failure).not.toContain(random);
    expect(failure).not.toContain(key);
  });

  it('a function without its bundle, naming the command that makes it', () => {
    expect(() => bundleOf('nothing' as 'issue')).toThrow(/npm run bundle/);
  });
});

it('takes names, ARNs, URLs and hashes for what they are', () => {
  const account = 'arn:aws:iam::123456789012:role/OrdersService2-ServiceRole';
  for (const text of [
    'tokenward-prod-authorize-failed',
    account,
    'https://sqs.eu-central-1.amazonaws.com/123456789012/tokenward-dev-usage',
    'f063508e449bb8800a017e10fa13f3d4148fc7974f1f33c944e914ba0bf6042c',
  ]) {
    expect(isCredential(text, true)).toBe(false);
  }
  expect(isCredential(random, false)).toBe(false);
  expect(isCredential(random, true)).toBe(true);
});

it.each(['', '%3D', 'x_', '{"text":"first\\n'])('knows a token after %j', (before) => {
  expect(isCredential(`${before}twd_dev_${'0123456789abcdEF'}_x`, false)).toBe(true);
});

describe('acknowledged findings', () => {
  it.each(ACKNOWLEDGEMENTS.map((one) => [`${one.id} at ${one.where.join(', ')}`, one] as const))(
    '%s has a reason, an owner, and time left',
    (_, one) => {
      expect(one.reason.length).toBeGreaterThan(40);
      expect(one.owner).not.toBe('');
      expect(one.expires).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(
        Date.parse(one.expires),
        `${one.id}: look again, then move "expires" in infra/acknowledgements.ts`,
      ).toBeGreaterThan(Date.now());
    },
  );

  it('are about something that exists', () => {
    const app = newApp({ stage: 'production' });
    expect(() => acknowledge(app, settingsOf(app))).toThrow(/No child with id/);
  });
});

function fn(stack: Stack, variables: Record<string, string>): CfnFunction {
  return new CfnFunction(stack, 'F', { code: {}, role: 'arn', environment: { variables } });
}

function thrown(act: () => unknown): string {
  try {
    act();
  } catch (fault) {
    return String(fault);
  }
  return 'nothing was thrown';
}
