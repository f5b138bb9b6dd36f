import { assumed } from '../benign/ci.ts';
import { createKey } from '../benign/lifecycle.ts';
import {
  accessKeyId,
  createPrincipal,
  createSession,
  federatedIdentity,
  sessionKeyId,
  userIdentity,
  userSession,
} from '../identity.ts';
import type { JsonObject, UserIdentity } from '../record.ts';
import { type Act, type Emission, type Holder, tell } from '../stage.ts';
import { HOUR, MINUTE, SECOND, wordyTime } from '../timeline.ts';
import { lookAround } from './recon.ts';
import { mimic } from './stolen-key.ts';
import { type Attack, type Mark, type Plot, roles, strikeTime, type Thief, thiefOf } from './thief.ts';

const ADMIN = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

const privileged = roles('laptop', 'terraform', 'people', 'ci', 'server-key');

/** A stolen key makes another one, which goes on after the first is ended: a second key, a session, a federated one. */
export function mintedKey(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const victim = plot.take((holder) => privileged(holder) && holder.keyId !== undefined);
  if (victim === undefined) return undefined;
  const at = strikeTime(plot);
  const lair = random.pick(['abroad', 'near-server', 'near-home', 'inside', 'cloud'] as const);
  const thief = thiefOf(plot, victim, 'minted-key', at, lair);
  const way = random.pick(['other', 'self', 'session', 'federated', 'role'] as const);
  const other =
    way === 'other' ? random.pick(plot.holders.filter(({ keyId }) => keyId !== undefined)) : victim;
  const keyId = way === 'other' || way === 'self' ? accessKeyId(random) : sessionKeyId(random);
  const role = createPrincipal(
    'role',
    `${victim.team.name}-admin-${random.text(8, '0123456789abcdef')}`,
    stage.account,
    random,
  );
  const name = `user-${random.int(10, 99)}`;
  const owner = way === 'role' ? role : other.principal;
  const minted: Mark = {
    credential: way === 'role' ? role.arn : keyId,
    principal: owner.arn,
    kind: 'minted-key',
    compromised: true,
    ...(way === 'role' ? { accessKeyIds: [keyId] } : {}),
  };
  function make(): { readonly call: Emission; readonly who: UserIdentity } {
    const caller = thief.at(at);
    const expiration = wordyTime(at + 12 * HOUR, ',');
    const credentials = { accessKeyId: keyId, sessionToken: 'REDACTED', expiration };
    switch (way) {
      case 'other':
      case 'self': {
        const call = createKey(stage, random, caller, at, owner.name, keyId, way === 'other');
        return { call, who: userIdentity(owner, keyId) };
      }
      case 'session': {
        const wish = { params: { durationSeconds: 129_600 }, response: { credentials } };
        const call = tell(stage, random, caller, at, 'sts:GetSessionToken', wish);
        return { call, who: userSession(owner, keyId, at, false) };
      }
      case 'federated': {
        const federatedUser = {
          federatedUserId: `${stage.account}:${name}`,
          arn: `arn:aws:sts::${stage.account}:federated-user/${name}`,
        };
        const response = { credentials, federatedUser, packedPolicySize: 4 };
        const call = tell(stage, random, caller, at, 'sts:GetFederationToken', {
          params: { name, policy: ADMIN },
          response,
        });
        return { call, who: federatedIdentity(owner, name, keyId, at) };
      }
      case 'role': {
        const call = assumed(stage, random, caller, role, keyId, name, at);
        return { call, who: createSession(role, name, keyId, at).identity };
      }
    }
  }
  const made = make();
  const second: Thief = {
    victim,
    mark: minted,
    at: (time: number) => ({ ...thief.at(time), who: made.who, marks: [minted.credential] }),
  };
  function* act(): Act {
    yield made.call;
    let then = at + random.pick([20 * SECOND, 10 * MINUTE, 9 * HOUR]);
    then = yield* lookAround(stage, random, second, then, random.int(2, 12), random.between(0, 0.4));
    yield* mimic(stage, random, second, then, random.int(1, 8), MINUTE);
  }
  return { marks: [thief.mark, minted], act: act() };
}

/** Rights that outlive the key: a password, an administrator's policy, a trust in a foreign account, a new user. */
export function privilegePersistence(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const victim = plot.take(privileged);
  if (victim === undefined) return undefined;
  const at = strikeTime(plot);
  const lair = random.pick(['abroad', 'near-home', 'near-server', 'inside', 'tunnel'] as const);
  const thief = thiefOf(plot, victim, 'privilege-persistence', at, lair);
  const steps = random.sample(
    stepsOf(victim, stage.account, at, random.pick(['support', 'backup-admin', 'svc-update'])),
    random.int(1, 3),
  );
  function* act(): Act {
    let then = at;
    if (random.chance(0.7))
      then = yield* lookAround(stage, random, thief, then, random.int(2, 8), random.between(0, 0.5));
    for (const [api, wish] of steps) {
      then += random.exponential(40 * SECOND) + SECOND;
      const denied = random.chance(0.15);
      if (denied) yield tell(stage, random, thief.at(then), then, api, { params: wish.params, denied: '*' });
      then += 4 * SECOND;
      yield tell(stage, random, thief.at(then), then, api, wish);
    }
  }
  return { marks: [thief.mark], act: act() };
}

