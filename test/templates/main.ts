import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deploy } from '../infra/deployment.ts';
import { ACKNOWLEDGED } from './acknowledged.ts';
import { judge } from './finding.ts';
import { cfnLint, checkov } from './linters.ts';

/** A template with a fault for each linter: a linter that does not see it would see nothing of ours either. */
const PLANTED = {
  Resources: {
    Planted: {
      Type: 'AWS::SQS::Queue',
      Properties: { QueueName: 'planted', VisibilityTimeout: 'for a while', NoSuchProperty: true },
    },
  },
};

const scratch = await mkdtemp(join(tmpdir(), 'tokenward-templates-'));
try {
  process.exitCode = await lint(process.argv[2] ?? (await synthesised()));
} finally {
  await rm(scratch, { recursive: true });
}

/** Templates of a production deployment as the tests make it: with all duties, a break-glass role, a trail and its replay. */
async function synthesised(): Promise<string> {
  const role = (name: string): string => `arn:aws:iam::123456789012:role/${name}`;
  const { templates } = deploy('production', {
    breakGlassRoleArn: role('break-glass'),
    trail: {
      arn: 'arn:aws:cloudtrail:eu-central-1:123456789012:trail/organisation',
      bucket: 'organisation-trail',
    },
    replay: true,
    securityHub: true,
    operators: {
      issuer: [role('issuing-desk')],
      responder: [role('incident-desk')],
      auditor: [role('audit-desk')],
      deployer: [role('pipeline')],
    },
  });
  const folder = await mkdtemp(join(scratch, 'production-'));
  for (const [stack, template] of Object.entries(templates)) {
    const path = join(folder, `tokenward-prod-${stack}.template.json`);
    if (template !== undefined) await writeFile(path, JSON.stringify(template.toJSON(), null, 1));
  }
  return folder;
}

async function lint(folder: string): Promise<number> {
  const planted = await mkdtemp(join(scratch, 'planted-'));
  await writeFile(join(planted, 'tokenward-prod-planted.template.json'), JSON.stringify(PLANTED));
  const linters = { 'cfn-lint': await cfnLint(), checkov: await checkov() };
  const failures: string[] = [];
  const findings = [];
  for (const [name, linter] of Object.entries(linters)) {
    const seen = await linter(planted);
    const wanted = name === 'cfn-lint' ? 'error' : 'finding';
    if (!seen.some(({ level }) => level === wanted)) failures.push(`${name} does not see the planted fault`);
    const found = await linter(folder);
    console.error(`${name.padEnd(10)}${String(found.length).padStart(4)} findings`);
    findings.push(...found);
  }
  const verdict = judge(findings, ACKNOWLEDGED);
  failures.push(...verdict.failures);
  const errors = findings.filter(({ level }) => level === 'error').length;
  console.error(`${errors} errors, ${verdict.acknowledged} findings acknowledged with a reason`);
  for (const failure of failures) console.error(failure);
  return failures.length === 0 ? 0 : 1;
}
