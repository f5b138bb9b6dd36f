import {
  ArnPrincipal,
  CompositePrincipal,
  Effect,
  type IPrincipal,
  ManagedPolicy,
  PolicyStatement,
  Role,
} from 'aws-cdk-lib/aws-iam';
import { DefaultStackSynthesizer, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { nameOf, type Settings } from '../settings.ts';
import type { EvidenceStack } from '../stacks/evidence.ts';
import type { LogStack } from '../stacks/log.ts';
import type { StateStack } from '../stacks/state.ts';
import type { ControlApi } from './control-api.ts';
import type { Allowance, TokenwardFunction } from './function.ts';
import { readingEvidence } from './reporting.ts';
import { readingTheLog } from './sealing.ts';

export interface DutiesProps {
  readonly settings: Settings;
  readonly api: ControlApi;
  readonly revoke: TokenwardFunction;
  readonly report: TokenwardFunction;
  readonly state: StateStack;
  readonly log: LogStack;
  readonly evidence: EvidenceStack;
}

/**
 * The four duties that people hold, each a managed policy of its own, and a role where the context names who may take
 * it (AC-5). Issuing, revoking, auditing and deploying share no action on any resource: whoever
 * issues cannot hide it, whoever audits can change nothing, whoever deploys calls nothing of what is deployed. What
 * CloudFormation does for a deployer is bounded by the bootstrap's execution role, not by these.
 */
export class Duties extends Construct {
  constructor(scope: Construct, id: string, props: DutiesProps) {
    super(scope, id);
    const { settings, api, revoke, report, state, log, evidence } = props;
    const post = (path: string): Allowance => ({
      actions: ['execute-api:Invoke'],
      resources: [api.api.arnForExecuteApi('POST', path, api.api.deploymentStage.stageName)],
    });
    const { partition, region, account, env } = settings;
    // Where the parts are: the command line asks the outputs of the stack that its verb needs.
    const outputs = (stack: string): Allowance => ({
      actions: ['cloudformation:DescribeStacks'],
      resources: [`arn:${partition}:cloudformation:${region}:${account}:stack/tokenward-${env}-${stack}/*`],
    });
    const duties = {
      issuer: [post('/tokens')],
      responder: [
        post('/revocations'),
        { actions: ['lambda:InvokeFunction'], resources: [revoke.fn.functionArn] },
        outputs('functions'),
      ],
      auditor: [
        ...state.registry.readAll(),
        ...readingTheLog({ settings, state, log }),
        ...readingEvidence({ settings, state, evidence }, report),
        outputs('state'),
        outputs('log'),
        ...readingTrails(settings),
        outputs('evidence'),
      ],
      deployer: [{ actions: ['sts:AssumeRole'], resources: bootstrapRoles(this, settings) }],
    };
    for (const [duty, allowances] of Object.entries(duties)) {
      const holders = settings.operators[duty as keyof typeof duties];
      this.duty(nameOf(settings, duty), allowances, holders);
    }
  }

  private duty(name: string, allowances: readonly Allowance[], holders: readonly string[]): void {
    const [first, ...rest] = holders.map((arn): IPrincipal => new ArnPrincipal(arn));
    const roles =
      first === undefined
        ? []
        : [
            new Role(this, `${name}-role`, {
              roleName: name,
              assumedBy: new CompositePrincipal(first, ...rest),
            }),
          ];
    new ManagedPolicy(this, name, {
      managedPolicyName: name,
      roles,
      statements: allowances.map(
        ({ sid, actions, resources, conditions }) =>
          new PolicyStatement({
            ...(sid === undefined ? {} : { sid }),
            effect: Effect.ALLOW,
            actions: [...actions],
            resources: [...resources],
            ...(conditions === undefined ? {} : { conditions }),
          }),
      ),
    });
  }
}

/** What `doctor` asks of CloudTrail, an organisation's trail included. */
const readingTrails = ({ partition }: Settings): readonly Allowance[] => [
  { sid: 'ListTrails', actions: ['cloudtrail:DescribeTrails'], resources: ['*'] },
  {
    actions: ['cloudtrail:GetEventSelectors', 'cloudtrail:GetTrail', 'cloudtrail:GetTrailStatus'],
    resources: [`arn:${partition}:cloudtrail:*:*:trail/*`],
  },
];

/** What `cdk deploy` assumes, in every account that a stack of ours is in; all else is theirs. */
function bootstrapRoles(scope: Construct, { partition, account, logAccount, region }: Settings): string[] {
  const qualifier =
    Stack.of(scope).synthesizer.bootstrapQualifier ?? DefaultStackSynthesizer.DEFAULT_QUALIFIER;
  const accounts = [account, ...(logAccount === undefined ? [] : [logAccount])];
  return accounts.flatMap((of) =>
    ['deploy-role', 'file-publishing-role', 'lookup-role'].map(
      (role) => `arn:${partition}:iam::${of}:role/cdk-${qualifier}-${role}-${of}-${region}`,
    ),
  );
}
