import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { DeclaredToken } from '#core/token/declaration.ts';
import { ManagedToken } from '../constructs/managed-token.ts';
import type { Settings } from '../settings.ts';
import type { FunctionsStack } from './functions.ts';
import type { StateStack } from './state.ts';

export interface TokensStackProps extends StackProps {
  readonly settings: Settings;
  readonly state: StateStack;
  readonly functions: FunctionsStack;
  readonly tokens: readonly DeclaredToken[];
}

/** The declared tokens, apart from everything else: the stack that changes most, and can harm least. */
export class TokensStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { settings, state, functions, tokens, ...props }: TokensStackProps,
  ) {
    super(scope, id, props);
    const { issue, rotate } = functions.functions;
    for (const declared of tokens) {
      new ManagedToken(this, declared.id, {
        declared,
        settings,
        key: state.keys.secrets,
        issue: issue.fn,
        rotate: rotate.fn,
      });
    }
  }
}
