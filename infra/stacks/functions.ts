import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { FUNCTIONS, type FunctionName } from '#core/functions.ts';
import { policyText, type ResponsePolicy } from '#core/response/policy.ts';
import type { DeclaredToken, Offer } from '#core/token/declaration.ts';
import {
  bindBus,
  bindDirectory,
  bindFindings,
  bindMac,
  bindPager,
  bindQueue,
  bindRandom,
  bindRotation,
} from '../constructs/bindings.ts';
import { ControlApi } from '../constructs/control-api.ts';
import { Duties } from '../constructs/duties.ts';
import {
  type BundleOf,
  constructIdOf,
  TokenwardFunction,
  type TokenwardFunctionProps,
} from '../constructs/function.ts';
import { bindKeyControl } from '../constructs/key-control.ts';
import { QueueWithDeadLetters } from '../constructs/queue.ts';
import { bindReconciling } from '../constructs/reconciling.ts';
import { bindReporting } from '../constructs/reporting.ts';
import { type Schedule, schedulesOf } from '../constructs/schedule.ts';
import { bindSealing } from '../constructs/sealing.ts';
import { bindVault, type VaultVerb } from '../constructs/vault.ts';
import { ruleArnOf, rulesTo } from '../rules.ts';
import { nameOf, roleArnOf, type Settings, secretsPrefixOf } from '../settings.ts';
import type { EvidenceStack } from './evidence.ts';
import type { LogStack } from './log.ts';
import type { StateStack } from './state.ts';

export interface FunctionsStackProps extends StackProps {
  readonly settings: Settings;
  readonly state: StateStack;
  readonly log: LogStack;
  readonly evidence: EvidenceStack;
  readonly tokens: readonly DeclaredToken[];
  readonly offers: readonly Offer[];
  readonly bundleOf: BundleOf;
  /** What `respond` does about which signal. */
  readonly response: ResponsePolicy;
  /** The audience that `authorize` accepts. */
  readonly audience: string;
  /** `METHOD /path` → the scopes it takes. */
  readonly routes: Readonly<Record<string, readonly string[]>>;
}

/** The functions with their roles, what invokes them, and the control API: all that runs, nothing that lasts. */
export class FunctionsStack extends Stack {
  readonly functions: Readonly<Record<FunctionName, TokenwardFunction>>;
  /** CloudTrail records and the like, for `respond`. */
  readonly events: QueueWithDeadLetters;
  /** What `authorize` saw, for `respond`. */
  readonly usage: QueueWithDeadLetters;
  readonly schedules: readonly Schedule[];
  readonly control: ControlApi;
  private readonly props: FunctionsStackProps;

  constructor(scope: Construct, id: string, props: FunctionsStackProps) {
    super(scope, id, props);
    this.props = props;
    const { settings, state } = props;
    const visibilityTimeout = Duration.minutes(6);
    this.events = new QueueWithDeadLetters(this, 'Events', { settings, name: 'events', visibilityTimeout });
    this.usage = new QueueWithDeadLetters(this, 'Usage', { settings, name: 'usage', visibilityTimeout });
    for (const rule of rulesTo('respond', settings)) {
      this.events.allowFrom('events.amazonaws.com', ruleArnOf(settings, rule));
    }
    const authorize = this.authorize();
    const rotate = this.rotate();
    this.functions = {
      authorize,
      rotate,
      issue: this.issue(),
      sweep: this.sweep(rotate),
      respond: this.respond(rotate),
      revoke: this.revoke(rotate, authorize),
      seal: this.seal(),
      reconcile: this.reconcile(),
      report: this.report(),
    };
    const { issue, revoke, report } = this.functions;
    this.schedules = schedulesOf(this, settings, this.functions);
    this.control = new ControlApi(this, 'Control', { settings, logsKey: state.keys.logs, issue, revoke });
    new Duties(this, 'Duties', {
      settings,
      api: this.control,
      revoke,
      report,
      state,
      log: props.log,
      evidence: props.evidence,
    });
    this.output();
  }

