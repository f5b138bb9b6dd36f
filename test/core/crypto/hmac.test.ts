import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalMacs, fieldsMessage, hmacSha256, tokenMessage } from '#core/crypto/hmac.ts';
import { pepperContext } from '#core/crypto/pepper.ts';
import type { AuthorisingFields } from '#core/records.ts';
import { Secret } from '#core/secret.ts';
import vectors from '#test/fixtures/rfc4231-sha256.json' with { type: 'json' };

const FIELDS: AuthorisingFields = {
  tokenId: 'orders',
  principal: { arn: 'arn:aws:iam::111122223333:role/orders', uniqueId: 'AROA00000000000000001' },
  scopes: ['orders:read', 'orders:write'],
  audience: 'orders-api',
  networks: ['203.0.113.0/24'],
  hardMaxAt: 1_800_000_000_000,
};
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('hmacSha256', () => {
  it.each(vectors)('RFC 4231, test case $case', ({ key, data, mac, truncated }) => {
    const made = hmacSha256(Secret.of(Buffer.from(key, 'hex')))(Buffer.from(data, 'hex'));
    expect(made).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const value = Buffer.from(made, 'base64url').toString('hex');
    expect(truncated ? value.slice(0, mac.length) : value).toBe(mac);
  });
});

describe('equalMacs', () => {
  const macs = fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('base64url'));

  it('accepts the same text', () => {
    fc.assert(fc.property(macs, (mac) => equalMacs(mac, `${mac}`)));
  });

  it('refuses any one character changed', () => {
    fc.assert(
      fc.property(macs, fc.nat(42), fc.string({ minLength: 1, maxLength: 1 }), (mac, at, character) => {
        fc.pre(mac[at] !== character);
        return !equalMacs(mac, mac.slice(0, at) + character + mac.slice(at + 1));
      }),
    );
  });

  it.each(['', 'AAAA', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}\u0141`])('refuses %j', (text) => {
    expect(equalMacs('A'.repeat(43), text)).toBe(false);
  });
});

describe('messages', () => {
  it.each<[string, AuthorisingFields, boolean]>([
    ['with a unique id', FIELDS, false],
    ['without one', { ...FIELDS, principal: { arn: FIELDS.principal.arn } }, false],
    ['with a field more', { ...FIELDS, since: 1 } as AuthorisingFields, true],
  ])('of fields known by name, %s, are spared the whole algorithm', (_what, fields, whole) => {
    let listed = 0;
    const watched = new Proxy(fields, {
      ownKeys: (target) => {
        listed++;
        return Reflect.ownKeys(target);
      },
    });
    fieldsMessage(watched);
    // Once to see whether all of them are known, and once more to go through them.
    expect(listed > 1).toBe(whole);
  });

  it('do not depend on the order of attributes', () => {
    const { tokenId, principal, ...rest } = FIELDS;
    expect(hex(fieldsMessage({ ...rest, principal, tokenId }))).toBe(hex(fieldsMessage(FIELDS)));
  });

  it('differ whenever the fields, the keyId or the purpose differ', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('a', 'b', 'a,b', '"', '\\ud800', '\ufffd'),
    );
    const fields: fc.Arbitrary<AuthorisingFields> = fc.record({
      tokenId: text,
      principal: fc.record({ arn: text, uniqueId: text }, { requiredKeys: ['arn'] }),
      scopes: fc.array(text, { maxLength: 3 }),
      audience: text,
      networks: fc.array(text, { maxLength: 3 }),
      hardMaxAt: fc.nat(),
    });
    const subject = fc.record({ fields, keyId: fc.option(fc.string(), { nil: undefined }) });
    fc.assert(
      fc.property(subject, subject, (a, b) => {
        const same = JSON.stringify(ordered(a)) === JSON.stringify(ordered(b));
        expect(hex(fieldsMessage(a.fields, a.keyId)) === hex(fieldsMessage(b.fields, b.keyId))).toBe(same);
      }),
      { numRuns: 2_000 },
    );
  });

  const other = (part: Partial<AuthorisingFields>) => (): Uint8Array => fieldsMessage({ ...FIELDS, ...part });

  it.each<[string, () => Uint8Array]>([
    ['the fields of a version without its key', () => fieldsMessage(FIELDS, '')],
    ['one more scope', other({ scopes: [...FIELDS.scopes, 'admin'] })],
    ['scopes in another order', other({ scopes: [...FIELDS.scopes].reverse() })],
    ['one scope that looks like two', other({ scopes: ['orders:read","orders:write'] })],
    ['a later hard maximum', other({ hardMaxAt: FIELDS.hardMaxAt + 1 })],
    ['a principal without its unique id', other({ principal: { arn: FIELDS.principal.arn } })],
    ['a token that spells the fields', () => tokenMessage(Buffer.from(fieldsMessage(FIELDS)).toString())],
  ])('%s is another message', (_what, message) => {
    expect(hex(message())).not.toBe(hex(fieldsMessage(FIELDS)));
  });

  it('frame each part behind its length in bytes, the purpose first', () => {
    const fields: AuthorisingFields = {
      tokenId: 't',
      principal: { arn: 'é' },
      scopes: [],
      audience: 'a',
      networks: [],
      hardMaxAt: 0,
    };
    const json =
      '{"audience":"a","hardMaxAt":0,"networks":[],"principal":{"arn":"é"},"scopes":[],"tokenId":"t"}';
    const text = (message: Uint8Array): string => Buffer.from(message).toString();
    expect(text(fieldsMessage(fields))).toBe(`\0\0\0\u0018tokenward/token-fields/1\0\0\0\u005f${json}`);
    expect(text(fieldsMessage(fields, 'key1'))).toBe(
      `\0\0\0\u001atokenward/version-fields/1\0\0\0\u0004key1\0\0\0\u005f${json}`,
    );
  });

  it('frame the token behind its purpose and length', () => {
    expect(Buffer.from(tokenMessage('twd')).toString('latin1')).toBe(
      '\0\0\0\u0011tokenward/token/1\0\0\0\u0003twd',
    );
  });

  it('are in the form of RFC 8785, whatever the fields hold', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('\\ud800', '"\n\u2028', 'é'));
    const fields = fc.record(
      {
        tokenId: text,
        principal: fc.record(
          { arn: text, uniqueId: text, '': text, another: text },
          { requiredKeys: ['arn'], noNullPrototype: true },
        ),
        scopes: fc.array(text, { maxLength: 3 }),
        audience: text,
        networks: fc.array(text, { maxLength: 3 }),
        hardMaxAt: fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true })),
        another: fc.jsonValue(),
      },
      { requiredKeys: ['tokenId', 'principal', 'scopes', 'audience', 'networks', 'hardMaxAt'] },
    );
    fc.assert(
      fc.property(fields, (some) => {
        const canonical = String(canonicalize(some));
        expect(Buffer.from(fieldsMessage(some)).subarray(-Buffer.byteLength(canonical)).toString()).toBe(
          canonical,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[string, AuthorisingFields]>([
    ['of a principal', { ...FIELDS, principal: { ...FIELDS.principal, session: 'x' } as never }],
    ['beside them', { ...FIELDS, regions: ['eu-west-1'] } as never],
  ])('carry a field that is not known yet, %s', (_where, more) => {
    expect(hex(fieldsMessage(more))).not.toBe(hex(fieldsMessage(FIELDS)));
  });

  it('refuse what JSON cannot carry', () => {
    expect(() => fieldsMessage({ ...FIELDS, audience: '\ud800' })).toThrow();
    expect(() => fieldsMessage({ ...FIELDS, hardMaxAt: Number.NaN })).toThrow();
    expect(() => fieldsMessage({ ...FIELDS, hardMaxAt: Number.POSITIVE_INFINITY })).toThrow();
  });
});

describe('pepperContext', () => {
  it('names purpose and version', () => {
    expect(pepperContext(3)).toEqual({ purpose: 'tokenward-pepper', version: '3' });
  });
});

function ordered({ fields, keyId }: { fields: AuthorisingFields; keyId: string | undefined }): unknown {
  const { tokenId, principal, scopes, audience, networks, hardMaxAt } = fields;
  return [
    keyId ?? null,
    tokenId,
    principal.arn,
    principal.uniqueId ?? null,
    scopes,
    audience,
    networks,
    hardMaxAt,
  ];
}
