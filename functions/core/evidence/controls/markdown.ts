import { CHECKS } from '../collect/all.ts';
import type { DeployedSettings } from '../facts.ts';
import { type Control, statusOf } from './control.ts';

const BASELINES = { L: 'Low', M: 'Moderate', H: 'High', '-': 'none' } as const;

/** docs/controls.md: every control as its entry has it, with the values of these settings. */
export function controlsPage(controls: readonly Control[], settings: DeployedSettings): string {
  const claimed = (status: string): number =>
    controls.filter((control) => statusOf(control, settings) === status).length;
  const counts = ['implemented', 'inherited', 'partial', 'not-claimed', 'not-applicable', 'organisation']
    .map((status) => [status, claimed(status)] as const)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${count} ${status}`)
    .join(', ');
  return `# Controls

<!-- Made by \`npm run controls\` from functions/core/evidence/controls/: change those. -->

What Tokenward does for controls of NIST SP 800-53 Rev 5.1.1, in our words, for a production deployment with its usual
settings: ${counts}. "Implemented" is a claim;
\`tokenward evidence\` judges it by the checks named here, from live state, and what a check cannot see is never a pass.
Parameter values are proposed: no owner has signed them.

\`\`\`sh
npm run tokenward -- evidence --out DIR                           # OSCAL 1.2.1, raw evidence and a page, signed
npm run tokenward -- evidence verify --bundle DIR --vkey FILE     # offline; the key: tokenward evidence key
\`\`\`

| control | title | baseline | claim |
|---|---|---|---|
${controls.map((control) => `| [${control.id}](#${anchorOf(control)}) | ${control.title} | ${BASELINES[control.baseline]} | ${statusOf(control, settings)} |`).join('\n')}

${controls.map((control) => sectionOf(control, settings)).join('\n')}
## Checks

| check | asks | method | rests on |
|---|---|---|---|
${CHECKS.map(({ id, asks, method, inherits }) => `| ${id} | ${asks} | ${method} | ${inherits ?? '-'} |`).join('\n')}
`;
}

function sectionOf(control: Control, settings: DeployedSettings): string {
  const { id, title, requirement, statement, reason, responsibility, code, tests, evidence } = control;
  const parameters = control.parameters?.(settings) ?? [];
  const lines = [
    `- Claim: **${statusOf(control, settings)}**${reason === undefined ? '' : `. ${reason}`}`,
    `- How: ${statement}`,
    `- Whose: ${responsibility.join(', ')}`,
    ...parameters.map(({ name, value }) => `- Parameter (proposed): ${name}: ${value}`),
    ...listed('Code', code),
    ...listed('Tests', tests),
    ...(evidence.length === 0 ? [] : [`- Checks: ${evidence.join(', ')}`]),
  ];
  return `## ${id} ${title}\n\n${requirement}\n\n${lines.join('\n')}\n`;
}

const listed = (name: string, paths: readonly string[]): readonly string[] =>
  paths.length === 0 ? [] : [`- ${name}: ${paths.map((path) => `[${path}](../${path})`).join(', ')}`];

/** The anchor that a heading gets. */
const anchorOf = ({ id, title }: Control): string =>
  `${id} ${title}`
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
