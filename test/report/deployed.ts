import type { DeployedSettings } from '#core/evidence/facts.ts';
import type { Template } from '#core/evidence/template.ts';
import { deployedSettings, evidenceStacks } from '#infra/constructs/reporting.ts';
import { deploy } from '#test/infra/deployment.ts';

const production = deploy('production', { feedMaxAgeMs: 1_000 });

/** The settings of the production deployment, as `report` gets them. */
export const SETTINGS: DeployedSettings = deployedSettings(production.settings);

/** Its templates, as CloudFormation would have them. */
export const TEMPLATE: Template = {
  resources: Object.fromEntries(
    production.resources
      .filter(({ stack }) => evidenceStacks(production.settings).includes(stack))
      .map(({ stack, logicalId, ...resource }) => [
        `tokenward-prod-${stack}/${logicalId}`,
        JSON.parse(JSON.stringify(resource)),
      ]),
  ),
};
