import type { Server } from 'node:http';
import { GetPolicyCommand, InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { child, type JsonObject, jsonObject, text } from './call.ts';
import { createFaults, type Faults } from './faults.ts';
import { createForwarder, type Upstream } from './forward.ts';
import { createKeyLimit } from './key-limit.ts';
import { createLock } from './lock.ts';
import { createPrincipals } from './principals.ts';
import { createSecretsInterceptor } from './secrets/operations.ts';
import { createRotation, type Rotation, type RotationOptions } from './secrets/rotation.ts';
import { createSecretStore } from './secrets/store.ts';
import { closeServer, serve } from './server.ts';
import { createDelivery } from './trail/deliver.ts';
import { rotationRecord, type TrailRecord } from './trail/record.ts';
import { createTrail } from './trail/trail.ts';
import { ACCOUNT, type Direct } from './upstream.ts';

/** How the proxy behaves where AWS is merely slow. */
export interface ProxyOptions {
  readonly rotation?: RotationOptions;
  /** Time from a call to its CloudTrail record at the rules; AWS takes minutes. @default 50 */
  readonly trailDelayMs?: number;
}

/** What the trail holds. */
export interface TrailView {
  /** CloudTrail records so far, oldest first. */
  readonly records: () => readonly TrailRecord[];
  /** What could not be recorded or delivered; a test expects none. */
  readonly failures: () => readonly string[];
  /** Resolves when everything so far has been delivered. */
  readonly idle: () => Promise<void>;
}

/** What a local template cannot say of the trail's way to EventBridge. */
export interface CloudTrailSettings {
  /** Names of rules that receive read-only management events as well. */
  readonly fullStateRules: Set<string>;
}

/** The running proxy. */
export interface Proxy {
  readonly faults: Faults;
  readonly rotation: Rotation;
  readonly trail: TrailView;
  readonly cloudtrail: CloudTrailSettings;
  readonly stop: () => Promise<void>;
}

/** Puts every part of the proxy in place behind a listening server. */
export function createProxy(
  server: Server,
  upstream: Upstream,
  direct: Direct,
  options: ProxyOptions,
): Proxy {
  const forwarder = createForwarder(upstream);
  const faults = createFaults();
  const store = createSecretStore(direct.secrets);
  const principals = createPrincipals(direct.iam, direct.lambda);
  const delivery = createDelivery(direct, options.trailDelayMs ?? 50);
  const trail = createTrail(principals, delivery, store, direct.kms);
  const lock = createLock();
  const rotation = createRotation(
    {
      store,
      lock,
      invoke: (functionArn, event) => invoke(direct.lambda, functionArn, event),
      emit: (name, arn, versionId, error) => delivery.record(rotationRecord(name, arn, versionId, error)),
    },
    options.rotation,
  );
  const secrets = createSecretsInterceptor({
    store,
    lock,
    rotation,
    invokeFault: (functionArn) => invokeFault(direct.lambda, functionArn),
    onLabel: ({ arn, name, label, versionId }) =>
      delivery.native('Secret Label Updated', 'aws.secretsmanager', [arn], {
        name,
        labelUpdated: label,
        versionId,
      }),
  });
  serve(server, forwarder, {
    reads: faults.armedFor,
    interceptors: [faults.intercept, createKeyLimit(direct.iam), secrets],
    onAnswer: async (call, answer, arrivedAt) => {
      await principals.learn(call, answer);
      trail.write(call, answer, arrivedAt);
    },
  });
  return {
    faults,
    rotation,
    trail: { records: delivery.records, failures: trail.failures, idle: trail.idle },
    cloudtrail: { fullStateRules: delivery.fullStateRules },
    stop: async () => {
      await closeServer(server);
      await rotation.stop();
      await delivery.stop();
      forwarder.close();
    },
  };
}

async function invoke(
  lambda: LambdaClient,
  functionArn: string,
  event: JsonObject,
): Promise<string | undefined> {
  try {
    const Payload = Buffer.from(JSON.stringify(event));
    const answer = await lambda.send(new InvokeCommand({ FunctionName: functionArn, Payload }));
    if (answer.FunctionError === undefined) return undefined;
    const said = text(jsonObject(Buffer.from(answer.Payload ?? [])), 'errorMessage');
    return said ?? answer.FunctionError;
  } catch (error) {
    return `could not invoke the function: ${String(error)}`;
  }
}

/** RotateSecret looks whether the function's own policy lets Secrets Manager in, for this account. */
async function invokeFault(lambda: LambdaClient, functionArn: string): Promise<string | undefined> {
  const found = await lambda.send(new GetPolicyCommand({ FunctionName: functionArn })).catch(() => undefined);
  const statements = jsonObject(Buffer.from(found?.Policy ?? '{}')).Statement;
  const granted = [statements ?? []].flat().some((each) => grants(child({ each: each ?? null }, 'each')));
  if (granted) return undefined;
  return (
    'Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access ' +
    'to the principal secretsmanager.amazonaws.com.'
  );
}

function grants(statement: JsonObject): boolean {
  const principal = child(statement, 'Principal').Service;
  const actions = [statement.Action ?? []].flat();
  const account = Object.values(child(statement, 'Condition'))
    .map((operator) => child({ operator }, 'operator'))
    .map((operator) => operator['aws:SourceAccount'] ?? operator['AWS:SourceAccount'])
    .find((value) => value !== undefined);
  return (
    statement.Effect === 'Allow' &&
    [principal ?? []].flat().includes('secretsmanager.amazonaws.com') &&
    (actions.includes('lambda:InvokeFunction') || actions.includes('lambda:*')) &&
    (account === undefined || [account].flat().includes(ACCOUNT))
  );
}
