import { randomBytes } from 'node:crypto';
import { type Item, toItem } from '#adapters/dynamodb/items.ts';
import { fieldsMessage, hmacSha256, tokenMessage } from '#core/crypto/hmac.ts';
import { keyOf } from '#core/keys.ts';
import { type PepperRecord, SCHEMA, type VersionRecord } from '#core/records.ts';
import { Secret } from '#core/secret.ts';
import { formatToken, TOKEN_ENTROPY_BYTES } from '#core/token/format.ts';
import { DAY, version } from '../core/builders.ts';

/** A registry with so many genuine tokens, and what the deployed authorizer needs to read it. */
export interface Deployment {
  readonly items: ReadonlyMap<string, Item>;
  readonly plaintext: Uint8Array;
  readonly tokens: readonly string[];
  /** Environment variables, for AWS at this address. */
  environment(url: string): Readonly<Record<string, string>>;
}

/** Each token with the one declared network that the events come from. */
export function createDeployment(count: number): Deployment {
  const plaintext = new Uint8Array(randomBytes(32));
  const mac = hmacSha256(Secret.of(plaintext));
  const items = new Map<string, Item>();
  const store = (record: VersionRecord | PepperRecord): void => {
    const { pk, sk } = keyOf(record);
    items.set(`${pk}|${sk}`, toItem(record, 1));
  };
  const createdAt = Date.now();
  store({ schema: SCHEMA, kind: 'pepper', rev: 1, version: 1, wrapped: 'AA==', createdAt, state: 'active' });
  const tokens = Array.from({ length: count }, () => {
    const { keyId, token } = formatToken('dev', randomBytes(TOKEN_ENTROPY_BYTES));
    const expiresAt = createdAt + DAY;
    const bare = version({
      keyId,
      createdAt,
      expiresAt,
      fields: { ...version().fields, hardMaxAt: expiresAt },
    });
    const sealed = { pepper: 1, value: mac(fieldsMessage(bare.fields, keyId)) };
    store({ ...bare, fieldsMac: sealed, tokenMac: { pepper: 1, value: mac(tokenMessage(token.reveal())) } });
    return token.reveal();
  });
  return {
    items,
    plaintext,
    tokens,
    environment: (url) => ({
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      ENVIRONMENT: 'dev',
      TABLE_NAME: 'registry',
      BUS_NAME: 'bus',
      PEPPER_KEY_ARN: 'arn:aws:kms:eu-west-1:111122223333:key/pepper',
      AUDIENCE: 'prices',
      ROUTES: JSON.stringify({ 'GET /prices': ['prices:read'] }),
      USAGE_QUEUE_URL: `${url}/111122223333/usage`,
      // A busy machine must not turn into a denial: the bench measures, the bound is tested elsewhere.
      READ_TIMEOUT_MS: '5000',
    }),
  };
}

/** An HTTP API's event, payload 2.0, for the one route there is. */
export const eventOf = (token: string): object => ({
  version: '2.0',
  type: 'REQUEST',
  routeArn: 'arn:aws:execute-api:eu-west-1:111122223333:api/$default/GET/prices',
  routeKey: 'GET /prices',
  headers: { authorization: `Bearer ${token}` },
  requestContext: { http: { sourceIp: '10.1.2.3', userAgent: 'bench/1' } },
});
