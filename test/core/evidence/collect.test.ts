import { describe, expect, it } from 'vitest';
import { observe } from '#core/evidence/check.ts';
import { CHECKS } from '#core/evidence/collect/all.ts';
import type { Facts } from '#core/evidence/facts.ts';
import { at, listOf, ofType, statementsOf, type Template, textOf } from '#core/evidence/template.ts';
import { FUNCTIONS } from '#core/functions.ts';
import { DAY, HOUR, NOW, token } from '#test/core/builders.ts';
import {
  activityOf,
  goodFacts,
  inventoryOf,
  RECORDS,
  SETTINGS,
  seen,
  TEMPLATE,
  TOKENS,
} from '#test/report/facts.ts';

const outcome = (id: string, part: Partial<Facts>) => {
  const one = CHECKS.find((check) => check.id === id);
  if (one === undefined) throw new Error(`${id} is gone`);
  return observe(one, goodFacts(part)).outcome;
};

describe('a collector that finds nothing to look at', () => {
  const empty: Template = { resources: {} };

  it.each(CHECKS.filter(({ fact }) => fact === 'template').map(({ id }) => id))('%s does not hold', (id) => {
    expect(outcome(id, { template: seen(empty) }).result).not.toBe('holds');
  });

  it.each(CHECKS.filter(({ fact }) => fact === 'inventory').map(({ id }) => id))('%s does not hold', (id) => {
    expect(outcome(id, { inventory: seen(inventoryOf([])) }).result).toBe('unseen');
  });

  it.each(CHECKS.filter(({ fact }) => fact === 'activity').map(({ id }) => id))('%s does not hold', (id) => {
    expect(outcome(id, { activity: seen(activityOf([])) }).result).toBe('unseen');
  });

  it.each(['keys.origin', 'keys.rotation', 'keys.algorithms'])('%s fails', (id) => {
    expect(outcome(id, { keys: seen([]) }).result).toBe('fails');
  });

  it.each(['queues.handled', 'queues.encrypted'])('%s fails', (id) => {
    expect(outcome(id, { queues: seen([]) }).result).toBe('fails');
  });

  it('a log that was never sealed is a failure, and its chains prove nothing', () => {
    const seal = seen({ sealedAt: 0, segments: 0, leaves: 0, root: '', unsealed: 3, lost: [] });
    expect(outcome('seal.current', { seal })).toMatchObject({
      result: 'fails',
      says: 'nothing was ever sealed',
    });
    expect(outcome('seal.chains', { seal }).result).toBe('unseen');
  });
});

