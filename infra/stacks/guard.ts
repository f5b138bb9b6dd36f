import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Annotations, CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { FUNCTIONS, type FunctionName } from '#core/functions.ts';
import { acceptFromLogAccount, isElsewhere } from '../constructs/log-forward.ts';
import { DeadLetters } from '../constructs/queue.ts';
import { RECONCILE_MINUTES } from '../constructs/schedule.ts';
import { watch } from '../constructs/watch-rule.ts';
import { type GuardRule, guardRules } from '../rules.ts';
import { nameOf, type Settings } from '../settings.ts';
import type { FunctionsStack } from './functions.ts';
import type { StateStack } from './state.ts';

export interface GuardStackProps extends StackProps {
  readonly settings: Settings;
  readonly state: StateStack;
  readonly functions: FunctionsStack;
}

const MINUTE = Duration.minutes(1);

/**
 * What watches: the rules over CloudTrail, an alarm for every way in which something could be lost in silence, and
 * one dashboard. It comes last, so that nothing it needs is missing, and it can be changed without touching a token.
 */
export class GuardStack extends Stack {
  private readonly settings: Settings;
  private readonly state: StateStack;
  private readonly undelivered: DeadLetters;

  constructor(scope: Construct, id: string, props: GuardStackProps) {
    super(scope, id, props);
    const { settings, state, functions } = props;
    this.settings = settings;
    this.state = state;
    const { pepper, mac, signing } = state.keys;
    const rules = guardRules(
      settings,
      [pepper, mac, signing].map(({ keyArn }) => keyArn),
    );
    this.undelivered = new DeadLetters(this, 'Undelivered', { settings, name: 'undelivered' });
    const arnOf = { respond: functions.events.queue.queueArn, alert: state.alerts.topicArn };
    for (const rule of rules) watch(this, { settings, rule, arnOf, undelivered: this.undelivered });
    this.tellOfTrail();
    if (isElsewhere(settings)) acceptFromLogAccount(this, settings);
    this.alarmDeadLetters(functions);
    this.alarmQueues(functions);
    this.alarmFunctions(functions);
    for (const rule of rules) this.alarmRule(rule);
    this.dashboard(functions);
  }

  /** The rules see what a trail logs. Whether this one logs enough is for `tokenward doctor`, which can read it. */
  private tellOfTrail(): void {
    const { trail, stage } = this.settings;
    new CfnOutput(this, 'TrailArn', { value: trail?.arn ?? 'none' });
    if (trail !== undefined || stage === 'sandbox') return;
    Annotations.of(this).addWarningV2(
      'tokenward:no-trail',
      'no trail is declared (context "trail"): without one that logs all management events nothing is detected; run `tokenward doctor`',
    );
  }

  private alarmDeadLetters(functions: FunctionsStack): void {
    const all = [
      this.undelivered,
      functions.events.deadLetters,
      functions.usage.deadLetters,
      ...functions.schedules.map(({ deadLetters }) => deadLetters),
      ...FUNCTIONS.map((name) => functions.functions[name].deadLetters),
    ];
    for (const dead of all) {
      if (dead === undefined) continue;
      this.alarm(`${dead.part}-not-empty`, 'Something could not be handled; read it, then redrive it', {
        metric: dead.queue.metricApproximateNumberOfMessagesVisible({
          period: MINUTE,
          statistic: Stats.MAXIMUM,
        }),
        threshold: 1,
      });
    }
  }

  private alarmQueues(functions: FunctionsStack): void {
    for (const [part, { queue }] of Object.entries({ events: functions.events, usage: functions.usage })) {
      this.alarm(`${part}-queue-old`, 'respond does not keep up', {
        metric: queue.metricApproximateAgeOfOldestMessage({ period: MINUTE, statistic: Stats.MAXIMUM }),
        threshold: 300,
        periods: 3,
      });
    }
  }

