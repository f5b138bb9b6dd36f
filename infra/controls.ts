import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { CONTROLS } from '#core/evidence/controls/all.ts';
import { controlsPage } from '#core/evidence/controls/markdown.ts';
import { deployedSettings } from './constructs/reporting.ts';
import { readSettings } from './settings.ts';

/** docs/controls.md as it should be, for a production deployment with its usual settings. */
export function controlsDocument(): string {
  const app = new App({ context: { stage: 'production' } });
  return controlsPage(CONTROLS, deployedSettings(readSettings(app.node, {})));
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, '../docs/controls.md'), controlsDocument());
