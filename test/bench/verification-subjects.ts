import { createHmac, createSecretKey, generateKeyPairSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { JwtVerifier } from 'aws-jwt-verify';
import { createLocalJWKSet, exportJWK, jwtVerify, SignJWT } from 'jose';
import { checkAPIKey, generateAPIKey } from 'prefixed-api-key';
import { fromItem, toItem } from '#adapters/dynamodb/items.ts';
import { createPepperMac } from '#adapters/mac/pepper-mac.ts';
import { createClock } from '#adapters/system/clock.ts';
import { fieldsMessage, tokenMessage } from '#core/crypto/hmac.ts';
import { keys } from '#core/keys.ts';
import type { VerifierStore } from '#core/ports.ts';
import { type FeedRecord, SCHEMA, type VersionRecord } from '#core/records.ts';
import { Secret } from '#core/secret.ts';
import { EMPTY_FEED, nextFeed } from '#core/token/feed.ts';
import { formatToken, TOKEN_ENTROPY_BYTES } from '#core/token/format.ts';
import type { Need } from '#core/token/verify.ts';
import { createVerifier, type Verifier } from '#functions/authorize/verifier.ts';
import { DAY, version } from '../core/builders.ts';
import type { Subject } from './paired.ts';

const ENVIRONMENT = 'dev';
const AUDIENCE = 'prices';
const ISSUER = 'https://issuer.example';
const NEED: Need = { audience: AUDIENCE, scopes: ['prices:read'], source: { ip: '10.1.2.3' } };

/** Ports at zero latency: records and feed are at hand, and each read is a promise all the same. */
export interface Bench {
  readonly texts: readonly string[];
  readonly pepper: Uint8Array;
  /** Reads of records and of the feed so far. */
  reads(): number;
  /** A verifier with nothing cached; `feedMaxAgeMs` 0 has it read the feed each time. */
  verifier(options?: { feedMaxAgeMs?: number; feed?: FeedRecord; decoding?: boolean }): Verifier;
}

/** So many registered tokens, each with one declared network. The pepper is unwrapped once, as in a warm container. */
export async function createBench(count: number): Promise<Bench> {
  const pepper = new Uint8Array(randomBytes(32));
  const clock = createClock();
  const record = {
    schema: SCHEMA,
    kind: 'pepper',
    rev: 1,
    version: 1,
    wrapped: 'AA==',
    createdAt: 0,
  } as const;
  const mac = createPepperMac({
    registry: {
      get: async (key) =>
        (key.pk === keys.pepper(1).pk ? { ...record, state: 'active' } : undefined) as never,
    },
    keyModule: { unwrap: async () => Secret.of(pepper) },
    clock,
  });
  const records = new Map<string, VersionRecord>();
  const texts: string[] = [];
  const end = clock.now() + DAY;
  for (let made = 0; made < count; made++) {
    const { keyId, token } = formatToken(ENVIRONMENT, randomBytes(TOKEN_ENTROPY_BYTES));
    const text = token.reveal();
    const bare = version({ keyId, expiresAt: end, fields: { ...version().fields, hardMaxAt: end } });
    const fieldsMac = await mac.make(fieldsMessage(bare.fields, keyId));
    texts.push(text);
    records.set(keys.version(keyId).pk, { ...bare, fieldsMac, tokenMac: await mac.make(tokenMessage(text)) });
  }
  const items = new Map([...records].map(([pk, stored]) => [pk, toItem(stored, 1)]));
  let reads = 0;

  function store(feed: FeedRecord, decoding: boolean): VerifierStore {
    return {
      async get(key) {
        reads++;
        const item = decoding ? items.get(key.pk) : undefined;
        return item === undefined ? (records.get(key.pk) as never) : fromItem(item, key.kind);
      },
      async feed() {
        reads++;
        return feed;
      },
    };
  }
  const metrics = { count: () => {}, milliseconds: () => {} };
  return {
    texts,
    pepper,
    reads: () => reads,
    verifier: ({ feedMaxAgeMs = 1_000, feed = EMPTY_FEED, decoding = false } = {}) =>
      createVerifier(
        { store: store(feed, decoding), mac, clock, metrics },
        {
          environment: ENVIRONMENT,
          feedMaxAgeMs,
          readTimeoutMs: 300,
          recordCacheMaxMs: 60_000,
          recordCacheMaxEntries: 10_000,
        },
      ),
  };
}

/** Each text once, by a verifier made for the round or kept between rounds; what it answers is checked. */
export function verifying(texts: readonly string[], verifierOf: () => Verifier, allow = true): Subject {
  return {
    size: texts.length,
    async run() {
      const verifier = verifierOf();
      for (const text of texts) {
        const verdict = await verifier.verify(text, NEED);
        if (verdict.allow !== allow) throw new Error(`answered ${JSON.stringify(verdict)}`);
      }
    },
  };
}

/** Node's own two functions and nothing else: a MAC of each token, compared. */
export function macAlone(texts: readonly string[], key: Parameters<typeof createHmac>[1]): Subject {
  const macs = texts.map((text) => createHmac('sha256', key).update(text).digest());
  return {
    size: texts.length,
    run() {
      for (const [index, text] of texts.entries()) {
        const made = createHmac('sha256', key).update(text).digest();
        if (!timingSafeEqual(made, macs[index] as Buffer)) throw new Error('unequal');
      }
    },
  };
}

/** The same with a key that Node has imported beforehand. */
export const macWithImportedKey = (texts: readonly string[], pepper: Uint8Array): Subject =>
  macAlone(texts, createSecretKey(pepper));

/** RS256 by two libraries, the key at hand; a hashed key by one. Each token once a round. */
export async function createPeers(
  count: number,
): Promise<Readonly<Record<'aws-jwt-verify' | 'jose' | 'prefixed-api-key', Subject>>> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n, e } = await exportJWK(publicKey);
  const jwk = { kty: 'RSA', n: n ?? '', e: e ?? '', kid: 'k1', alg: 'RS256', use: 'sig' as const };
  const jwts = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      new SignJWT({ scope: 'prices:read', jti: `token-${index}` })
        .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(version().fields.principal.arn)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey),
    ),
  );
  const verifier = JwtVerifier.create({ issuer: ISSUER, audience: AUDIENCE, jwksUri: `${ISSUER}/jwks` });
  verifier.cacheJwks({ keys: [jwk] });
  const jwks = createLocalJWKSet({ keys: [jwk] });
  const apiKeys = await Promise.all(jwts.map(() => generateAPIKey({ keyPrefix: 'twd' })));
  return {
    'aws-jwt-verify': {
      size: count,
      async run() {
        for (const jwt of jwts) await verifier.verify(jwt);
      },
    },
    jose: {
      size: count,
      async run() {
        for (const jwt of jwts) await jwtVerify(jwt, jwks, { issuer: ISSUER, audience: AUDIENCE });
      },
    },
    'prefixed-api-key': {
      size: count,
      run() {
        for (const { token, longTokenHash } of apiKeys) {
          if (!checkAPIKey(token ?? '', longTokenHash ?? '')) throw new Error('unequal');
        }
      },
    },
  };
}

/** The feed after so many revocations: as full as it gets. */
export function fullFeed(): FeedRecord {
  let feed = EMPTY_FEED;
  for (let made = 0; made < 200; made++) feed = nextFeed(feed, [String(made).padStart(16, 'k')]);
  return feed;
}
