import { createSession, sessionKeyId, userIdentity } from '../identity.ts';
import type { Random } from '../random.ts';
import { type Act, type Caller, type Emission, type Holder, type Stage, tell } from '../stage.ts';
import { HOUR, MINUTE, SECOND, valueAt, wordyTime } from '../timeline.ts';

/** CreateAccessKey, for oneself where `named` is false: then CloudTrail shows no request parameters. */
export function createKey(
  stage: Stage,
  random: Random,
  caller: Caller,
  at: number,
  userName: string,
  keyId: string,
  named = true,
): Emission {
  return tell(stage, random, caller, at, 'iam:CreateAccessKey', {
    params: named ? { userName } : null,
    response: { accessKey: { userName, accessKeyId: keyId, status: 'Active', createDate: wordyTime(at) } },
  });
}

/** A new user's first key, made by a colleague of the same team shortly before it is first used. */
export function* birth(stage: Stage, newcomer: Holder, people: Holder, random: Random): Act {
  const at = newcomer.bornAt - random.between(2, 40) * MINUTE;
  const session = createSession(
    people.principal,
    'admin@company.example',
    sessionKeyId(random),
    at - HOUR,
    'person',
  );
  const from = random.pick(newcomer.team.office);
  const caller: Caller = {
    who: session.identity,
    from,
    client: valueAt(people.client, at),
    region: newcomer.team.region,
  };
  const userName = newcomer.principal.name;
  yield tell(stage, random, caller, at, 'iam:CreateUser', { params: { userName } });
  yield createKey(stage, random, caller, at + 3 * SECOND, userName, newcomer.keyId ?? '');
}

/** A user's key replaced by its own program: the old key makes the new one, the new one ends the old. */
export function* keyRotation(stage: Stage, former: Holder, next: Holder, random: Random): Act {
  const at = next.bornAt - 2 * MINUTE;
  const { region, origins } = valueAt(former.egress, at);
  const before: Caller = {
    who: userIdentity(former.principal, former.keyId ?? ''),
    from: origins[0] ?? { ip: '' },
    client: valueAt(former.client, at),
    region,
  };
  const userName = former.principal.name;
  yield createKey(stage, random, before, at, userName, next.keyId ?? '', random.chance(0.5));
  const after: Caller = { ...before, who: userIdentity(next.principal, next.keyId ?? '') };
  let then = at + random.between(5, 50) * SECOND;
  yield tell(stage, random, after, then, 'sts:GetCallerIdentity');
  then += HOUR;
  const params = { userName, accessKeyId: former.keyId ?? '', status: 'Inactive' };
  yield tell(stage, random, after, then, 'iam:UpdateAccessKey', { params });
  const { status: _status, ...which } = params;
  yield tell(stage, random, after, then + 2 * HOUR, 'iam:DeleteAccessKey', { params: which });
}
