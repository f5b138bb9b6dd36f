import { type App, Aspects, Tags } from 'aws-cdk-lib/core';
import { checkDeclaration, type DeclarationProblem } from '#core/token/check-declaration.ts';
import type { BundleOf } from './constructs/function.ts';
import { NoPlaintext } from './no-plaintext.ts';
import { globalRegionOf, nameOf, type Settings } from './settings.ts';
import { EvidenceStack } from './stacks/evidence.ts';
import { FunctionsStack } from './stacks/functions.ts';
import { GlobalEventsStack } from './stacks/global-events.ts';
import { GuardStack } from './stacks/guard.ts';
import { LogStack } from './stacks/log.ts';
import { ReplayStack } from './stacks/replay.ts';
import { SampleStack } from './stacks/sample.ts';
import { StateStack } from './stacks/state.ts';
import { TokensStack } from './stacks/tokens.ts';
import type { Declarations } from './tokens.ts';

/** The stacks of one deployment. */
export interface Tokenward {
  readonly state: StateStack;
  readonly log: LogStack;
  readonly evidence: EvidenceStack;
  readonly functions: FunctionsStack;
  readonly tokens: TokensStack;
  readonly guard: GuardStack;
  /** Where the global services are logged in another region than this one. */
  readonly global?: GlobalEventsStack;
  /** Where the context asks for it. */
  readonly replay?: ReplayStack;
  /** Sandboxes only. */
  readonly sample?: SampleStack;
}

/** What is declared does not hold together; the message lists all of it. */
export class DeclarationError extends Error {
  readonly code = 'bad-declaration';
  readonly problems: readonly DeclarationProblem[];

  constructor(problems: readonly DeclarationProblem[]) {
    const lines = problems.map(({ token, field, problem, fix }) => `  ${token}: ${field} ${problem}; ${fix}`);
    super(`infra/tokens.ts cannot be deployed:\n${lines.join('\n')}`);
    this.name = 'DeclarationError';
    this.problems = problems;
  }
}

/**
 * Adds a whole deployment to an app.
 *
 * @throws DeclarationError when the declarations do not hold together.
 */
export function tokenward(
  app: App,
  {
    settings,
    declarations,
    bundleOf,
  }: { settings: Settings; declarations: Declarations; bundleOf: BundleOf },
): Tokenward {
  const { tokens, offers, api, response } = declarations;
  const problems = checkDeclaration(tokens, offers, {
    stage: settings.stage,
    deployers: settings.operators.deployer,
  });
  if (problems.length > 0) throw new DeclarationError(problems);
  const { account, region, stage } = settings;
  const common = { settings, env: { account, region }, terminationProtection: stage === 'production' };
  const name = (part: string): string => nameOf(settings, part);
  const readers = [...new Set(tokens.flatMap((token) => token.readers))].sort();

  const state = new StateStack(app, name('state'), { ...common, readers });
  const log = new LogStack(app, name('log'), {
    ...common,
    env: { account: settings.logAccount ?? account, region },
  });
  const evidence = new EvidenceStack(app, name('evidence'), { ...common, state });
  const functions = new FunctionsStack(app, name('functions'), {
    ...common,
    ...api,
    response,
    state,
    log,
    evidence,
    tokens,
    offers,
    bundleOf,
  });
  const sample =
    stage === 'sandbox' ? new SampleStack(app, name('sample'), { ...common, state, functions }) : undefined;
  const declared = new TokensStack(app, name('tokens'), { ...common, state, functions, tokens });
  if (sample !== undefined)
    declared.addStackDependency(sample, 'the sample token belongs to the sample role');
  const guard = new GuardStack(app, name('guard'), { ...common, state, functions });

  const globalRegion = globalRegionOf(settings);
  const global =
    globalRegion === region
      ? undefined
      : new GlobalEventsStack(app, name('global'), { ...common, env: { account, region: globalRegion } });

  const { trail } = settings;
  const replay =
    settings.replay && trail !== undefined
      ? new ReplayStack(app, name('replay'), { ...common, trail, state, bundleOf })
      : undefined;

  Tags.of(app).add('tokenward:env', settings.env);
  Aspects.of(app).add(new NoPlaintext());
  return {
    state,
    log,
    evidence,
    functions,
    tokens: declared,
    guard,
    ...(global === undefined ? {} : { global }),
    ...(replay === undefined ? {} : { replay }),
    ...(sample === undefined ? {} : { sample }),
  };
}
