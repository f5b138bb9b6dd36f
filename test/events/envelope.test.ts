import { describe, expect, it } from 'vitest';
import { isEnvelope, parseEnvelope } from '#events/envelope.ts';
import { OWN_ACCOUNT, parseUsage } from '#events/usage.ts';
import { secretRead, usage } from '../loop/system.ts';

const SAMPLE = secretRead({ secretId: 'tokenward/dev/orders' }) as Readonly<Record<string, object>>;

describe('an envelope', () => {
  it('gives the account of the bus and what the record says', () => {
    expect(isEnvelope(SAMPLE)).toBe(true);
    expect(parseEnvelope(SAMPLE)).toMatchObject({
      ok: true,
      value: {
        account: '111122223333',
        reading: {
          eventId: 'event-1',
          facts: [
            {
              api: 'secretsmanager:GetSecretValue',
              principal: 'arn:aws:iam::111122223333:role/stranger',
              act: { kind: 'read-secret', secret: '111122223333/eu-west-1/tokenward/dev/orders' },
            },
          ],
        },
      },
    });
  });

  it('holds no token, wherever a caller put one (S5)', () => {
    const token = `twd_dev_0001TSm0PiyImxIY_${'s'.repeat(49)}`;
    const read = parseEnvelope(
      secretRead({ secretId: token, arn: `arn:aws:iam::111122223333:user/${token}` }),
    );
    expect(read.ok).toBe(true);
    expect(JSON.stringify(read)).not.toContain('ssss');
    expect(JSON.stringify(read)).toContain('twd_dev_0001TSm0PiyImxIY_[redacted]');
  });

  it('takes Secrets Manager’s own notice of a label', () => {
    const notice = {
      'detail-type': 'Secret Label Updated',
      source: 'aws.secretsmanager',
      id: 'notice-1',
      account: '111122223333',
      time: '2026-11-24T08:00:00Z',
      region: 'eu-west-1',
      resources: ['arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-AbCdEf'],
      detail: { name: 'x', labelUpdated: 'AWSCURRENT', versionId: 'v1' },
    };
    expect(parseEnvelope(notice)).toMatchObject({
      ok: true,
      value: { reading: { notices: [{ kind: 'label' }] } },
    });
  });

  it.each<[string, object, string]>([
    ['a source that anybody may use', { source: 'com.evil' }, 'source'],
    ['another kind of event', { 'detail-type': 'Scheduled Event' }, 'detail-type'],
    ['no account', { account: 'x' }, 'account'],
    ['a record without a name', { detail: { ...SAMPLE.detail, eventName: '' } }, 'detail.eventName'],
  ])('refuses %s, by field and shape alone', (_what, part, field) => {
    const read = parseEnvelope({ ...SAMPLE, ...part });
    if (read.ok) throw new Error('read');
    expect(read.error.field).toContain(field);
    expect(read.error.shape).toMatch(/^\{/);
    expect(JSON.stringify(read.error)).not.toContain('tokenward/dev/orders');
  });

  it.each([undefined, null, 'x', {}, { detail: {} }])('is not %j', (body) => {
    expect(isEnvelope(body)).toBe(false);
  });
});

describe('a usage', () => {
  const read = (part: object): unknown => {
    const parsed = parseUsage(usage({ keyId: '0123456789ABCDEF', tokenId: 'orders', ...part }));
    return parsed.ok ? parsed.value[0]?.reading.facts[0] : undefined;
  };

  it('is a fact about a version, whose token is its principal', () => {
    expect(OWN_ACCOUNT).toBe('own');
    expect(read({})).toMatchObject({
      credential: '0123456789ABCDEF',
      principal: 'token:orders',
      kind: 'api-token',
      refused: true,
      client: 'curl',
      act: { kind: 'presented', keyId: '0123456789ABCDEF', reason: 'network' },
    });
  });

  it('is plain where it was allowed', () => {
    expect(read({ outcome: 'allowed', reason: undefined })).toMatchObject({
      refused: false,
      act: { kind: 'plain' },
    });
    expect(read({ reason: undefined })).toMatchObject({ act: { kind: 'presented', reason: '' } });
  });
});
