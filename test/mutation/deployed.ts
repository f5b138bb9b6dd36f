import { readFileSync } from 'node:fs';
import type { DeployedSettings } from '#core/evidence/facts.ts';
import type { Template } from '#core/evidence/template.ts';
import { DEPLOYED } from './parts.ts';

const read = JSON.parse(readFileSync(process.env[DEPLOYED] ?? '', 'utf8')) as {
  readonly SETTINGS: DeployedSettings;
  readonly TEMPLATE: Template;
};

// test/report/deployed.ts for a mutation run, as it was before the first mutant: to synthesise takes seconds.
export const SETTINGS: DeployedSettings = read.SETTINGS;
export const TEMPLATE: Template = read.TEMPLATE;