describe('a collector with more to say', () => {
  const activity = (part: object) => seen({ ...activityOf(RECORDS), ...part });

  it('of rotations that fail says how many', () => {
    const byAction = { 'rotation.begun': 20, 'version.promoted': 18, 'rotation.aborted': 2 };
    expect(outcome('activity.rotation', { activity: activity({ byAction }) })).toMatchObject({
      result: 'fails',
      says: '18 of 20 rotations promoted (90 %), 2 aborted, 0 asked for again',
    });
    const most = { 'rotation.begun': 20, 'version.promoted': 19, 'token.rotation-nudged': 1 };
    expect(
      outcome('activity.rotation', { activity: activity({ byAction: most, truncated: true }) }),
    ).toMatchObject({
      result: 'holds',
      says: '19 of 20 rotations promoted (95 %), 0 aborted, 1 asked for again; not all of the window was read',
    });
  });

  it('of rotations that never begin says whether they should have', () => {
    const none = { activity: activity({ byAction: {} }) };
    expect(outcome('activity.rotation', none).result).toBe('unseen');
    const old = token({
      versions: [{ keyId: 'k', versionId: 'v', state: 'current', createdAt: NOW - 9 * DAY, expiresAt: NOW }],
    });
    expect(
      outcome('activity.rotation', { ...none, inventory: seen(inventoryOf([...TOKENS, old])) }).result,
    ).toBe('fails');
    expect(
      outcome('activity.rotation', { ...none, inventory: { seen: false, source: 'x', reason: 'y' } }).result,
    ).toBe('unseen');
  });

  it('of reissues gives median and most', () => {
    expect(outcome('activity.reissue', { activity: activity({ reissues: [1, 2, 30] }) })).toMatchObject({
      figures: { medianMs: 2, mostMs: 30 },
    });
    expect(outcome('activity.reissue', { activity: activity({ reissuesOpen: 2 }) })).toMatchObject({
      result: 'fails',
      says: '2 reissues have no successor',
    });
  });

  it('of responses says what the breaker held', () => {
    expect(outcome('activity.caused', { activity: activity({ responses: { held: 3 } }) }).says).toBe(
      '3 responses, each with its event: 0 carried out, 3 held by the breaker',
    );
  });

  it.each([
    [{ mode: 'COMPLIANCE', days: SETTINGS.logLockDays - 1, versioned: true }],
    [{ mode: 'COMPLIANCE', days: SETTINGS.logLockDays, versioned: false }],
    [{ mode: 'none', days: 0, versioned: true }],
  ])('of a lock demands all of it: %j', (lock) => {
    expect(outcome('lock.retention', { lock: seen({ bucket: 'log', ...lock }) }).result).toBe('fails');
  });

  it('of a drill demands that it is not old', () => {
    const drill = (days: number) => ({ drill: seen({ at: NOW - days * DAY, items: 1, differences: 0 }) });
    expect(outcome('drill.restore', drill(90)).result).toBe('holds');
    expect(outcome('drill.restore', drill(91)).result).toBe('fails');
  });

  it('of a key demands that it is enabled', () => {
    const key = {
      purpose: 'data',
      arn: 'a',
      spec: 'SYMMETRIC_DEFAULT',
      origin: 'AWS_KMS',
      state: 'Disabled',
    };
    expect(outcome('keys.origin', { keys: seen([key]) }).says).toContain('data (AWS_KMS, Disabled)');
  });

  it('of the table demands the key that is ours, and deletion protection in production', () => {
    const { table, keys } = goodFacts();
    if (!table.seen || !keys.seen) throw new Error('the good facts see both');
    expect(outcome('table.encryption', { keys: { seen: false, source: 'x', reason: 'y' } }).result).toBe(
      'unseen',
    );
    expect(outcome('table.encryption', { keys: seen(keys.value.slice(1)) }).result).toBe('unseen');
    const open = { table: seen({ ...table.value, deletionProtection: false }) };
    expect(outcome('table.recovery', open).result).toBe('fails');
    expect(outcome('table.recovery', { ...open, settings: { ...SETTINGS, stage: 'sandbox' } }).result).toBe(
      'holds',
    );
  });

  it('of a sandbox’s keys and of a log elsewhere says so', () => {
    expect(outcome('resources.keys', { settings: { ...SETTINGS, stage: 'sandbox' } }).says).toContain(
      'may be destroyed',
    );
    const template = seen({
      resources: Object.fromEntries(
        Object.entries(TEMPLATE.resources).filter(([id]) => !id.includes('-log/')),
      ),
    });
    const settings = { ...SETTINGS, logElsewhere: true };
    expect(outcome('resources.log-policy', { template, settings })).toMatchObject({ result: 'unseen' });
    expect(outcome('resources.log-policy', { template })).toMatchObject({ result: 'fails' });
  });

  it('of a key that anybody may destroy or that goes with its stack says which', () => {
    const with_ = (
      change: (key: { Properties: Record<string, unknown>; DeletionPolicy?: string }) => void,
    ) => {
      const resources = structuredClone(TEMPLATE.resources) as never as Record<string, never>;
      change(resources['tokenward-prod-state/DataKey'] as never);
      return outcome('resources.keys', { template: seen({ resources }) });
    };
    expect(with_((key) => delete key.DeletionPolicy)).toMatchObject({ result: 'fails' });
    expect(with_((key) => delete key.Properties.KeyPolicy).says).toContain('tokenward-prod-state/DataKey');
  });

  it('of alarms and roles says which are mute or carry policies', () => {
    const changed = (id: string, type: string, change: (properties: Record<string, unknown>) => void) => {
      const resources = structuredClone(TEMPLATE.resources) as never as Record<
        string,
        { Type: string; Properties: Record<string, unknown> }
      >;
      const [, first] = Object.entries(resources).find(([, resource]) => resource.Type === type) ?? [];
      if (first === undefined) throw new Error(`no ${type}`);
      change(first.Properties);
      return outcome(id, { template: seen({ resources }) }).result;
    };
    expect(
      changed('resources.alarms', 'AWS::CloudWatch::Alarm', (alarm) => {
        alarm.ActionsEnabled = false;
      }),
    ).toBe('fails');
    expect(
      changed('policies.roles', 'AWS::IAM::Role', (role) => {
        role.Policies = [];
      }),
    ).toBe('fails');
  });

  it.each(FUNCTIONS)('of the policies misses that of %s', (name) => {
    const resources = Object.fromEntries(
      Object.entries(TEMPLATE.resources).filter(
        ([, { Properties }]) => textOf(Properties?.ManagedPolicyName) !== `tokenward-prod-${name}`,
      ),
    );
    expect(outcome('policies.roles', { template: seen({ resources }) }).says).toContain(name);
  });

  it('of a policy inline says where', () => {
    const resources = { ...TEMPLATE.resources, 'x/Inline': { Type: 'AWS::IAM::Policy' } };
    expect(outcome('policies.roles', { template: seen({ resources }) }).says).toContain('x/Inline');
  });

  it('of a policy refuses a resource of every kind but for random bytes', () => {
    const policy = (Sid: string) => ({
      ...TEMPLATE.resources,
      'x/Policy': {
        Type: 'AWS::IAM::ManagedPolicy',
        Properties: {
          PolicyDocument: {
            Statement: { Sid, Effect: 'Allow', Action: 'kms:GenerateRandom', Resource: '*' },
          },
        },
      },
    });
    expect(outcome('policies.narrow', { template: seen({ resources: policy('RandomBytes') }) }).result).toBe(
      'holds',
    );
    expect(outcome('policies.narrow', { template: seen({ resources: policy('Other') }) }).result).toBe(
      'fails',
    );
  });

  it('of a value in a secret of the template says where', () => {
    const resources = {
      ...TEMPLATE.resources,
      'x/Secret': { Type: 'AWS::SecretsManager::Secret', Properties: { SecretString: 'value' } },
      'x/Bare': { Type: 'AWS::Lambda::Function' },
    };
    expect(outcome('policies.boundary', { template: seen({ resources }) }).says).toBe(
      'a value in the template: x/Secret',
    );
  });

  it('expires after two days and says what it rests on', () => {
    const one = observe(CHECKS[0] as (typeof CHECKS)[number], goodFacts());
    expect(one).toMatchObject({ expiresAt: NOW + 48 * HOUR, environment: 'aws', source: 'a test' });
  });
});

