import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import type { Template, TemplateResource } from '#core/evidence/template.ts';
import { PortError } from '#core/ports.ts';
import { toPortError } from '../errors.ts';
import { clientOptions } from '../system/client-options.ts';

/** The one CloudFormation client of a container. */
export const createCloudFormationClient = (): CloudFormationClient =>
  new CloudFormationClient(clientOptions({ connectMs: 1_000, requestMs: 10_000 }));

/** The templates of these stacks as they are deployed, in one. */
export async function readTemplates(
  client: CloudFormationClient,
  stacks: readonly string[],
): Promise<Template> {
  const resources: Record<string, TemplateResource> = {};
  for (const StackName of stacks) {
    const body = await templateOf(client, StackName);
    for (const [id, resource] of Object.entries(body)) resources[`${StackName}/${id}`] = resource;
  }
  return { resources };
}

async function templateOf(
  client: CloudFormationClient,
  StackName: string,
): Promise<Readonly<Record<string, TemplateResource>>> {
  try {
    const command = new GetTemplateCommand({ StackName, TemplateStage: 'Processed' });
    const { TemplateBody = '' } = await client.send(command);
    return (JSON.parse(TemplateBody) as { Resources: Record<string, TemplateResource> }).Resources;
  } catch (fault) {
    if (fault instanceof SyntaxError) {
      throw new PortError('bad-reply', { outcome: 'not-applied', retryable: false }, { cause: fault });
    }
    throw toPortError(fault);
  }
}
