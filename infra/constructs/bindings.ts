import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Stack } from 'aws-cdk-lib/core';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';
import { productArn } from '#core/response/asff.ts';
import type { DeclaredToken, Offer } from '#core/token/declaration.ts';
import { nameOf, type Settings } from '../settings.ts';
import type { StateStack } from '../stacks/state.ts';
import type { TokenwardFunction } from './function.ts';

/** The deployment that a function is bound to. */
export interface Bound {
  readonly settings: Settings;
  readonly state: StateStack;
}

/** How many ARNs of principals one managed policy (6,144 characters) has room for. */
const PRINCIPALS_PER_POLICY = 40;

/** The right to unwrap peppers, and under strictFips to have KMS compute the MAC; each names its key. */
export function bindMac(fn: TokenwardFunction, { settings, state }: Bound): void {
  fn.bind(
    {
      actions: ['kms:Decrypt'],
      resources: [state.keys.pepper.keyArn],
      conditions: { StringEquals: { 'kms:EncryptionContext:purpose': 'tokenward-pepper' } },
    },
    { PEPPER_KEY_ARN: state.keys.pepper.keyArn, STRICT_FIPS: String(settings.strictFips) },
  );
  if (!settings.strictFips) return;
  fn.bind(
    { actions: ['kms:GenerateMac'], resources: [state.keys.mac.keyArn] },
    { MAC_KEY_ARN: state.keys.mac.keyArn },
  );
}

/** Random bytes of KMS, for tokens. */
export function bindRandom(fn: TokenwardFunction): void {
  fn.bind({ sid: 'RandomBytes', actions: ['kms:GenerateRandom'], resources: ['*'] });
}

/** RotateSecret takes, beside its own right, that of invoking the rotation function. */
export function bindRotation(fn: TokenwardFunction, rotate: TokenwardFunction): void {
  fn.bind({ actions: ['lambda:InvokeFunction'], resources: [rotate.fn.functionArn] });
}

/**
 * Events on our own bus, under our own name only. `events:source` holds many values: an operator for one matches none of
 * them, and one for all of them also matches none at all, hence `Null`.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
 */
export function bindBus(fn: TokenwardFunction, { state }: Bound): void {
  fn.bind({
    actions: ['events:PutEvents'],
    resources: [state.bus.eventBusArn],
    conditions: {
      'ForAllValues:StringEquals': { 'events:source': 'tokenward' },
      Null: { 'events:source': 'false' },
    },
  });
}

/** Calls a human: the alert topic, and its key for that topic. */
export function bindPager(fn: TokenwardFunction, { state: { alerts, keys } }: Bound): void {
  fn.bind({ actions: ['sns:Publish'], resources: [alerts.topicArn] }, { ALERT_TOPIC_ARN: alerts.topicArn });
  fn.bind({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [keys.data.keyArn],
    conditions: { StringEquals: { 'kms:EncryptionContext:aws:sns:topicArn': alerts.topicArn } },
  });
}

/** Findings for Security Hub, as the account's own product and no other; only where the deployment wants it. */
export function bindFindings(fn: TokenwardFunction, { settings }: Pick<Bound, 'settings'>): void {
  if (!settings.securityHub) return;
  const { region } = settings;
  const suffix = RegionInfo.get(region).domainSuffix ?? 'amazonaws.com';
  fn.bind(
    { actions: ['securityhub:BatchImportFindings'], resources: [productArn(settings)] },
    { SECURITY_HUB_URL: `https://securityhub${settings.useFipsEndpoint ? '-fips' : ''}.${region}.${suffix}` },
  );
}

/** The messages of a queue, ten at a time and two batches at once; one that fails is handed back alone. */
export function bindQueue(scope: Construct, id: string, fn: TokenwardFunction, queue: IQueue): void {
  fn.bind({
    actions: [
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
    ],
    resources: [queue.queueArn],
  });
  const mapping = new CfnEventSourceMapping(scope, id, {
    eventSourceArn: queue.queueArn,
    functionName: fn.fn.functionArn,
    batchSize: 10,
    functionResponseTypes: ['ReportBatchItemFailures'],
    scalingConfig: { maximumConcurrency: 2 },
  });
  mapping.node.addDependency(fn.policy);
}

/** Unique ids of the declared principals, of those and of no other identity. */
export function bindDirectory(
  fn: TokenwardFunction,
  bound: Bound & { readonly tokens: readonly DeclaredToken[]; readonly offers: readonly Offer[] },
): void {
  const declared = [...bound.tokens, ...bound.offers.filter((offer) => offer.kind === 'exchange')];
  const arns = [...new Set(declared.map(({ principal }) => principal))].sort();
  for (let at = 0; at < arns.length; at += PRINCIPALS_PER_POLICY) {
    const chunk = arns.slice(at, at + PRINCIPALS_PER_POLICY);
    const number = at / PRINCIPALS_PER_POLICY;
    const policy = new ManagedPolicy(Stack.of(fn), `IssuePrincipals${number}`, {
      managedPolicyName: nameOf(bound.settings, `issue-principals-${number}`),
      roles: [fn.role],
      statements: [
        reading(
          'iam:GetRole',
          chunk.filter((arn) => arn.includes(':role/')),
        ),
        reading(
          'iam:GetUser',
          chunk.filter((arn) => arn.includes(':user/')),
        ),
      ].filter((statement) => statement.resources.length > 0),
    });
    fn.fn.node.addDependency(policy);
  }
}

function reading(action: string, arns: readonly string[]): PolicyStatement {
  return new PolicyStatement({ effect: Effect.ALLOW, actions: [action], resources: [...arns] });
}
