import { App, Validations } from 'aws-cdk-lib/core';
import { NIST80053R5Checks } from 'cdk-nag';
import { acknowledge } from './acknowledgements.ts';
import { bundleOf } from './constructs/function.ts';
import { readSettings } from './settings.ts';
import { declaredTokens } from './tokens.ts';
import { tokenward } from './tokenward.ts';

const app = new App();
const settings = readSettings(app.node, process.env);
tokenward(app, { settings, declarations: declaredTokens(settings), bundleOf });
Validations.of(app).addPlugins(new NIST80053R5Checks(app));
acknowledge(app, settings);
app.synth();
