import { type Control, oscalId, statusOf } from '../controls/control.ts';
import type { DeployedSettings } from '../facts.ts';
import { CATALOGUE, iso, OSCAL_VERSION, type Property, property } from './common.ts';
import { uuidOf } from './uuid.ts';

/** Where an implementation statement stands in the component definition. */
export const requirementUuid = (control: Control): string => uuidOf('requirement', control.id);

const COMPONENT = uuidOf('component', 'tokenward');

/** What is implemented how, as an OSCAL component definition. `at`: when it was written. */
export function componentDefinition(
  controls: readonly Control[],
  settings: DeployedSettings,
  at: number,
  tool: string,
): unknown {
  return {
    'component-definition': {
      uuid: uuidOf('component-definition', tool, iso(at)),
      metadata: {
        title: 'Tokenward: API tokens on AWS',
        'last-modified': iso(at),
        version: tool,
        'oscal-version': OSCAL_VERSION,
      },
      components: [
        {
          uuid: COMPONENT,
          type: 'software',
          title: 'Tokenward',
          description: 'Issues, vaults, rotates, verifies, watches and revokes API tokens on AWS.',
          'control-implementations': [
            {
              uuid: uuidOf('control-implementation', 'tokenward'),
              source: `#${CATALOGUE.uuid}`,
              description: 'The controls that Tokenward speaks of, also those that it does not claim.',
              'implemented-requirements': controls.map((control) => requirementOf(control, settings)),
            },
          ],
        },
      ],
      'back-matter': { resources: [CATALOGUE] },
    },
  };
}

function requirementOf(control: Control, settings: DeployedSettings): unknown {
  const { reason, parameters, responsibility, code, tests, evidence } = control;
  const props: readonly Property[] = [
    property('implementation-status', statusOf(control, settings)),
    property('baseline', control.baseline),
    ...responsibility.map((whose) => property('responsibility', whose)),
    ...(parameters?.(settings) ?? []).map(({ name, value }) =>
      property('parameter', `${name}: ${value}`, 'proposed'),
    ),
    ...code.map((path) => property('code', path)),
    ...tests.map((path) => property('test', path)),
    ...evidence.map((id) => property('evidence', id)),
  ];
  return {
    uuid: requirementUuid(control),
    'control-id': oscalId(control.id),
    description: control.statement,
    props,
    ...(reason === undefined ? {} : { remarks: reason }),
  };
}
