/** What a linter found in a template. */
export interface Finding {
  readonly rule: string;
  /** `error`: the template is wrong, and nobody can say otherwise. `finding`: somebody has to have said why. */
  readonly level: 'error' | 'finding';
  /** `<stack>/<logical id>`, the stack without `tokenward-<env>-`. */
  readonly at: string;
  readonly says: string;
}

/** A finding that stands, with the reason. */
export interface Acknowledged {
  readonly rule: string;
  /** Of `<stack>/<logical id>`. */
  readonly at: RegExp;
  readonly reason: string;
}

export interface Verdict {
  readonly acknowledged: number;
  /** One line for each that fails: an error, a finding without a reason, a reason without a finding. */
  readonly failures: readonly string[];
}

/** Holds findings to what was acknowledged: both ways, so that no reason outlives what it was given for. */
export function judge(findings: readonly Finding[], reasons: readonly Acknowledged[]): Verdict {
  const covers = ({ rule, at }: Acknowledged, finding: Finding): boolean =>
    finding.level === 'finding' && rule === finding.rule && at.test(finding.at);
  const open = findings.filter((finding) => !reasons.some((reason) => covers(reason, finding)));
  const idle = reasons.filter((reason) => !findings.some((finding) => covers(reason, finding)));
  return {
    acknowledged: findings.length - open.length,
    failures: [
      ...open.map(({ level, rule, at, says }) => `${level} ${rule} at ${at}: ${says}`),
      ...idle.map(({ rule, at }) => `${rule} is acknowledged at ${at}, where nothing is found any more`),
    ],
  };
}
