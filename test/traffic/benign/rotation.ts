import { clientOf, type Install } from '../clients.ts';
import { addressIn } from '../geo/blocks.ts';
import { createPrincipal, createSession, onBehalf, type Principal, sessionKeyId } from '../identity.ts';
import type { Random } from '../random.ts';
import { serviceEvent } from '../record.ts';
import type { Secret, SecretVersion } from '../secret.ts';
import { type Act, type Caller, decryptOf, type Stage, tell } from '../stage.ts';
import { HOUR, MINUTE, SECOND } from '../timeline.ts';

/** Our own functions: their calls are everyday, and exempt by exact role and session name. */
export interface OwnFunction {
  readonly role: Principal;
  readonly sessionName: string;
  readonly install: Install;
}

export const ownFunction = (
  name: string,
  install: Install,
  account: string,
  random: Random,
): OwnFunction => ({
  role: createPrincipal('role', `tokenward-prod-${name}`, account, random),
  sessionName: `tokenward-prod-${name}`,
  install,
});

/** Every rotation of a secret: Secrets Manager's own events, and the calls of the rotation function between them. */
export function* rotation(stage: Stage, secret: Secret, rotate: OwnFunction, random: Random): Act {
  const newShape = random.chance(0.5);
  const event = (at: number, name: string, errorMessage?: string): ReturnType<typeof serviceEvent> =>
    serviceEvent(at, secret.region, name, secret.arn, stage.account, random, {
      newShape,
      ...(errorMessage === undefined ? {} : { errorMessage }),
    });
  for (const version of secret.versions) {
    if (version.currentFrom < stage.start + HOUR || version.currentFrom >= stage.end) continue;
    let at = version.currentFrom - random.between(8, 40) * SECOND;
    if (random.chance(0.03)) {
      const failed = at - random.between(10, 40) * MINUTE;
      yield { at: failed, record: event(failed, 'RotationStarted') };
      const message = 'Pending secret version did not pass testSecret';
      yield { at: failed + 5000, record: event(failed + 5000, 'RotationFailed', message) };
    }
    yield { at, record: event(at, 'RotationStarted') };
    const caller = functionCaller(stage, rotate, secret, at, random);
    const params = { secretId: secret.arn };
    yield tell(stage, random, caller, at + 900, 'secretsmanager:DescribeSecret', { params });
    yield* pending(stage, random, caller, at + 1600, secret, version);
    at = version.currentFrom - 300;
    yield tell(stage, random, caller, at, 'secretsmanager:DescribeSecret', { params });
    const former = secret.versions[secret.versions.indexOf(version) - 1];
    yield tell(stage, random, caller, version.currentFrom, 'secretsmanager:UpdateSecretVersionStage', {
      params: {
        ...params,
        versionStage: 'AWSCURRENT',
        moveToVersionId: version.versionId,
        ...(former === undefined ? {} : { removeFromVersionId: former.versionId }),
      },
      response: { arn: secret.arn, name: secret.name },
    });
    at = version.currentFrom + 1200;
    yield { at, record: event(at, 'RotationSucceeded') };
  }
}

/** A Lambda function outside any VPC comes from some address of the cloud; which one means nothing. */
function functionCaller(stage: Stage, own: OwnFunction, secret: Secret, at: number, random: Random): Caller {
  const session = createSession(own.role, own.sessionName, sessionKeyId(random), at - MINUTE, 'service');
  const client = clientOf(own.install);
  const from = { ip: addressIn(random.pick(stage.geo.find('cloud', { region: secret.region })), random) };
  return { who: session.identity, from, client, region: secret.region };
}

function* pending(
  stage: Stage,
  random: Random,
  caller: Caller,
  at: number,
  secret: Secret,
  version: SecretVersion,
): Act {
  const params = {
    secretId: secret.arn,
    clientRequestToken: version.versionId,
    versionStages: ['AWSPENDING'],
  };
  yield tell(stage, random, caller, at, 'secretsmanager:PutSecretValue', {
    params,
    response: {
      arn: secret.arn,
      name: secret.name,
      versionId: version.versionId,
      versionStages: ['AWSPENDING'],
    },
  });
  const service = {
    ...caller,
    from: { ip: 'secretsmanager.amazonaws.com' },
    client: { userAgent: 'secretsmanager.amazonaws.com' },
  };
  yield tell(stage, random, service, at + 40, 'kms:GenerateDataKey', {
    who: onBehalf(caller.who, 'secretsmanager', at, random),
    params: {
      keyId: secret.kmsKey,
      keySpec: 'AES_256',
      encryptionContext: { SecretARN: secret.arn, SecretVersionId: version.versionId },
    },
    resources: [{ accountId: stage.account, type: 'AWS::KMS::Key', ARN: secret.kmsKey }],
  });
  yield tell(stage, random, caller, at + 1500, 'secretsmanager:GetSecretValue', {
    params: { secretId: secret.arn, versionId: version.versionId, versionStage: 'AWSPENDING' },
  });
  yield decryptOf(stage, random, caller, at + 1500, secret, version);
}

/** The sweep's look at some secrets every two hours. */
export function* sweep(stage: Stage, own: OwnFunction, random: Random): Act {
  const managed = stage.secrets.filter((secret) => secret.managed && !secret.canary);
  for (let at = stage.start + 20 * MINUTE; at < stage.end && managed.length > 0; at += 2 * HOUR) {
    for (const secret of random.sample(managed, 3)) {
      const caller = functionCaller(stage, own, secret, at, random);
      const params = { secretId: secret.arn };
      at += 400;
      yield tell(stage, random, caller, at, 'secretsmanager:DescribeSecret', { params });
    }
  }
}
