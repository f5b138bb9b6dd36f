/**
 * The resource types that ministack 1.5.33 provisions and this project may use; one type outside its
 * list makes it refuse a whole template. Read from its registry of handlers, not from its documentation.
 */
const accepted: ReadonlySet<string> = new Set([
  ...of('ApiGateway', 'Account ApiKey Authorizer Deployment GatewayResponse Method Model RequestValidator'),
  ...of('ApiGateway', 'Resource RestApi Stage UsagePlan UsagePlanKey'),
  ...of('ApiGatewayV2', 'Api Authorizer Integration Route Stage'),
  ...of('CDK', 'Metadata'),
  ...of('CloudFormation', 'CustomResource Stack WaitCondition WaitConditionHandle'),
  ...of('CloudWatch', 'Alarm Dashboard'),
  ...of('DynamoDB', 'GlobalTable Table'),
  ...of('Events', 'EventBus Rule'),
  ...of('IAM', 'InstanceProfile ManagedPolicy Policy Role User'),
  ...of('KMS', 'Alias Key'),
  ...of('Lambda', 'Alias EventInvokeConfig EventSourceMapping Function LayerVersion Permission Url Version'),
  ...of('Logs', 'LogGroup LogStream MetricFilter ResourcePolicy SubscriptionFilter'),
  ...of('S3', 'Bucket BucketPolicy'),
  ...of('SNS', 'Subscription Topic TopicPolicy'),
  ...of('SQS', 'Queue QueuePolicy'),
  ...of('SSM', 'Parameter'),
  ...of('Scheduler', 'Schedule ScheduleGroup'),
  ...of('SecretsManager', 'Secret'),
  ...of('StepFunctions', 'StateMachine'),
]);

/** Whether the emulator provisions this resource type; custom resources always count. */
export function isAccepted(type: string): boolean {
  return type.startsWith('Custom::') || accepted.has(type);
}

function of(service: string, names: string): readonly string[] {
  return names.split(' ').map((name) => `AWS::${service}::${name}`);
}
