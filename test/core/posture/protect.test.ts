import { describe, expect, it } from 'vitest';
import {
  protections,
  quarantinePolicyArn,
  RESPOND_TAG,
  serviceControlPolicy,
} from '#core/posture/protect.ts';

const TRAIL = 'arn:aws:cloudtrail:eu-west-1:111122223333:trail/all';
const HERE = { partition: 'aws', account: '111122223333', region: 'eu-west-1', env: 'prod', trails: [TRAIL] };
const BREAK_GLASS = 'arn:aws:iam::111122223333:role/break-glass';

interface Statement {
  readonly Sid: string;
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
const statements = (deployment = HERE, exempt = [BREAK_GLASS]): readonly Statement[] =>
  (serviceControlPolicy(deployment, exempt) as { Statement: readonly Statement[] }).Statement;
const statement = (sid: string, deployment = HERE): Statement => {
  const found = statements(deployment).find(({ Sid }) => Sid === sid);
  if (found === undefined) throw new Error(`no ${sid}`);
  return found;
};

describe('the service control policy', () => {
  it('fits into one', () => {
    expect(JSON.stringify(serviceControlPolicy(HERE, [BREAK_GLASS])).length).toBeLessThanOrEqual(5_120);
  });

  it('denies, exempts who deploys and who breaks the glass, and nobody else', () => {
    for (const { Sid, Effect, Condition } of statements()) {
      expect(Effect).toBe('Deny');
      const exempt = ['arn:aws:iam::111122223333:role/cdk-*', BREAK_GLASS];
      const ours = ['respond', 'revoke', 'sweep'].map(
        (name) => `arn:aws:iam::111122223333:role/tokenward-prod-${name}`,
      );
      expect(Condition.ArnNotLike?.['aws:PrincipalArn']).toEqual(
        Sid === 'KeepAttached' ? [...exempt, ...ours] : exempt,
      );
    }
    expect(statements(HERE, [])[0]?.Condition.ArnNotLike?.['aws:PrincipalArn']).toHaveLength(1);
  });

  it('keeps the quarantine on its user and as it is', () => {
    const policy = 'arn:aws:iam::111122223333:policy/TokenwardQuarantine-prod';
    expect(quarantinePolicyArn(HERE)).toBe(policy);
    expect(statement('KeepQuarantine')).toMatchObject({
      Action: expect.arrayContaining(['iam:CreatePolicyVersion', 'iam:SetDefaultPolicyVersion']),
      Resource: [policy],
    });
    expect(statement('KeepAttached')).toMatchObject({
      Action: ['iam:DetachUserPolicy'],
      Condition: { ArnEquals: { 'iam:PolicyARN': policy } },
    });
    expect(statement('KeepUsersInReach').Condition['ForAnyValue:StringEquals']).toEqual({
      'aws:TagKeys': RESPOND_TAG,
    });
  });

  it('keeps this account’s trails; an organisation’s is for its own account to keep', () => {
    expect(statement('KeepTrail').Resource).toEqual([TRAIL]);
    expect(statement('KeepTrail', { ...HERE, trails: [] }).Resource).toEqual([
      'arn:aws:cloudtrail:*:111122223333:trail/*',
    ]);
  });

  it('names only what is ours, and lets nobody make a role of an exempt name', () => {
    for (const { Sid, Resource } of statements()) {
      if (['KeepTrail', 'KeepAttached', 'KeepUsersInReach'].includes(Sid)) continue;
      for (const resource of Resource)
        expect(resource).toMatch(
          /okenward-?(Quarantine-)?prod|TokenwardQuarantine-prod|role\/cdk-\*|event-source-mapping:\*/,
        );
    }
    expect(statement('KeepRoles').Action).toContain('iam:CreateRole');
  });

  it('names each denial once, as IAM lets a Sid be', () => {
    const sids = statements().map(({ Sid }) => Sid);
    for (const sid of sids) expect(sid).toMatch(/^Keep[A-Za-z]+$/);
    expect(new Set(sids).size).toBe(sids.length);
  });

  it('says of each why', () => {
    for (const { why } of protections(HERE)) expect(why).toMatch(/^a thief /);
  });
});
