import type { Assessment, Finding } from '../assess.ts';
import type { Observation } from '../check.ts';
import { oscalId } from '../controls/control.ts';
import type { FactName } from '../facts.ts';
import { type File, iso, OSCAL_VERSION, property, resourceOf, resourceUuid } from './common.ts';
import { requirementUuid } from './component.ts';
import { uuidOf } from './uuid.ts';

/** The raw evidence of each fact, as it lies in the bundle. */
export type Raw = Readonly<Record<FactName, File>>;

/** What was observed and found, as OSCAL assessment results. */
export function assessmentResults(assessment: Assessment, raw: Raw): unknown {
  const { at, environment, tool } = assessment;
  const run = `${environment.account}/${environment.region}/${environment.env}/${iso(at)}`;
  const assessed = assessment.findings.filter(({ state }) => state !== 'not-assessed');
  const open = assessed.filter(({ state }) => state === 'not-satisfied');
  const plan = {
    uuid: uuidOf('plan', tool),
    title: 'Automatic collection',
    description:
      'Tokenward’s report function answers a fixed list of questions from live state, daily and on demand. The list is in the component definition, as evidence of each control.',
  };
  return {
    'assessment-results': {
      uuid: uuidOf(run, 'assessment-results'),
      metadata: {
        title: `Tokenward ${environment.env}: assessment results`,
        'last-modified': iso(at),
        version: tool,
        'oscal-version': OSCAL_VERSION,
        props: [property('environment', environment.emulated ? 'emulated' : 'aws')],
      },
      'import-ap': { href: `#${plan.uuid}` },
      results: [
        {
          uuid: uuidOf(run, 'result'),
          title: `Run of ${iso(at)}`,
          description: `${assessed.length} controls assessed, ${assessed.length - open.length} satisfied, by ${assessment.observations.length} observations.`,
          start: iso(at),
          end: iso(at),
          'reviewed-controls': {
            'control-selections': [
              { 'include-controls': assessed.map(({ control }) => ({ 'control-id': oscalId(control.id) })) },
            ],
          },
          observations: assessment.observations.map((observation) =>
            observationOf(run, observation, raw[observation.fact]),
          ),
          ...(open.length === 0 ? {} : { risks: open.map((finding) => riskOf(run, finding)) }),
          findings: assessed.map((finding) => findingOf(run, finding)),
        },
      ],
      'back-matter': { resources: [plan, ...Object.values(raw).map((file) => resourceOf(run, file))] },
    },
  };
}

const observationUuid = (run: string, check: string): string => uuidOf(run, 'observation', check);

function observationOf(run: string, one: Observation, file: File): unknown {
  const { outcome } = one;
  return {
    uuid: observationUuid(run, one.check),
    title: one.check,
    description: `${one.asks} ${sentence(outcome.says)}`,
    props: [
      property('result', outcome.result),
      property('environment', one.environment),
      property('source', one.source),
      ...Object.entries(outcome.figures ?? {}).map(([name, value]) =>
        property(name, String(value), 'figure'),
      ),
    ],
    methods: [one.method],
    types: ['finding'],
    'relevant-evidence': [
      {
        href: `#${resourceUuid(run, file.path)}`,
        description: `Raw evidence: ${file.path}, SHA-256 ${file.sha256}`,
      },
    ],
    collected: iso(one.collectedAt),
    expires: iso(one.expiresAt),
  };
}

function findingOf(run: string, { control, state, reason, evidence }: Finding): unknown {
  const satisfied = state === 'satisfied';
  return {
    uuid: uuidOf(run, 'finding', control.id),
    title: `${control.id} ${control.title}`,
    description: control.statement,
    target: {
      type: 'statement-id',
      'target-id': `${oscalId(control.id)}_smt`,
      status: {
        state: satisfied ? 'satisfied' : 'not-satisfied',
        ...(reason === undefined ? {} : { remarks: reason }),
      },
    },
    'implementation-statement-uuid': requirementUuid(control),
    'related-observations': evidence.map((check) => ({ 'observation-uuid': observationUuid(run, check) })),
    ...(satisfied ? {} : { 'related-risks': [{ 'risk-uuid': uuidOf(run, 'risk', control.id) }] }),
  };
}

function riskOf(run: string, { control, reason = '', evidence }: Finding): unknown {
  return {
    uuid: uuidOf(run, 'risk', control.id),
    title: `${control.id} is not shown to be satisfied`,
    description: reason,
    statement: `Not shown: ${control.requirement}`,
    status: 'open',
    'related-observations': evidence.map((check) => ({ 'observation-uuid': observationUuid(run, check) })),
  };
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