describe('a template', () => {
  it('is read whatever its lists look like', () => {
    expect(listOf(undefined)).toEqual([]);
    expect(listOf('a')).toEqual(['a']);
    expect(textOf(undefined)).toBe('');
    expect(textOf({ Ref: 'A' })).toBe('{"Ref":"A"}');
    expect(at({ a: { b: 1 } }, 'a', 'b')).toBe(1);
    expect(at(null, 'a')).toBeUndefined();
    expect(
      ofType({ resources: { b: { Type: 'T' }, a: { Type: 'T', DeletionPolicy: 'Retain' } } }, 'T'),
    ).toEqual([
      { id: 'a', properties: {}, deletionPolicy: 'Retain' },
      { id: 'b', properties: {}, deletionPolicy: 'Delete' },
    ]);
    expect(statementsOf([{ Effect: 'Deny', Action: ['a'] }, 1, null])).toEqual([
      { sid: '', effect: 'Deny', actions: ['a'], resources: [], principal: undefined, condition: {} },
    ]);
  });
});

it('the owners of a crowd are counted up to ten thousand', () => {
  const crowd = Array.from({ length: 10_005 }, (_, nth) => token({ tokenId: `t${nth}`, owner: `o${nth}` }));
  expect(inventoryOf(crowd)).toMatchObject({ tokens: 10_005, owners: 10_000 });
});