function stepsOf(
  victim: Holder,
  account: string,
  at: number,
  userName: string,
): readonly (readonly [string, { readonly params: JsonObject; readonly response?: JsonObject }])[] {
  const createDate = wordyTime(at);
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::444455556666:root' }, Action: 'sts:AssumeRole' },
    ],
  });
  const mine =
    victim.principal.kind === 'user'
      ? { userName: victim.principal.name }
      : { roleName: victim.principal.name };
  const user = {
    path: '/',
    userName,
    userId: 'AIDAEXAMPLEEXAMPLE234',
    arn: `arn:aws:iam::${account}:user/${userName}`,
    createDate,
  };
  const policyArn = 'arn:aws:iam::aws:policy/AdministratorAccess';
  const self = victim.principal.kind === 'user';
  return [
    ['iam:CreateUser', { params: { userName }, response: { user } }],
    [
      'iam:CreateLoginProfile',
      {
        params: { userName: self ? victim.principal.name : userName, passwordResetRequired: false },
        response: { loginProfile: { createDate, userName, passwordResetRequired: false } },
      },
    ],
    [
      self ? 'iam:PutUserPolicy' : 'iam:PutRolePolicy',
      { params: { ...mine, policyName: 'inline', policyDocument: ADMIN } },
    ],
    [self ? 'iam:AttachUserPolicy' : 'iam:AttachRolePolicy', { params: { ...mine, policyArn } }],
    [
      'iam:UpdateAssumeRolePolicy',
      { params: { roleName: `${victim.team.name}-deploy`, policyDocument: trust } },
    ],
    ['iam:UpdateLoginProfile', { params: { userName } }],
  ];
}

/** Blinds or breaks what watches: the trail, its rules, the responder, a rotation, a quarantine. */
export function tampering(plot: Plot): Attack | undefined {
  const { stage, random } = plot;
  const victim = plot.take(roles('laptop', 'terraform', 'people', 'ci'));
  if (victim === undefined) return undefined;
  const at = strikeTime(plot);
  const lair = random.pick(['abroad', 'near-home', 'near-server', 'inside', 'inside'] as const);
  const thief = thiefOf(plot, victim, 'tampering', at, lair);
  const secret = random.pick(stage.secrets.filter(({ managed, canary }) => managed && !canary));
  const secretId = secret.arn;
  const steps: readonly (readonly [string, JsonObject])[] = [
    ['cloudtrail:StopLogging', { name: 'management-events' }],
    ['cloudtrail:DeleteTrail', { name: 'management-events' }],
    [
      'cloudtrail:PutEventSelectors',
      {
        trailName: 'management-events',
        eventSelectors: [
          {
            readWriteType: 'WriteOnly',
            includeManagementEvents: true,
            dataResources: [],
            excludeManagementEventSources: ['kms.amazonaws.com'],
          },
        ],
      },
    ],
    ['cloudtrail:UpdateTrail', { name: 'management-events', isMultiRegionTrail: false }],
    ['events:DisableRule', { name: 'tokenward-prod-guard-reads' }],
    ['events:RemoveTargets', { rule: 'tokenward-prod-guard-reads', ids: ['Target0'] }],
    ['events:DeleteRule', { name: 'tokenward-prod-guard-reads' }],
    [
      'lambda:PutFunctionConcurrency20171031',
      { functionName: 'tokenward-prod-respond', reservedConcurrentExecutions: 0 },
    ],
    [
      'lambda:UpdateFunctionCode20150331v2',
      { functionName: 'tokenward-prod-respond', publish: false, dryRun: false },
    ],
    ['lambda:DeleteFunction20150331', { functionName: 'tokenward-prod-respond' }],
    ['dynamodb:DeleteTable', { tableName: 'tokenward-prod-registry' }],
    ['kms:ScheduleKeyDeletion', { keyId: secret.kmsKey, pendingWindowInDays: 7 }],
    ['kms:DisableKey', { keyId: secret.kmsKey }],
    ['secretsmanager:CancelRotateSecret', { secretId }],
    ['secretsmanager:DeleteResourcePolicy', { secretId }],
    ['secretsmanager:PutResourcePolicy', { secretId, resourcePolicy: ADMIN, blockPublicPolicy: false }],
    [
      'secretsmanager:UpdateSecretVersionStage',
      { secretId, versionStage: 'AWSCURRENT', moveToVersionId: secret.versions[0]?.versionId ?? '' },
    ],
    [
      'iam:DetachUserPolicy',
      {
        userName: random.pick(plot.holders).principal.name,
        policyArn: `arn:aws:iam::${stage.account}:policy/TokenwardQuarantine`,
      },
    ],
  ];
  function* act(): Act {
    let then = at;
    for (const [api, params] of random.sample(steps, random.int(1, 4))) {
      yield tell(stage, random, thief.at(then), then, api, { params });
      then += random.exponential(30 * SECOND) + SECOND;
    }
  }
  return { marks: [thief.mark], act: act() };
}
