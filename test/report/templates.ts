import { type Outcome, observe } from '#core/evidence/check.ts';
import { CHECKS } from '#core/evidence/collect/all.ts';
import type { DeployedSettings } from '#core/evidence/facts.ts';
import { type Template, type TemplateResource, textOf } from '#core/evidence/template.ts';
import { goodFacts, SETTINGS, seen, TEMPLATE } from '#test/report/facts.ts';

/** What a check says of templates. */
export const judged = (id: string, template: Template, settings: DeployedSettings = SETTINGS): Outcome => {
  const one = CHECKS.find((check) => check.id === id);
  if (one === undefined) throw new Error(`${id} is gone`);
  return observe(one, goodFacts({ template: seen(template), settings })).outcome;
};

/** Templates of a few resources, by id. */
export const only = (resources: Template['resources']): Template => ({ resources });

export const resource = (
  Type: string,
  Properties: TemplateResource['Properties'] = {},
): TemplateResource => ({
  Type,
  Properties,
});

type Matches = (resource: TemplateResource, id: string) => boolean;

/** The deployment less what matches, and with other resources. */
export const changed = (dropped: Matches, added: Template['resources'] = {}): Template => {
  const kept = Object.entries(TEMPLATE.resources).filter(([id, one]) => !dropped(one, id));
  return only({ ...Object.fromEntries(kept), ...added });
};

export const named =
  (type: string, property: string, name: string): Matches =>
  (one) =>
    one.Type === type && textOf(one.Properties?.[property]) === `tokenward-prod-${name}`;

export const nothing = (): boolean => false;

export const allow = (Action: unknown, Resource: unknown, Sid?: string): object => ({
  Sid,
  Effect: 'Allow',
  Action,
  Resource,
});

/** A managed policy as a function or a duty has it. */
export const policy = (name: string, ...statements: readonly object[]): TemplateResource =>
  resource('AWS::IAM::ManagedPolicy', {
    ManagedPolicyName: `tokenward-prod-${name}`,
    PolicyDocument: { Statement: statements },
  });
