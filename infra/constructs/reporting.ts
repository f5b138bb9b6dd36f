import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib/core';
import type { DeployedSettings } from '#core/evidence/facts.ts';
import { logOriginOf, nameOf, type Settings } from '../settings.ts';
import type { EvidenceStack } from '../stacks/evidence.ts';
import type { LogStack } from '../stacks/log.ts';
import type { StateStack } from '../stacks/state.ts';
import { type Allowance, type TokenwardFunction, throughService } from './function.ts';

export interface ReportingProps {
  readonly settings: Settings;
  readonly state: StateStack;
  readonly log: LogStack;
  readonly evidence: EvidenceStack;
}

/** Stacks whose templates are evidence, by the last part of their names: those of this account and region. */
export const evidenceStacks = ({ logAccount }: Settings): readonly string[] => [
  'state',
  'functions',
  'tokens',
  'guard',
  'evidence',
  ...(logAccount === undefined ? ['log'] : []),
];

/** The settings as `report` states them: those that controls have as parameters. */
export function deployedSettings(settings: Settings): DeployedSettings {
  const { stage, feedMaxAgeMs, readTimeoutMs, logRetentionDays, sweepPeriodMinutes } = settings;
  const { logLockDays, heartbeatMinutes, strictFips, useFipsEndpoint, account } = settings;
  return {
    stage,
    feedMaxAgeMs,
    readTimeoutMs,
    logRetentionDays,
    sweepPeriodMinutes,
    logLockDays,
    heartbeatMinutes,
    strictFips,
    useFipsEndpoint,
    logElsewhere: settings.logAccount !== undefined && settings.logAccount !== account,
    witness: settings.witnessBucket !== undefined,
  };
}

/** Reads what is, writes bundles, signs them: all that the reporter may do (AC-6). It changes no token and reads no value. */
export function bindReporting(fn: TokenwardFunction, props: ReportingProps): void {
  const { settings, state, log, evidence } = props;
  const { partition, region, account } = settings;
  const { data, secrets, pepper, mac, logs, signing } = state.keys;
  const keys = {
    data,
    secrets,
    pepper,
    mac,
    logs,
    signing,
    evidence: evidence.key,
    ...(log.key === undefined ? {} : { archive: log.key }),
  };
  const stacks = evidenceStacks(settings);
  const named = (service: string, resource: string): string =>
    `arn:${partition}:${service}:${region}:${account}:${resource}`;
  state.registry.bind(fn, 'report');
  fn.bind(
    { actions: ['s3:GetObject', 's3:PutObject'], resources: [evidence.bucket.arnForObjects('*')] },
    {
      ACCOUNT: account,
      LOG_ORIGIN: logOriginOf(settings),
      EVIDENCE_BUCKET: evidence.bucket.bucketName,
      SETTINGS: JSON.stringify(deployedSettings(settings)),
      TOOL: toolOf(settings),
    },
  );
  // Without this S3 answers 403 for an object that is not there, and the first run would be no run.
  fn.bind({ actions: ['s3:ListBucket'], resources: [evidence.bucket.bucketArn] });
  fn.bind({
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    resources: [state.keys.data.keyArn],
    conditions: throughService('s3', region),
  });
  fn.bind(
    { actions: ['kms:GetPublicKey', 'kms:Sign'], resources: [evidence.key.keyArn] },
    { EVIDENCE_KEY_ARN: evidence.key.keyArn },
  );
  fn.bind(
    {
      actions: ['kms:DescribeKey', 'kms:GetKeyRotationStatus'],
      resources: Object.values(keys).map((key) => key.keyArn),
    },
    {
      KEYS: Stack.of(fn).toJsonString(
        Object.fromEntries(Object.entries(keys).map(([purpose, key]) => [purpose, key.keyArn])),
      ),
    },
  );
  fn.bind(
    {
      actions: ['s3:GetBucketObjectLockConfiguration', 's3:GetBucketVersioning'],
      resources: [log.bucket.bucketArn],
    },
    { LOG_BUCKET: log.bucket.bucketName },
  );
  fn.bind({
    actions: ['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
    resources: [named('sqs', nameOf(settings, '*'))],
  });
  fn.bind(
    {
      actions: ['cloudformation:GetTemplate'],
      resources: stacks.map((stack) => named('cloudformation', `stack/${nameOf(settings, stack)}/*`)),
    },
    { STACKS: JSON.stringify(stacks.map((stack) => nameOf(settings, stack))) },
  );
}

/** What an auditor needs to have a report made and to take it away. */
export function readingEvidence(
  { settings, state, evidence }: Omit<ReportingProps, 'log'>,
  report: TokenwardFunction,
): readonly Allowance[] {
  return [
    { actions: ['lambda:InvokeFunction'], resources: [report.fn.functionArn] },
    { actions: ['s3:GetObject'], resources: [evidence.bucket.arnForObjects('*')] },
    { actions: ['kms:GetPublicKey'], resources: [evidence.key.keyArn] },
    {
      actions: ['kms:Decrypt'],
      resources: [state.keys.data.keyArn],
      conditions: throughService('s3', settings.region),
    },
  ];
}

/** What made the evidence: this version, and the commit where the context names it. */
function toolOf({ commit }: Settings): string {
  const manifest = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return `tokenward ${version}${commit === undefined ? '' : ` at ${commit}`}`;
}
