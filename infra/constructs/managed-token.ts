import { AccountPrincipal, AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnResourcePolicy, CfnRotationSchedule, CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { CustomResource, RemovalPolicy, Tags } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { DeclaredToken } from '#core/token/declaration.ts';
import { rotationRules } from '../rotation-rules.ts';
import { roleArnOf, type Settings, secretsPrefixOf } from '../settings.ts';
import { ENVIRONMENT_TAG } from './vault.ts';

export interface ManagedTokenProps {
  readonly declared: DeclaredToken;
  readonly settings: Settings;
  readonly key: IKey;
  readonly issue: IFunction;
  readonly rotate: IFunction;
}

/**
 * One vaulted token: an empty secret, who may touch it, its registration, and then its rotation schedule. The
 * template holds no value and asks for none to be generated: `issue` mints version one straight into AWSCURRENT,
 * and only then does Secrets Manager learn of the schedule. Deploying never rotates.
 */
export class ManagedToken extends Construct {
  readonly secret: CfnSecret;

  constructor(scope: Construct, id: string, { declared, settings, key, issue, rotate }: ManagedTokenProps) {
    super(scope, id);
    this.secret = new CfnSecret(this, 'Secret', {
      name: `${secretsPrefixOf(settings)}${declared.id}`,
      description: `API token of ${declared.principal.slice(0, 256)} for ${declared.audience}`,
      kmsKeyId: key.keyArn,
    });
    this.secret.applyRemovalPolicy(settings.removalPolicy, { applyToUpdateReplacePolicy: true });
    Tags.of(this.secret).add('tokenward:token', declared.id);
    Tags.of(this.secret).add(ENVIRONMENT_TAG, settings.env);
    const policy = new CfnResourcePolicy(this, 'Policy', {
      secretId: this.secret.ref,
      blockPublicPolicy: true,
      resourcePolicy: secretPolicy(declared, settings),
    });
    const registration = new CustomResource(this, 'Registration', {
      resourceType: 'Custom::TokenwardToken',
      serviceToken: issue.functionArn,
      removalPolicy: RemovalPolicy.DESTROY,
      properties: {
        declaration: JSON.stringify(declared),
        secretArn: this.secret.ref,
        // Not read: another maker of MACs has CloudFormation call, and what the token grants is sealed anew.
        macs: macsOf(settings),
      },
    });
    registration.node.addDependency(policy);
    const schedule = new CfnRotationSchedule(this, 'Rotation', {
      secretId: this.secret.ref,
      rotationLambdaArn: rotate.functionArn,
      rotateImmediatelyOnUpdate: false,
      rotationRules: rotationRules(declared),
    });
    schedule.node.addDependency(registration);
  }
}

const macsOf = ({ strictFips, peppers }: Settings): string =>
  strictFips ? 'kms' : `peppers ${peppers.oldest} to ${peppers.version}`;

/**
 * Who may touch the value, said as denials, which no policy elsewhere can undo. DescribeSecret is not denied: the
 * deployment itself needs it, and it shows no value. Readers are matched by `aws:PrincipalArn` under their account:
 * naming them as principals would refuse the deployment of every policy whose role is gone. A reader needs the right
 * in its own policy as well.
 */
function secretPolicy(declared: DeclaredToken, settings: Settings): PolicyDocument {
  const own = (...names: string[]): string[] => names.map((name) => roleArnOf(settings, name));
  const writers = own('issue', 'rotate', 'sweep', 'revoke', 'respond');
  const deny = (sid: string, actions: string[], conditions: Record<string, unknown>): PolicyStatement =>
    new PolicyStatement({
      sid,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions,
      resources: ['*'],
      conditions,
    });
  const others = (arns: readonly string[]): Record<string, unknown> => ({
    ArnNotEquals: { 'aws:PrincipalArn': [...arns] },
  });
  const accounts = Map.groupBy(declared.readers, (arn) => arn.split(':')[4] ?? '');
  return new PolicyDocument({
    statements: [
      deny('DenyInsecureTransport', ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'], {
        Bool: { 'aws:SecureTransport': 'false' },
      }),
      deny(
        'DenyOtherReaders',
        ['secretsmanager:GetSecretValue'],
        others([...declared.readers, ...own('issue', 'rotate')]),
      ),
      deny(
        'DenyOtherWriters',
        ['secretsmanager:PutSecretValue', 'secretsmanager:UpdateSecretVersionStage'],
        others(writers),
      ),
      ...[...accounts].map(
        ([account, readers]) =>
          new PolicyStatement({
            sid: `Readers${account}`,
            effect: Effect.ALLOW,
            principals: [new AccountPrincipal(account)],
            actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
            resources: ['*'],
            conditions: { ArnEquals: { 'aws:PrincipalArn': readers } },
          }),
      ),
    ],
  });
}
