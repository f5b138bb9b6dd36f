import { isAccepted } from './accepted-types.ts';
import { localActions } from './actions.ts';
import { localConditions } from './conditions.ts';
import { type KeptSetting, mark, OUTPUT_PREFIX, settingsOf } from './kept-settings.ts';
import { oneByOne } from './one-by-one.ts';
import {
  type Json,
  type JsonObject,
  mapSubstitutions,
  type Resource,
  referenceOf,
  type Template,
  transform,
} from './template.ts';

/** Time that a custom resource gets to answer, unless its template says otherwise. */
const CUSTOM_RESOURCE_SECONDS = '30';

/** A resource that the local variant leaves out. */
export interface Dropped {
  readonly stackName: string;
  readonly logicalId: string;
  readonly type: string;
  /** Whether what it says is applied by API after the deploy; otherwise it is left out altogether. */
  readonly applied: boolean;
}

/** A template the emulator accepts, with what was taken out of it. */
export interface RewrittenTemplate {
  readonly template: Template;
  readonly dropped: readonly Dropped[];
  readonly kept: readonly KeptSetting[];
}

/**
 * Makes the local variant of one stack's template. Pure.
 *
 * Refused types go, with the DependsOn entries and outputs that named them; any other mention of one becomes
 * a well-formed ARN of nothing, so that policies stay valid and an import by another stack still resolves.
 * What the emulator ignores is kept for later; its values are resolved by outputs added to the template.
 *
 * A secret's `Ref` is its ARN on AWS and its name here; a queue's is its URL, here at a port that is not
 * `endpoint`'s, and the SDK would call it there. Both are spelt out.
 *
 * @throws when a resource to be kept stands under a Condition: whether it exists could not be known afterwards.
 */
export function rewriteTemplate(stackName: string, template: Template, endpoint: string): RewrittenTemplate {
  const dropped: Dropped[] = [];
  const kept: KeptSetting[] = [];
  const resources: Record<string, Resource> = {};
  const outputs: Record<string, JsonObject> = {};
  const gone = new Set<string>();
  const nameOutput = outputNamer(outputs);
  const local = localActions(
    localConditions(template.Resources as unknown as JsonObject),
  ) as unknown as Template['Resources'];
  for (const [logicalId, resource] of Object.entries(local)) {
    const settings = settingsOf(logicalId, resource);
    for (const [kind, values] of settings) {
      if (resource.Condition !== undefined) throw new Error(`${stackName}/${logicalId} is conditional`);
      kept.push({ kind, stackName, logicalId, values: mark(values, nameOutput) as JsonObject });
    }
    if (isAccepted(resource.Type)) {
      resources[logicalId] = resource;
    } else {
      gone.add(logicalId);
      dropped.push({ stackName, logicalId, type: resource.Type, applied: settings.length > 0 });
    }
  }
  for (const [name, output] of Object.entries(template.Outputs ?? {})) {
    if (isForOtherStack(name) || !mentions(output, gone)) outputs[name] = output;
  }
  const spelt = new Map<string, string>();
  for (const [id, { Type }] of Object.entries(resources)) {
    if (Type === 'AWS::SecretsManager::Secret') spelt.set(id, `\${${id}.Id}`);
    if (Type === 'AWS::SQS::Queue') spelt.set(id, `${endpoint}/\${AWS::AccountId}/\${${id}.QueueName}`);
  }
  const fix = (value: Json): Json => transform(value, (node) => fixReference(node, gone, spelt));
  const fixed = Object.entries(resources).map(([id, resource]) => {
    const left = withTimeLimit(withoutDependencies(resource, gone));
    if (resource.Type === 'AWS::StepFunctions::StateMachine')
      return [id, fix({ ...left, Properties: oneByOne(left.Properties ?? {}) })];
    // A queue's policy finds its queues by the name that the emulator itself gave them.
    return [id, resource.Type === 'AWS::SQS::QueuePolicy' ? left : fix(left)];
  });
  return {
    template: { ...template, Resources: Object.fromEntries(fixed), Outputs: fix(outputs) } as Template,
    dropped,
    kept,
  };
}

/** Whether the CDK made this output only to carry a value to another stack, by a strong or by a weak reference. */
export function isForOtherStack(outputName: string): boolean {
  return /^(Exports|Publish)Output/.test(outputName);
}

function outputNamer(outputs: Record<string, JsonObject>): (call: JsonObject) => string {
  const names = new Map<string, string>();
  return (call) => {
    const text = JSON.stringify(call);
    const name = names.get(text) ?? `${OUTPUT_PREFIX}${names.size}`;
    names.set(text, name);
    outputs[name] = { Value: call };
    return name;
  };
}

/** AWS invokes a failing custom resource again and waits an hour; the emulator does only the latter. */
function withTimeLimit(resource: Resource): Resource {
  const { Type: type, Properties: given = {} } = resource;
  if (!type.startsWith('Custom::') && type !== 'AWS::CloudFormation::CustomResource') return resource;
  return { ...resource, Properties: { ServiceTimeout: CUSTOM_RESOURCE_SECONDS, ...given } };
}

function withoutDependencies(resource: Resource, gone: ReadonlySet<string>): Resource {
  const { DependsOn: needs, ...rest } = resource;
  if (needs === undefined) return resource;
  const left = (typeof needs === 'string' ? [needs] : needs).filter((id) => !gone.has(id));
  return (left.length === 0 ? rest : { ...rest, DependsOn: left }) as Resource;
}

function fixReference(node: JsonObject, gone: ReadonlySet<string>, spelt: ReadonlyMap<string, string>): Json {
  const reference = referenceOf(node);
  if (reference !== undefined && Object.keys(node).length === 1) {
    if (gone.has(reference.id)) return nothing(reference.id);
    const text = reference.attribute === undefined ? spelt.get(reference.id) : undefined;
    return text === undefined ? node : { 'Fn::Sub': text };
  }
  if (node['Fn::Sub'] === undefined) return node;
  return mapSubstitutions(node, (name) => {
    const [id = name] = name.split('.');
    return gone.has(id) ? nothing(id) : (spelt.get(name) ?? `\${${name}}`);
  });
}

function nothing(logicalId: string): string {
  return `arn:aws:dropped:::${logicalId}`;
}

function mentions(value: Json, ids: ReadonlySet<string>): boolean {
  let found = false;
  transform(value, (node) => {
    const reference = referenceOf(node);
    if (reference !== undefined && ids.has(reference.id)) found = true;
    if (node['Fn::Sub'] !== undefined) {
      mapSubstitutions(node, (name) => {
        if (ids.has(name.split('.')[0] ?? name)) found = true;
        return name;
      });
    }
    return node;
  });
  return found;
}