  private alarmFunctions({ functions }: FunctionsStack): void {
    for (const name of FUNCTIONS) {
      this.alarm(`${name}-errors`, `The function ${name} fails`, {
        metric: functions[name].fn.metricErrors({ period: MINUTE, statistic: Stats.SUM }),
        threshold: 1,
      });
    }
    this.alarm('authorize-throttled', 'Callers are refused for want of containers', {
      metric: functions.authorize.fn.metricThrottles({ period: MINUTE, statistic: Stats.SUM }),
      threshold: 1,
    });
    const notRunning = (name: FunctionName, says: string, minutes: number): void =>
      this.alarm(`${name}-not-running`, says, {
        metric: functions[name].fn.metricInvocations({
          period: Duration.minutes(minutes),
          statistic: Stats.SUM,
        }),
        threshold: 1,
        comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
        missing: TreatMissingData.BREACHING,
      });
    notRunning('sweep', 'Nothing retires, expires or repairs (L3)', 3 * this.settings.sweepPeriodMinutes);
    notRunning('seal', 'Nothing seals the audit log (AU-9)', 5);
    this.alarm('seal-late', 'The audit log has not been sealed for longer than its heartbeat (AU-9)', {
      metric: this.own('seal', 'SealLagMs', MINUTE, Stats.MAXIMUM),
      threshold: (this.settings.heartbeatMinutes + 3) * 60_000,
    });
    notRunning('reconcile', 'What the event bus loses is lost (AU-6)', 3 * RECONCILE_MINUTES);
    this.alarm('reconcile-backlog', 'The trail is written faster than it is read', {
      metric: this.own('reconcile', 'ReconcileBacklog', Duration.minutes(RECONCILE_MINUTES), Stats.MAXIMUM),
      threshold: 1,
      periods: 3,
    });
    for (const [name, description] of Object.entries(COUNTED)) {
      const [service = '', metricName = ''] = name.split('/');
      this.alarm(`${service}-${metricName}`, description, {
        metric: this.own(service, metricName, MINUTE, Stats.SUM),
        threshold: 1,
      });
    }
  }

  /** What a function of ours counts itself. */
  private own(service: string, metricName: string, period: Duration, statistic: string): Metric {
    const dimensionsMap = { environment: this.settings.env, service };
    return new Metric({ namespace: 'Tokenward', metricName, dimensionsMap, period, statistic });
  }

  /** A rotation given up, or any alert rule, is worth a call; and so is every event that a rule could not hand on. */
  private alarmRule(rule: GuardRule): void {
    const metric = (metricName: string): Metric =>
      new Metric({
        namespace: 'AWS/Events',
        metricName,
        dimensionsMap: { RuleName: nameOf(this.settings, rule.name) },
        period: MINUTE,
        statistic: Stats.SUM,
      });
    this.alarm(`${rule.name}-undelivered`, `The rule ${rule.name} could not hand an event on`, {
      metric: metric('FailedInvocations'),
      threshold: 1,
    });
    if (rule.name === 'rotation-failed' || rule.targets.includes('alert')) {
      this.alarm(rule.name, `${rule.description}; see docs/runbook.md`, {
        metric: metric('MatchedEvents'),
        threshold: 1,
      });
    }
  }

  private alarm(part: string, description: string, watch: Watch): void {
    const alarm = new Alarm(this, `Alarm-${part}`, {
      alarmName: nameOf(this.settings, part),
      alarmDescription: description,
      metric: watch.metric,
      threshold: watch.threshold,
      comparisonOperator: watch.comparison ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: watch.periods ?? 1,
      treatMissingData: watch.missing ?? TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.state.alerts));
  }

  private dashboard(functions: FunctionsStack): void {
    const graph = (title: string, left: IMetric[]): GraphWidget =>
      new GraphWidget({ title, left, width: 12 });
    const all = FUNCTIONS.map((name) => functions.functions[name].fn);
    const { authorize } = functions.functions;
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: nameOf(this.settings, 'tokens') });
    dashboard.addWidgets(
      graph(
        'Invocations',
        all.map((fn) => fn.metricInvocations()),
      ),
      graph(
        'Errors',
        all.map((fn) => fn.metricErrors()),
      ),
      graph(
        'Time to authorize',
        [Stats.p(50), Stats.p(99)].map((statistic) => authorize.fn.metricDuration({ statistic })),
      ),
      graph(
        'Waiting for respond',
        [functions.events, functions.usage].map(({ queue }) => queue.metricApproximateAgeOfOldestMessage()),
      ),
    );
  }
}

interface Watch {
  readonly metric: IMetric;
  readonly threshold: number;
  /** @default - at least the threshold */
  readonly comparison?: ComparisonOperator;
  /** How many minutes in a row. @default 1 */
  readonly periods?: number;
  /** @default - no data is good news */
  readonly missing?: TreatMissingData;
}

/** `service/metric` of our own that must stay at none. */
const COUNTED: Readonly<Record<string, string>> = {
  'issue/RegistrationFailed': 'A declared token could not be registered',
  'sweep/SweepFailed': 'The sweep could not finish something that is due; it tries again each run',
  'sweep/RevocationBlocked': 'The rotation of a revoked token could not be cancelled; the sweep tries again',
  'reconcile/ReconcileFailed': 'A region of the trail could not be read; it is tried again',
  'reconcile/ReconcileUnreadable': 'A file of the trail is not whole: what it held is lost',
  'seal/ChainBroken': 'An audit chain does not hold; see docs/runbook.md',
  'seal/LogForked': 'Somebody else writes the sealed log, or the registry was restored; see docs/runbook.md',
  'seal/WitnessFailed': 'A checkpoint has no copy in the other account',
  'report/ChecksFailing': 'A check of the controls fails; see the last report',
  'revoke/ReissueNotStarted': 'A revoked token has no successor on the way: its consumers are refused',
};
