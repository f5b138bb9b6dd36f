import type { Assessment, Difference, Finding } from '#core/evidence/assess.ts';
import type { Observation } from '#core/evidence/check.ts';
import type { Control } from '#core/evidence/controls/control.ts';
import type { DeployedSettings, Facts } from '#core/evidence/facts.ts';
import { chartsOf, seenOf } from './charts.ts';
import { escaped, timeOf } from './html.ts';
import { STYLE } from './style.ts';

/** What changed since the run before, and when that was. */
export interface Since {
  readonly at: number;
  readonly changed: readonly Difference[];
}

const WORDS: Readonly<Record<string, string>> = {
  satisfied: '✔ satisfied',
  'not-satisfied': '✘ not satisfied',
  partly: '◐ in part',
  'not-assessed': '– not assessed',
  holds: '✔ holds',
  fails: '✘ fails',
  unseen: '? not seen',
};

const FAMILIES: Readonly<Record<string, string>> = {
  AC: 'Access control',
  AU: 'Audit and accountability',
  CM: 'Configuration management',
  CP: 'Contingency planning',
  IA: 'Identification and authentication',
  IR: 'Incident response',
  SC: 'System and communications protection',
  SI: 'System and information integrity',
};

/** The run as one page for a person: no script, no network; everything that was read is escaped. */
export function pageOf(
  assessment: Assessment,
  facts: Facts,
  digestOf: (path: string) => string,
  since?: Since,
): string {
  const { at, environment, findings, observations, settings, tool } = assessment;
  const [seen, all] = seenOf(facts);
  const context: Context = {
    byId: new Map(observations.map((one) => [one.check, one])),
    digestOf,
    settings,
  };
  const shown = (kind: string): number => findings.filter((one) => kindOf(one, context) === kind).length;
  const where = `${environment.env} · account ${environment.account} · ${environment.region}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>Tokenward ${escaped(environment.env)}: controls, ${timeOf(at)}</title><style>${STYLE}</style></head><body>
<header><h1>Tokenward: what the controls rest on</h1>
<p class="lead">${escaped(where)} · collected ${timeOf(at)} · ${escaped(tool)}</p>
${environment.emulated ? '<p class="banner"><strong>Environment: emulated.</strong> This was made on an emulator of AWS. It shows what Tokenward does, and nothing of what AWS does: nothing inherited from AWS KMS or S3 Object Lock is satisfied here.</p>' : ''}
</header>
<section class="tiles">
${tile('good', shown('satisfied'), 'controls satisfied')}
${tile(shown('fails') > 0 ? 'bad' : 'good', shown('fails'), 'fail a check')}
${tile('', shown('unseen'), 'rest on what was not seen')}
${tile('', shown('partly'), 'claimed in part')}
${tile('', shown('not-assessed'), 'not assessed, with reasons')}
${tile(seen < all ? 'bad' : 'good', seen, `of ${all} sources seen`)}
</section>
<p>A control is satisfied when it is claimed as implemented and every check of it holds, seen in this run. What could not be seen is never a pass. Parameter values are proposed: no owner has signed them.</p>
${changesOf(since)}
<h2>At a glance</h2>
${chartsOf(facts)}
<h2>Controls</h2>
${mapOf(findings, context)}
${controlsOf(findings, context)}
<h2>Sources</h2>
${sourcesOf(observations, digestOf)}
<footer><p class="why">NIST SP 800-53 Rev 5.1.1. The same findings are in <a href="assessment-results.json">assessment-results.json</a> and <a href="component-definition.json">component-definition.json</a> (OSCAL 1.2.1), the digests of all files in <a href="manifest.json">manifest.json</a>, signed in <a href="manifest.dsse.json">manifest.dsse.json</a> (DSSE). Check: <code>tokenward evidence verify --bundle DIR --vkey FILE</code></p></footer>
</body></html>
`;
}

const tile = (kind: string, count: number, says: string): string =>
  `<div class="tile ${kind}"><b>${count}</b><span>${escaped(says)}</span></div>`;

/** A word of ours in its colour; any other, such as an earlier summary may have, as plain text. */
function chip(kind: string): string {
  const word = Object.hasOwn(WORDS, kind) ? WORDS[kind] : undefined;
  return word === undefined ? escaped(kind) : `<span class="chip ${kind}">${word}</span>`;
}

function changesOf(since: Since | undefined): string {
  const head = '<h2>What changed</h2>';
  if (since === undefined) return `${head}<p>This is the first run: there is nothing to compare with.</p>`;
  if (since.changed.length === 0) return `${head}<p>Nothing since ${timeOf(since.at)}.</p>`;
  const rows = since.changed.map(
    ({ what, was, is }) => `<tr><td>${escaped(what)}</td><td>${chip(was)}</td><td>${chip(is)}</td></tr>`,
  );
  return `${head}<p>Since ${timeOf(since.at)}:</p>
<table><thead><tr><th>Control or check</th><th>Was</th><th>Is</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table>`;
}

interface Context {
  readonly byId: ReadonlyMap<string, Observation>;
  readonly digestOf: (path: string) => string;
  readonly settings: DeployedSettings;
}

