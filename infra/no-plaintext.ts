import { CfnOutput, CfnParameter, CfnResource, type IAspect, Stack } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/** Shapes of credentials that are known by sight. */
const KNOWN: readonly RegExp[] = [
  // No boundary before it: a token also follows `\n` in JSON and `%3D` in a URL.
  /twd_[a-z0-9]{2,12}_[0-9A-Za-z]{16}_/,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\bgh[pousr]_[0-9A-Za-z]{36}/,
  /\bxox[abprs]-[0-9A-Za-z-]{10,}/,
  /\bsk_(?:live|test)_[0-9A-Za-z]{16,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\./,
];
const RUN = /[0-9A-Za-z+/_=-]{24,}/g;
/** Bits a character from which a run of letters and digits of mixed case is no word of anybody's. */
const RANDOM_BITS = 3.9;

/**
 * Refuses a template that holds a secret value in the open, wherever in it (IA-5(7)): a secret's value or the template
 * it would be generated from, and any text that is a credential by its shape or its randomness in an environment
 * variable, a custom resource's property, a parameter or an output. The error says where, never what.
 */
export class NoPlaintext implements IAspect {
  visit(node: IConstruct): void {
    if (node instanceof CfnResource) node.node.addValidation({ validate: () => inResource(node) });
    else if (node instanceof CfnOutput) {
      node.node.addValidation({ validate: () => inValue(node, 'Value', node.value, true) });
    } else if (node instanceof CfnParameter) {
      node.node.addValidation({ validate: () => inValue(node, 'Default', node.default, true) });
    }
  }
}

function inResource(resource: CfnResource): string[] {
  const whole: unknown = Stack.of(resource).resolve(resource._toCloudFormation());
  const [definition] = Object.values((whole as { Resources?: Record<string, Definition> }).Resources ?? {});
  const properties = Object.entries(definition?.Properties ?? {}).filter(([, value]) => value !== undefined);
  return properties.flatMap(([name, value]) => {
    if (resource.cfnResourceType === 'AWS::SecretsManager::Secret' && VALUES.includes(name)) {
      return [`${name} would put a value, or its making, into the template; leave the secret empty`];
    }
    const random = GUESSED.some((type) => resource.cfnResourceType.startsWith(type)) && name !== 'Code';
    return inValue(resource, name, value, random);
  });
}

interface Definition {
  readonly Properties?: Readonly<Record<string, unknown>>;
}

const VALUES: readonly string[] = ['GenerateSecretString', 'SecretString'];
const GUESSED: readonly string[] = [
  'AWS::Lambda::Function',
  'AWS::SSM::Parameter',
  'Custom::',
  'AWS::CloudFormation::CustomResource',
];

function inValue(node: IConstruct, name: string, value: unknown, guessed: boolean): string[] {
  const found = textsIn(Stack.of(node).resolve(value)).some((text) => isCredential(text, guessed));
  return found ? [`${name} holds what looks like a secret value; keep it in the vault and refer to it`] : [];
}

/** Names of other resources, which carry a hash of their own. */
const REFERENCES: readonly string[] = ['Ref', 'Fn::GetAtt', 'Fn::GetStackOutput', 'Fn::ImportValue'];

function* texts(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (!REFERENCES.includes(key)) yield* texts(inner);
    }
  }
}

const textsIn = (value: unknown): readonly string[] => [...texts(value)];

/** Whether a text holds a credential: by its shape, or, where `guessed`, by its randomness. */
export function isCredential(text: string, guessed: boolean): boolean {
  if (KNOWN.some((shape) => shape.test(text))) return true;
  return guessed && (text.match(RUN) ?? []).some(isRandom);
}

function isRandom(run: string): boolean {
  const mixed = /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run);
  return mixed && entropy(run) >= RANDOM_BITS;
}

function entropy(text: string): number {
  const counts = [...Map.groupBy(text, (letter) => letter).values()].map(
    (group) => group.length / text.length,
  );
  return -counts.reduce((bits, share) => bits + share * Math.log2(share), 0);
}
