import { type Deployment, ofType, type Resource } from '../infra/deployment.ts';

/** A policy document, its intrinsic functions resolved. */
export interface Document {
  readonly Version?: string;
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}

/** Every policy of a synthesised deployment, as the account would hold them once it is deployed. */
export interface Account {
  /** Documents attached to a role, by its ARN. */
  readonly identity: ReadonlyMap<string, readonly { readonly name: string; readonly policy: Document }[]>;
  /** Policies of buckets, keys, queues, topics, secrets and functions, and trust policies of roles, by ARN. */
  readonly resource: ReadonlyMap<string, Document>;
}

export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';
/** What Secrets Manager puts behind the name of a secret. */
export const SUFFIX = '-AbCdEf';
/** The id that the gateway gives to the control API. */
export const API_ID = 'a1b2c3d4e5';

const regional = (service: string, rest: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;

/** How a resource of each type is called, once it is there: its ARN, from its properties and its logical id. */
const ARN: Readonly<Record<string, (properties: Record<string, unknown>, logicalId: string) => string>> = {
  'AWS::DynamoDB::Table': ({ TableName }) => regional('dynamodb', `table/${TableName}`),
  'AWS::Events::EventBus': ({ Name }) => regional('events', `event-bus/${Name}`),
  'AWS::IAM::Role': ({ RoleName }, id) => `arn:aws:iam::${ACCOUNT}:role/${RoleName ?? id}`,
  'AWS::KMS::Key': (_, id) => regional('kms', `key/${id}`),
  'AWS::Lambda::Function': ({ FunctionName }) => regional('lambda', `function:${FunctionName}`),
  'AWS::S3::Bucket': ({ BucketName }, id) => `arn:aws:s3:::${BucketName ?? id.toLowerCase()}`,
  'AWS::SNS::Topic': ({ TopicName }) => regional('sns', String(TopicName)),
  'AWS::SQS::Queue': ({ QueueName }) => regional('sqs', String(QueueName)),
  'AWS::SecretsManager::Secret': ({ Name }) => regional('secretsmanager', `secret:${Name}${SUFFIX}`),
};

/** What `Ref` gives where it is no ARN. */
const REF: Readonly<Record<string, (properties: Record<string, unknown>) => string>> = {
  'AWS::ApiGateway::RestApi': () => API_ID,
  'AWS::ApiGateway::Stage': ({ StageName }) => String(StageName),
};

/**
 * Reads the policies out of the templates.
 *
 * @throws Error for an intrinsic function or a type that it does not know: a policy half read would judge nothing.
 */
export function readAccount(deployment: Deployment): Account {
  const byId = new Map(deployment.resources.map((each) => [`${each.stack}/${each.logicalId}`, each]));
  const named = (stack: string, id: string): Resource => {
    const found = byId.get(`${stack}/${id}`);
    if (found === undefined) throw new Error(`${stack} has no resource ${id}`);
    return found;
  };
  const arnOf = ({ Type, Properties, logicalId }: Resource): string => {
    const make = ARN[Type];
    if (make === undefined) throw new Error(`no ARN is known for ${Type}`);
    return make(Properties, logicalId);
  };
  const resolve = (value: unknown, stack: string): unknown => {
    if (Array.isArray(value)) return value.map((each) => resolve(each, stack));
    if (typeof value !== 'object' || value === null) return value;
    const [[key, argument] = ['', undefined], ...rest] = Object.entries(value);
    if (rest.length > 0 || !/^(Ref|Fn::)/.test(key)) {
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolve(each, stack)]));
    }
    if (key === 'Ref' && argument === 'AWS::Partition') return 'aws';
    if (key === 'Ref') {
      const resource = named(stack, String(argument));
      return REF[resource.Type]?.(resource.Properties) ?? arnOf(resource);
    }
    if (key === 'Fn::GetAtt' && argument[1] === 'Arn') return arnOf(named(stack, argument[0]));
    if (key === 'Fn::Join') return (resolve(argument[1], stack) as unknown[]).join(argument[0]);
    if (key === 'Fn::GetStackOutput') {
      const from = String(argument.StackName).split('-').at(-1) as keyof Deployment['templates'];
      const output = deployment.templates[from]?.toJSON().Outputs[argument.OutputName];
      return resolve(output.Value, from);
    }
    throw new Error(`${key} ${JSON.stringify(argument)} cannot be resolved`);
  };

  const identity = new Map<string, { name: string; policy: Document }[]>();
  for (const { stack, Properties } of ofType(deployment, 'AWS::IAM::ManagedPolicy')) {
    const policy = resolve(Properties.PolicyDocument, stack) as Document;
    for (const role of (resolve(Properties.Roles ?? [], stack) as string[]) ?? []) {
      identity.set(role, [
        ...(identity.get(role) ?? []),
        { name: String(Properties.ManagedPolicyName), policy },
      ]);
    }
  }
  const resource = new Map<string, Document>();
  const add = (arn: unknown, policy: unknown): void => {
    const { Statement } = policy as Document;
    resource.set(String(arn), {
      Version: '2012-10-17',
      Statement: [...(resource.get(String(arn))?.Statement ?? []), ...Statement],
    });
  };
  for (const each of deployment.resources) {
    const own = resolve(policiesOf(each), each.stack) as readonly [unknown, unknown][];
    for (const [at, policy] of own) add(at ?? arnOf(each), policy);
  }
  return { identity, resource };
}

/** `[what it is a policy of, document]` of one resource; `undefined` for itself. */
function policiesOf({ Type, Properties }: Resource): readonly (readonly [unknown, unknown])[] {
  const { PolicyDocument } = Properties;
  switch (Type) {
    case 'AWS::KMS::Key':
      return [[undefined, Properties.KeyPolicy]];
    case 'AWS::IAM::Role':
      return [[undefined, Properties.AssumeRolePolicyDocument]];
    case 'AWS::S3::BucketPolicy':
      return [[Properties.Bucket, PolicyDocument]];
    case 'AWS::SecretsManager::ResourcePolicy':
      return [[Properties.SecretId, Properties.ResourcePolicy]];
    case 'AWS::SQS::QueuePolicy':
      return (Properties.Queues as unknown[]).map((queue) => [queue, PolicyDocument]);
    case 'AWS::SNS::TopicPolicy':
      return (Properties.Topics as unknown[]).map((topic) => [topic, PolicyDocument]);
    case 'AWS::Lambda::Permission':
      return [[Properties.FunctionName, { Statement: [permission(Properties)] }]];
    default:
      return [];
  }
}

/** A Lambda permission as the statement that Lambda makes of it. */
function permission({ Action, FunctionName, Principal, SourceAccount, SourceArn }: Record<string, unknown>) {
  return {
    Effect: 'Allow',
    Principal: { Service: Principal },
    Action,
    Resource: FunctionName,
    Condition: {
      ...(SourceAccount === undefined ? {} : { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
      ...(SourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': SourceArn } }),
    },
  };
}
