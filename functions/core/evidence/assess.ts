import type { EpochMs } from '../records.ts';
import { type Check, type Observation, observe } from './check.ts';
import { type Control, type Status, statusOf } from './controls/control.ts';
import type { DeployedSettings, Environment, Facts } from './facts.ts';

/** What was found of one control. `satisfied` takes a claim and evidence for all of it, seen now. */
export interface Finding {
  readonly control: Control;
  readonly status: Status;
  readonly state: 'satisfied' | 'not-satisfied' | 'not-assessed';
  /** Why it is not satisfied, or not assessed. */
  readonly reason?: string;
  /** Ids of its checks. */
  readonly evidence: readonly string[];
}

/** A whole run. */
export interface Assessment {
  readonly at: EpochMs;
  readonly environment: Environment;
  readonly settings: DeployedSettings;
  /** The commit or version that collected. */
  readonly tool: string;
  readonly observations: readonly Observation[];
  readonly findings: readonly Finding[];
}

/** Answers every check and judges every control by them: the same facts give the same assessment. */
export function assess(
  facts: Facts,
  controls: readonly Control[],
  checks: readonly Check[],
  tool: string,
): Assessment {
  const observations = checks.map((one) => observe(one, facts));
  const byId = new Map(observations.map((observation) => [observation.check, observation]));
  return {
    at: facts.now,
    environment: facts.environment,
    settings: facts.settings,
    tool,
    observations,
    findings: controls.map((control) => findingOf(control, statusOf(control, facts.settings), byId)),
  };
}

function findingOf(control: Control, status: Status, byId: ReadonlyMap<string, Observation>): Finding {
  const { evidence } = control;
  const found = { control, status, evidence };
  if (status === 'not-applicable' || status === 'organisation' || status === 'not-claimed') {
    return { ...found, state: 'not-assessed', reason: control.reason ?? 'no reason is given' };
  }
  const failing = evidence.flatMap((id) => {
    const outcome = byId.get(id)?.outcome;
    if (outcome === undefined) return [`${id}: no such check`];
    return outcome.result === 'holds' ? [] : [`${id}: ${outcome.says}`];
  });
  if (evidence.length === 0) failing.push('no check shows it');
  if (status === 'partial') failing.unshift(control.reason ?? 'no reason is given');
  return failing.length === 0
    ? { ...found, state: 'satisfied' }
    : { ...found, state: 'not-satisfied', reason: failing.join('. ').replaceAll('.. ', '. ') };
}

/** What a later run is compared with: small, and a file of each bundle. */
export interface Summary {
  readonly at: EpochMs;
  readonly controls: Readonly<Record<string, Finding['state']>>;
  readonly checks: Readonly<Record<string, Observation['outcome']['result']>>;
  readonly figures: Readonly<Record<string, number>>;
}

export function summaryOf({ at, findings, observations }: Assessment): Summary {
  return {
    at,
    controls: Object.fromEntries(findings.map(({ control, state }) => [control.id, state])),
    checks: Object.fromEntries(observations.map(({ check, outcome }) => [check, outcome.result])),
    figures: Object.fromEntries(
      observations.flatMap(({ check, outcome }) =>
        Object.entries(outcome.figures ?? {}).map(([name, value]) => [`${check}/${name}`, value]),
      ),
    ),
  };
}

/** One thing that is not as it was in the run before. */
export interface Difference {
  readonly what: string;
  readonly was: string;
  readonly is: string;
}

/** What changed since `before`: controls and checks, not figures, which always move. */
export function differences(before: Summary, now: Summary): readonly Difference[] {
  const of = (
    was: Readonly<Record<string, string>>,
    is: Readonly<Record<string, string>>,
  ): readonly Difference[] =>
    [...new Set([...Object.keys(was), ...Object.keys(is)])]
      .sort()
      .filter((what) => was[what] !== is[what])
      .map((what) => ({ what, was: was[what] ?? 'not there', is: is[what] ?? 'not there' }));
  return [...of(before.controls, now.controls), ...of(before.checks, now.checks)];
}