function controlsOf(findings: readonly Finding[], context: Context): string {
  const families = [...new Set(findings.map(({ control }) => control.id.slice(0, 2)))];
  return families
    .map((family) => {
      const own = findings.filter(({ control }) => control.id.startsWith(`${family}-`));
      return `<h3>${family} · ${escaped(FAMILIES[family] ?? '')}</h3>
<div class="head"><span>Control</span><span>Title</span><span>Claim</span><span>Found</span></div>
${own.map((finding) => controlOf(finding, context)).join('\n')}`;
    })
    .join('\n');
}

/** How a control is shown: what fails goes before what was not seen, and that before what is claimed in part. */
function kindOf({ state, status, evidence }: Finding, { byId }: Context): string {
  if (state !== 'not-satisfied') return state;
  const results = evidence.map((id) => byId.get(id)?.outcome.result ?? 'fails');
  if (results.includes('fails')) return 'fails';
  if (results.includes('unseen')) return 'unseen';
  return status === 'partial' ? 'partly' : state;
}

/** Every control at a glance, by family. */
function mapOf(findings: readonly Finding[], context: Context): string {
  const families = [...new Set(findings.map(({ control }) => control.id.slice(0, 2)))];
  const row = (family: string): string =>
    findings
      .filter(({ control }) => control.id.startsWith(`${family}-`))
      .map((finding) => {
        const { id, title } = finding.control;
        const kind = kindOf(finding, context);
        const mark = (WORDS[kind] ?? kind).slice(0, 1);
        return `<a class="chip ${kind}" href="#${escaped(id)}" title="${escaped(title)}">${mark} ${escaped(id.slice(3))}</a>`;
      })
      .join('');
  return `<div class="map">${families.map((family) => `<b>${family}</b><div>${row(family)}</div>`).join('')}</div>`;
}

function controlOf(finding: Finding, context: Context): string {
  const { control, status, state, reason, evidence } = finding;
  const { byId, digestOf, settings } = context;
  const observed = evidence.flatMap((id) => byId.get(id) ?? []);
  const row = (name: string, value: string): string =>
    value === '' ? '' : `<dt>${name}</dt><dd>${value}</dd>`;
  const files = (paths: readonly string[]): string =>
    paths.map((path) => `<code>${escaped(path)}</code>`).join(', ');
  return `<details class="control" id="${escaped(control.id)}"><summary><b>${escaped(control.id)}</b><span>${escaped(control.title)}</span><span>${escaped(status)}</span><span>${chip(kindOf(finding, context))}</span></summary>
<div class="inside"><p>${escaped(control.requirement)}</p><dl>
${row('Implemented', escaped(control.statement))}${row(state === 'satisfied' ? 'Note' : 'Why not', escaped(reason ?? ''))}
${row('Parameters', parametersOf(control, settings))}
${row('Responsibility', control.responsibility.join(', '))}${row('Baseline', baselineOf(control.baseline))}
${row('Code', files(control.code))}${row('Tests', files(control.tests))}</dl>
${observed.length === 0 ? '' : `<table><thead><tr><th>Check</th><th>Found</th><th>What was seen</th></tr></thead><tbody>${observed.map((one) => observationOf(one, digestOf)).join('')}</tbody></table>`}
</div></details>`;
}

function observationOf(one: Observation, digestOf: (path: string) => string): string {
  const path = `evidence/${one.fact}.json`;
  return `<tr><td>${escaped(one.asks)}<br><span class="sum">${escaped(one.check)} · ${one.method}</span></td><td>${chip(one.outcome.result)}</td><td>${escaped(one.outcome.says)}<br><span class="sum"><a href="${path}">${path}</a><span class="prov"> ${digestOf(path).slice(0, 16)}… · ${escaped(one.source)} · ${timeOf(one.collectedAt)}, good until ${timeOf(one.expiresAt)} · ${one.environment}</span></span></td></tr>`;
}

function sourcesOf(observations: readonly Observation[], digestOf: (path: string) => string): string {
  const facts = [...new Map(observations.map((one) => [one.fact, one])).values()];
  const rows = facts.map(({ fact, source, collectedAt, expiresAt }) => {
    const path = `evidence/${fact}.json`;
    return `<tr><td><a href="${path}">${path}</a></td><td>${escaped(source)}</td><td>${timeOf(collectedAt)}<br>${timeOf(expiresAt)}</td><td><code>${digestOf(path)}</code></td></tr>`;
  });
  return `<table><thead><tr><th>File</th><th>Source</th><th>Collected, good until</th><th>SHA-256</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table>`;
}

const parametersOf = (control: Control, settings: DeployedSettings): string =>
  (control.parameters?.(settings) ?? [])
    .map(({ name, value }) => `${escaped(name)}: <strong>${escaped(value)}</strong> (proposed)`)
    .join('<br>');

const baselineOf = (baseline: string): string =>
  ({ L: 'Low', M: 'Moderate', H: 'High' })[baseline] ?? 'in no baseline';
