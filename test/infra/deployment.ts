import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { App } from 'aws-cdk-lib/core';
import type { DeclaredToken, Stage } from '#core/token/declaration.ts';
import { acknowledge } from '#infra/acknowledgements.ts';
import { readSettings, type Settings } from '#infra/settings.ts';
import { type Declarations, declaredTokens } from '#infra/tokens.ts';
import { type Tokenward, tokenward } from '#infra/tokenward.ts';

const ACCOUNT = '123456789012';
const bundle = mkdtempSync(join(tmpdir(), 'tokenward-bundle-'));
writeFileSync(join(bundle, 'index.mjs'), 'export const handler = () => {};\n');

/** Feature flags change templates: the tests see those that the project synthesises with. */
const flags: Record<string, unknown> = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8'),
).context;

/** An app with the settings of a stage, as the CLI would make it, bundles replaced by an empty one. */
export function newApp(context: Readonly<Record<string, unknown>> = {}): App {
  return new App({ context: { ...flags, 'aws:cdk:bundling-stacks': [], ...context } });
}

export function settingsOf(app: App): Settings {
  return readSettings(app.node, { CDK_DEFAULT_ACCOUNT: ACCOUNT, CDK_DEFAULT_REGION: 'eu-central-1' });
}

/** A canary, and a token with a reader in another account, beside the sample's. */
const MORE_TOKENS: readonly Partial<DeclaredToken>[] = [
  { id: 'honey', canary: true, readers: [] },
  {
    id: 'billing',
    readers: ['arn:aws:iam::123456789012:role/billing', 'arn:aws:iam::210987654321:role/billing-eu'],
    rotationHours: 6,
    rotationWindowHours: 2,
    hardMaxHours: 48,
  },
];

/** What `infra/tokens.ts` declares, with a canary and a cross-account reader more. */
export function declarationsOf(settings: Settings): Declarations {
  const declared = declaredTokens(settings);
  const [first] = declared.tokens;
  if (first === undefined) throw new Error('infra/tokens.ts declares no token');
  return {
    ...declared,
    tokens: [...declared.tokens, ...MORE_TOKENS.map((token) => ({ ...first, ...token }))],
  };
}

export interface Deployment {
  readonly settings: Settings;
  readonly stacks: Tokenward;
  readonly templates: Readonly<Record<keyof Tokenward, Template | undefined>>;
  /** Every resource of every stack, with its logical id. */
  readonly resources: readonly Resource[];
}

export interface Resource {
  readonly stack: keyof Tokenward;
  readonly logicalId: string;
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** Synthesises a whole deployment. */
export function deploy(stage: Stage, context: Readonly<Record<string, unknown>> = {}): Deployment {
  const app = newApp({ stage, ...context });
  const settings = settingsOf(app);
  const stacks = tokenward(app, { settings, declarations: declarationsOf(settings), bundleOf: () => bundle });
  acknowledge(app, settings);
  const entries = Object.entries(stacks).map(([name, stack]) => [name, Template.fromStack(stack)] as const);
  const resources = entries.flatMap(([stack, template]) =>
    Object.entries(template.toJSON().Resources as Record<string, Omit<Resource, 'stack' | 'logicalId'>>).map(
      ([logicalId, resource]) => ({ ...resource, logicalId, stack: stack as keyof Tokenward }),
    ),
  );
  return { settings, stacks, templates: Object.fromEntries(entries) as Deployment['templates'], resources };
}

/** Resources of a type. */
export function ofType(deployment: Deployment, type: string): readonly Resource[] {
  return deployment.resources.filter((resource) => resource.Type === type);
}

/** Properties of the resources of a type. */
export function propertiesOf(
  deployment: Deployment,
  type: string,
): readonly Readonly<Record<string, unknown>>[] {
  return ofType(deployment, type).map(({ Properties }) => Properties);
}

/** The bundle that stands for each function's. */
export const emptyBundle = (): string => bundle;

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Every policy statement of a resource, wherever in its properties it stands. */
export function statementsOf(value: unknown): readonly Statement[] {
  if (Array.isArray(value)) return value.flatMap(statementsOf);
  if (typeof value !== 'object' || value === null) return [];
  const own = 'Effect' in value && 'Action' in value ? [value as Statement] : [];
  return [...own, ...Object.values(value).flatMap(statementsOf)];
}

export const listOf = <T>(value: T | readonly T[]): readonly T[] =>
  Array.isArray(value) ? value : [value as T];
