import { EventBus } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { CfnOutput, type CfnResource, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { quarantinePolicy } from '../constructs/key-control.ts';
import { Keys } from '../constructs/keys.ts';
import { RegistryTable } from '../constructs/registry-table.ts';
import { ruleArnOf, rulesTo } from '../rules.ts';
import { logOriginOf, nameOf, type Settings } from '../settings.ts';

export interface StateStackProps extends StackProps {
  readonly settings: Settings;
  /** ARNs of every role and user bound to read a secret. */
  readonly readers: readonly string[];
}

/**
 * What must outlive every other stack: the registry, the keys, the alert topic, and our own bus. In production it
 * is retained and protected, and its logical ids are pinned: a refactoring that renamed one would have
 * CloudFormation make an empty table beside the full one.
 */
export class StateStack extends Stack {
  readonly keys: Keys;
  readonly registry: RegistryTable;
  readonly bus: EventBus;
  readonly alerts: Topic;

  constructor(scope: Construct, id: string, props: StateStackProps) {
    super(scope, id, props);
    const { settings } = props;
    const topicName = nameOf(settings, 'alerts');
    const alertTopicArn = `arn:${settings.partition}:sns:${settings.region}:${settings.account}:${topicName}`;
    this.keys = new Keys(this, 'Keys', { settings, alertTopicArn, readers: props.readers });
    this.registry = new RegistryTable(this, 'Registry', { settings, key: this.keys.data });
    this.bus = new EventBus(this, 'Bus', { eventBusName: nameOf(settings, 'bus') });
    this.alerts = new Topic(this, 'Alerts', { topicName, masterKey: this.keys.data, enforceSSL: true });
    quarantinePolicy(this, settings);
    this.allowAlarms(settings);
    this.pin(settings);
    new CfnOutput(this, 'TableName', { value: this.registry.table.tableName });
    new CfnOutput(this, 'BusName', { value: this.bus.eventBusName });
    new CfnOutput(this, 'AlertTopicArn', { value: this.alerts.topicArn });
    new CfnOutput(this, 'Environment', { value: settings.env });
    new CfnOutput(this, 'SigningKeyArn', { value: this.keys.signing.keyArn });
    new CfnOutput(this, 'LogOrigin', { value: logOriginOf(settings) });
  }

  /** Alarms and alert rules of this deployment may publish, and nobody else's (confused deputy). */
  private allowAlarms(settings: Settings): void {
    const { partition, region, account } = settings;
    const sources = {
      cloudwatch: [`arn:${partition}:cloudwatch:${region}:${account}:alarm:${nameOf(settings, '*')}`],
      events: rulesTo('alert', settings).map((rule) => ruleArnOf(settings, rule)),
    };
    for (const [service, arns] of Object.entries(sources)) {
      this.alerts.addToResourcePolicy(
        new PolicyStatement({
          effect: Effect.ALLOW,
          principals: [new ServicePrincipal(`${service}.amazonaws.com`)],
          actions: ['sns:Publish'],
          resources: [this.alerts.topicArn],
          conditions: { ArnLike: { 'aws:SourceArn': arns } },
        }),
      );
    }
  }

  private pin({ signingKeyVersion }: Settings): void {
    const pins = {
      Registry: this.registry.table,
      DataKey: this.keys.data,
      SecretsKey: this.keys.secrets,
      PepperKey: this.keys.pepper,
      MacKey: this.keys.mac,
      LogsKey: this.keys.logs,
      // KMS rotates no signing key: another logical id is another key, and the old one is retained.
      [signingKeyVersion === 1 ? 'SigningKey' : `SigningKey${signingKeyVersion}`]: this.keys.signing,
    };
    for (const [logicalId, construct] of Object.entries(pins)) {
      (construct.node.defaultChild as CfnResource).overrideLogicalId(logicalId);
    }
  }
}
