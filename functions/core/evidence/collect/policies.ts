import { FUNCTIONS } from '../../functions.ts';
import { type Check, check, fails, missing, none } from '../check.ts';
import {
  at,
  listOf,
  ofType,
  type Placed,
  statementsOf,
  type Template,
  type TemplateStatement,
  textOf,
} from '../template.ts';

/** The duties that nobody may hold two of (AC-5); each is a managed policy of that name. */
const DUTIES = ['issuer', 'responder', 'auditor', 'deployer'] as const;

/** The only statements that may name every resource: GenerateRandom, DescribeTrails and LookupEvents have none. */
const EVERY_RESOURCE = ['RandomBytes', 'ListTrails', 'LookUpEvents'];

const policyOf = (template: Template, name: string): Placed | undefined =>
  ofType(template, 'AWS::IAM::ManagedPolicy').find(({ properties }) =>
    textOf(properties.ManagedPolicyName).endsWith(`-${name}`),
  );

const allowedBy = ({ properties }: Placed): readonly TemplateStatement[] =>
  statementsOf(properties.PolicyDocument).filter(({ effect }) => effect === 'Allow');

/** What a policy allows, as `action on resource`. */
const grantsOf = (policy: Placed): readonly string[] =>
  allowedBy(policy).flatMap(({ actions, resources }) =>
    actions.flatMap((action) => resources.map((resource) => `${action} on ${resource}`)),
  );

/** Actions by which a function changes what it has no business to. */
const KEPT_FROM: Readonly<Record<string, readonly string[]>> = {
  authorize: [
    'dynamodb:PutItem',
    'dynamodb:UpdateItem',
    'dynamodb:DeleteItem',
    'secretsmanager:GetSecretValue',
  ],
  sweep: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'kms:Sign'],
  respond: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'kms:Sign'],
  revoke: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue', 'kms:Sign'],
  seal: ['secretsmanager:GetSecretValue', 'dynamodb:UpdateItem', 's3:GetObject', 's3:DeleteObject'],
  report: ['secretsmanager:GetSecretValue', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 's3:DeleteObject'],
};