  private authorize(): TokenwardFunction {
    const { settings } = this.props;
    const fn = this.make('authorize', {
      timeout: Duration.seconds(5),
      memorySize: 1_024,
      reserved: settings.authorizeConcurrency,
      invokedAsync: false,
      environment: this.verification(),
    });
    this.props.state.registry.bind(fn, 'verify');
    bindMac(fn, this.props);
    fn.bind(
      { actions: ['sqs:SendMessage'], resources: [this.usage.queue.queueArn] },
      { USAGE_QUEUE_URL: this.usage.queue.queueUrl },
    );
    return fn;
  }

  private rotate(): TokenwardFunction {
    const { settings, state } = this.props;
    const fn = this.make('rotate', {
      timeout: Duration.seconds(60),
      invokedAsync: false,
      environment: this.verification(),
    });
    state.registry.bind(fn, 'commit');
    bindMac(fn, this.props);
    bindRandom(fn);
    this.vault(fn, ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']);
    bindBus(fn, this.props);
    new CfnPermission(this, 'RotateBySecretsManager', {
      action: 'lambda:InvokeFunction',
      functionName: fn.fn.functionArn,
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: settings.account,
    });
    return fn;
  }

  private issue(): TokenwardFunction {
    const { settings, state, offers } = this.props;
    const fn = this.make('issue', {
      timeout: Duration.seconds(60),
      invokedAsync: true,
      environment: {
        SECRETS_PREFIX: secretsPrefixOf(settings),
        OFFERS: JSON.stringify(offers),
        PEPPER_VERSION: String(settings.peppers.version),
        PEPPER_OLDEST: String(settings.peppers.oldest),
        DEPLOYERS: JSON.stringify(settings.operators.deployer),
      },
    });
    state.registry.bind(fn, 'commit');
    bindMac(fn, this.props);
    bindRandom(fn);
    fn.bind({
      actions: ['kms:GenerateDataKeyWithoutPlaintext'],
      resources: [state.keys.pepper.keyArn],
      conditions: { StringEquals: { 'kms:EncryptionContext:purpose': 'tokenward-pepper' } },
    });
    this.vault(fn, ['GetSecretValue', 'PutSecretValue']);
    bindBus(fn, this.props);
    bindPager(fn, this.props);
    bindDirectory(fn, this.props);
    return fn;
  }

  private sweep(rotate: TokenwardFunction): TokenwardFunction {
    const { settings, state } = this.props;
    const periodMs = settings.sweepPeriodMinutes * 60_000;
    const fn = this.make('sweep', {
      timeout: Duration.millis(Math.min(240_000, periodMs - 10_000)),
      reserved: 1,
      invokedAsync: true,
      environment: { SWEEP_PERIOD_MS: String(periodMs) },
    });
    state.registry.bind(fn, 'commit');
    this.vault(fn, ['CancelRotateSecret', 'DescribeSecret', 'RotateSecret', 'UpdateSecretVersionStage']);
    bindRotation(fn, rotate);
    bindBus(fn, this.props);
    bindPager(fn, this.props);
    bindKeyControl(fn, this.props.settings, ['identify', 'look', 'switch', 'attach', 'detach']);
    return fn;
  }

  private respond(rotate: TokenwardFunction): TokenwardFunction {
    const { settings, state } = this.props;
    const own = FUNCTIONS.map((name) => ({
      roleArn: roleArnOf(settings, name),
      session: nameOf(settings, name),
    }));
    const fn = this.make('respond', {
      timeout: Duration.seconds(60),
      invokedAsync: false,
      environment: {
        RESPONSE_POLICY: policyText({
          ...this.props.response,
          active: this.props.tokens.length,
        }),
        OWN_ROLES: JSON.stringify(own),
      },
    });
    state.registry.bind(fn, 'commit');
    this.vault(fn, [
      'CancelRotateSecret',
      'DescribeSecret',
      'GetResourcePolicy',
      'PutResourcePolicy',
      'RotateSecret',
      'UpdateSecretVersionStage',
    ]);
    bindRotation(fn, rotate);
    bindBus(fn, this.props);
    bindPager(fn, this.props);
    bindFindings(fn, this.props);
    bindKeyControl(fn, this.props.settings, ['identify', 'look', 'switch', 'attach', 'detach']);
    bindQueue(this, 'EventsToRespond', fn, this.events.queue);
    bindQueue(this, 'UsageToRespond', fn, this.usage.queue);
    return fn;
  }

  private revoke(rotate: TokenwardFunction, authorize: TokenwardFunction): TokenwardFunction {
    const fn = this.make('revoke', {
      timeout: Duration.seconds(28),
      invokedAsync: true,
      environment: this.timing(),
    });
    this.props.state.registry.bind(fn, 'commit');
    this.vault(fn, ['CancelRotateSecret', 'DescribeSecret', 'RotateSecret', 'UpdateSecretVersionStage']);
    bindRotation(fn, rotate);
    bindBus(fn, this.props);
    bindPager(fn, this.props);
    bindKeyControl(fn, this.props.settings, ['switch', 'detach']);
    fn.bind(
      { actions: ['lambda:InvokeFunction'], resources: [authorize.fn.functionArn] },
      { AUTHORIZE_FUNCTION: authorize.fn.functionName },
    );
    return fn;
  }

  /** Its time-out is below the 60 s after which another run takes its segment up. */
  private seal(): TokenwardFunction {
    const fn = this.make('seal', {
      timeout: Duration.seconds(55),
      memorySize: 1_024,
      reserved: 1,
      invokedAsync: true,
      environment: {},
    });
    bindSealing(fn, this.props);
    return fn;
  }

  private reconcile(): TokenwardFunction {
    const fn = this.make('reconcile', {
      timeout: Duration.seconds(240),
      memorySize: 1_024,
      reserved: 1,
      invokedAsync: true,
      environment: {},
    });
    bindReconciling(fn, { ...this.props, events: this.events });
    return fn;
  }

  /** A million tokens take it some minutes; it may take a quarter of an hour. */
  private report(): TokenwardFunction {
    const fn = this.make('report', {
      timeout: Duration.minutes(15),
      memorySize: 1_024,
      reserved: 1,
      invokedAsync: true,
      environment: {},
    });
    bindReporting(fn, this.props);
    return fn;
  }

  private vault(fn: TokenwardFunction, verbs: readonly VaultVerb[]): void {
    bindVault(fn, verbs, { settings: this.props.settings, key: this.props.state.keys.secrets });
  }

  private make(
    name: FunctionName,
    props: Omit<TokenwardFunctionProps, 'name' | 'settings' | 'bundleOf' | 'logsKey'>,
  ): TokenwardFunction {
    const { settings, state, bundleOf } = this.props;
    return new TokenwardFunction(this, constructIdOf(name), {
      ...props,
      name,
      settings,
      bundleOf,
      logsKey: state.keys.logs,
      environment: {
        ENVIRONMENT: settings.env,
        STAGE: settings.stage,
        METRICS_NAMESPACE: 'Tokenward',
        FEED_COPIES: String(settings.feedCopies),
        BUS_NAME: state.bus.eventBusName,
        ...props.environment,
      },
    });
  }

  private verification(): Readonly<Record<string, string>> {
    const { audience: AUDIENCE, routes } = this.props;
    return { ...this.timing(), AUDIENCE, ROUTES: JSON.stringify(routes), RECORD_CACHE_MAX_MS: '60000' };
  }

  private timing(): Readonly<Record<string, string>> {
    const { feedMaxAgeMs, readTimeoutMs } = this.props.settings;
    return { FEED_MAX_AGE_MS: String(feedMaxAgeMs), READ_TIMEOUT_MS: String(readTimeoutMs) };
  }

  private output(): void {
    const { settings } = this.props;
    for (const name of FUNCTIONS) {
      const id = constructIdOf(name);
      new CfnOutput(this, `${id}Function`, { value: this.functions[name].fn.functionName });
    }
    new CfnOutput(this, 'ApiUrl', { value: this.control.api.url });
    new CfnOutput(this, 'RespondQueueUrl', { value: this.events.queue.queueUrl });
    new CfnOutput(this, 'UsageQueueUrl', { value: this.usage.queue.queueUrl });
    new CfnOutput(this, 'FeedMaxAgeMs', { value: String(settings.feedMaxAgeMs) });
    new CfnOutput(this, 'ReadTimeoutMs', { value: String(settings.readTimeoutMs) });
  }
}