/** Who may do what, by the policies as deployed (AC-3, AC-5, AC-6). */
export const POLICY_CHECKS: readonly Check[] = [
  check({
    id: 'policies.roles',
    asks: 'Has every function one role and one policy of its own, and no policy inline?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const inline = ofType(template, 'AWS::IAM::Policy').map(({ id }) => id);
      const carried = ofType(template, 'AWS::IAM::Role')
        .filter(({ properties }) => properties.Policies !== undefined)
        .map(({ id }) => id);
      const without = FUNCTIONS.filter((name) => policyOf(template, name) === undefined);
      const shared = ofType(template, 'AWS::IAM::ManagedPolicy')
        .filter(({ properties }) => listOf(properties.Roles).length > 1)
        .map(({ id }) => id);
      return none(
        [...inline, ...carried, ...without, ...shared],
        `${FUNCTIONS.length} functions, each with a policy of its own`,
        'shared, inline or missing',
      );
    },
  }),
  check({
    id: 'policies.narrow',
    asks: 'Does every allowance name its actions, and its resources where there are any?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const policies = ofType(template, 'AWS::IAM::ManagedPolicy');
      if (policies.length === 0) return missing('policy');
      const wide = policies.flatMap((policy) =>
        allowedBy(policy)
          .filter(
            ({ sid, actions, resources }) =>
              actions.some((action) => action.includes('*')) ||
              (resources.includes('*') && !EVERY_RESOURCE.includes(sid)),
          )
          .map(() => policy.id),
      );
      return none(wide, `${policies.length} policies, none with a wildcard action or resource`, 'a wildcard');
    },
  }),
  check({
    id: 'policies.duties',
    asks: 'Do issuing, responding, auditing and deploying share no action on any resource?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const duties = DUTIES.map((name) => ({ name, policy: policyOf(template, name) }));
      const absent = duties.filter(({ policy }) => policy === undefined).map(({ name }) => name);
      if (absent.length > 0) return fails(`no policy for ${absent.join(', ')}`);
      const grants = duties.map(({ name, policy }) => ({ name, grants: grantsOf(policy as Placed) }));
      const shared = grants.flatMap((one, index) =>
        grants
          .slice(index + 1)
          .flatMap((other) =>
            one.grants
              .filter((grant) => other.grants.includes(grant))
              .map((grant) => `${one.name} and ${other.name}: ${grant}`),
          ),
      );
      const allowances = grants.reduce((sum, one) => sum + one.grants.length, 0);
      return none(shared, `${DUTIES.length} duties, ${allowances} allowances, none in common`, 'in common');
    },
  }),
  check({
    id: 'policies.apart',
    asks: 'Can no function do what is another’s: read values, write the registry, sign, delete?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const wrong = Object.entries(KEPT_FROM).flatMap(([name, actions]) => {
        const policy = policyOf(template, name);
        if (policy === undefined) return [`${name} has no policy`];
        const held = allowedBy(policy).flatMap((statement) => statement.actions);
        return actions.filter((action) => held.includes(action)).map((action) => `${name} may ${action}`);
      });
      const kept = Object.values(KEPT_FROM).reduce((sum, actions) => sum + actions.length, 0);
      return none(
        wrong,
        `${kept} actions withheld from ${Object.keys(KEPT_FROM).length} functions`,
        'allowed',
      );
    },
  }),
  check({
    id: 'policies.callers',
    asks: 'Is every route of every API behind IAM or our authorizer?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const methods = ofType(template, 'AWS::ApiGateway::Method');
      if (methods.length === 0) return missing('route');
      const open = methods.filter(
        ({ properties }) => !['AWS_IAM', 'CUSTOM'].includes(textOf(properties.AuthorizationType)),
      );
      return none(
        open.map(({ id }) => id),
        `${methods.length} routes, each with an authorizer`,
        'open to anybody',
      );
    },
  }),
  check({
    id: 'policies.cache',
    asks: 'Does no authorizer of the gateway keep an answer?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const authorizers = ofType(template, 'AWS::ApiGateway::Authorizer');
      const kept = authorizers.filter(({ properties }) => properties.AuthorizerResultTtlInSeconds !== 0);
      const functions = ofType(template, 'AWS::Lambda::Function');
      const variables = functions.flatMap(
        ({ properties }) => at(properties, 'Environment', 'Variables', 'FEED_MAX_AGE_MS') ?? [],
      );
      if (variables.length === 0) return fails('no function says how old its feed may be');
      return none(
        kept.map(({ id }) => id),
        `${authorizers.length} authorizers with cache 0; verifiers decide by a feed of at most ${variables.map(textOf)[0]} ms`,
        'answers are cached',
      );
    },
  }),
  check({
    id: 'policies.boundary',
    asks: 'Does no function’s environment hold anything of a token’s shape?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template) => {
      const functions = ofType(template, 'AWS::Lambda::Function');
      if (functions.length === 0) return missing('function');
      const suspicious = functions.filter(({ properties }) =>
        /twd_[a-z0-9]{2,12}_[0-9A-Za-z]{16}_|SecretString|PRIVATE KEY/.test(
          JSON.stringify(at(properties, 'Environment') ?? {}),
        ),
      );
      const secrets = ofType(template, 'AWS::SecretsManager::Secret').filter(
        ({ properties }) => properties.SecretString !== undefined,
      );
      return none(
        [...suspicious, ...secrets].map(({ id }) => id),
        `${functions.length} functions and every secret, none with a value in the template`,
        'a value in the template',
      );
    },
  }),
  check({
    id: 'policies.settings',
    asks: 'Do the deployed functions run with the parameters that this report states?',
    fact: 'template',
    method: 'EXAMINE',
    judge: (template, { settings }) => {
      const wanted: Readonly<Record<string, string>> = {
        FEED_MAX_AGE_MS: String(settings.feedMaxAgeMs),
        READ_TIMEOUT_MS: String(settings.readTimeoutMs),
        SWEEP_PERIOD_MS: String(settings.sweepPeriodMinutes * 60_000),
        LOG_LOCK_DAYS: String(settings.logLockDays),
        HEARTBEAT_MS: String(settings.heartbeatMinutes * 60_000),
      };
      const seen = new Set<string>();
      const differing = ofType(template, 'AWS::Lambda::Function').flatMap(({ id, properties }) =>
        Object.entries(wanted).flatMap(([name, value]) => {
          const deployed = at(properties, 'Environment', 'Variables', name);
          if (deployed === undefined) return [];
          seen.add(name);
          return deployed === value ? [] : [`${id} ${name} is ${textOf(deployed)}, not ${value}`];
        }),
      );
      const absent = Object.keys(wanted).filter((name) => !seen.has(name));
      if (absent.length > 0) return fails(`no function has ${absent.join(', ')}`);
      return none(differing, `${seen.size} parameters, each as deployed`, 'deployed otherwise');
    },
  }),
];
