import { Secret } from '#core/secret.ts';
import { parseToken } from '#core/token/format.ts';
import type { Random } from './random.ts';

type Make = (random: Random) => string;

/** The parts of a token, to be put together wrongly. */
function parts(random: Random): { env: string; keyId: string; body: string; head: string } {
  const [prefix, env, keyId, body] = random.token('prod').split('_') as [string, string, string, string];
  return { env, keyId, body, head: `${prefix}_${env}_${keyId}_` };
}

const uuid: Make = ({ hex }) => [8, 4, 4, 4, 12].map((length) => hex(length)).join('-');
const base64: Make = ({ bytes }) => Buffer.from(bytes(66)).toString('base64');
const base64url = (text: string | Uint8Array): string => Buffer.from(text).toString('base64url');

/** What is no token by its shape, or plainly a placeholder: no scanner may report it. Ten of each kind make 200. */
export const DECOYS: Readonly<Record<string, Make>> = {
  'a keyId': (random) => parts(random).keyId,
  'a token without its secret': (random) => parts(random).head.slice(0, random.pick([-1, 26])),
  'another prefix': (random) =>
    random.token().replace(/^twd/, random.pick(['twc', 'tw', 'TWD', 'Twd', 'twdx', 'tkn', 'api'])),
  'too short': (random) => random.token().slice(0, -random.pick([1, 2, 6, 12, 48])),
  'too long': (random) => parts(random).head + random.text(random.pick([50, 51, 64, 98])),
  'a character outside the alphabet': (random) => {
    const { head, body } = parts(random);
    const at = random.below(body.length);
    return head + body.slice(0, at) + random.pick('-+/._~=%é·') + body.slice(at + 1);
  },
  'a wrong environment': (random) => {
    const { keyId, body } = parts(random);
    return `twd_${random.pick(['p', '', 'Prod', 'pro-d', 'abcdefghijklm', 'prod_eu', 'pröd'])}_${keyId}_${body}`;
  },
  'a wrong keyId': (random) => {
    const { body } = parts(random);
    return `twd_prod_${random.text(random.pick([0, 1, 15, 17, 32]))}_${body}`;
  },
  'other separators': (random) => {
    const { keyId, body } = parts(random);
    return random.pick([
      ['twd', 'prod', keyId, body].join('-'),
      `twd.prod.${keyId}.${body}`,
      `twd__prod_${keyId}_${body}`,
    ]);
  },
  'a UUID': uuid,
  'a base64 blob': (random) => random.pick([base64(random), `data:image/png;base64,${base64(random)}`]),
  'an ARN or a name': (random) =>
    random.pick([
      `arn:aws:secretsmanager:eu-west-1:111122223333:secret:tokenward/prod/orders-${random.text(6)}`,
      `arn:aws:kms:eu-west-1:111122223333:key/${uuid(random)}`,
      'arn:aws:iam::111122223333:role/tokenward-prod-authorize',
      'tokenward/prod/orders-service',
      'twd_prod',
    ]),
  'a digest': (random) =>
    random.pick([random.hex(40), random.hex(64), `sha512-${base64(random)}`, `sha256:${random.hex(64)}`]),
  'a JWT': ({ bytes, hex }) =>
    `${base64url('{"alg":"ES256","typ":"JWT"}')}.${base64url(`{"sub":"${hex(12)}"}`)}.${base64url(bytes(64))}`,
  "another vendor's token": ({ pick, text }) =>
    pick([
      `ghp_${text(36)}`,
      `github_pat_${text(22)}_${text(59)}`,
      `glpat-${text(20)}`,
      `sk_live_${text(24)}`,
      `xoxb-${text(12, '0123456789')}-${text(24)}`,
      `npm_${text(36)}`,
      `AKIA${text(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}`,
      `dop_v1_${text(64, '0123456789abcdef')}`,
    ]),
  'what the product prints': (random) => {
    const { keyId } = parts(random);
    const redacted = String(Secret.of(random.token()));
    return random.pick([
      redacted,
      `{"token":"${redacted}","keyId":"${keyId}"}`,
      `keyId=${keyId} reason=revoked`,
    ]);
  },
  'a name of its parts': ({ pick }) =>
    pick([
      'twd_…',
      'twd_prod_…',
      'Bearer twd_dev_…',
      'twd_<env>_<keyId>_<secret><check>',
      `twd_\${ENV}_\${KEY_ID}_\${SECRET}`,
    ]),
  'a placeholder of the right shape': (random) => {
    const keyId = random.pick(['0123456789abcdef', 'XXXXXXXXXXXXXXXX', parts(random).keyId]);
    const start = random.below(13);
    const body = random.pick([
      random.pick('xX0aA').repeat(49),
      'EXAMPLE'.repeat(7),
      `${random.text(21)}EXAMPLE${random.text(21)}`,
      random
        .pick(['0123456789', 'abcdefghijklmnopqrstuvwxyz'])
        .repeat(7)
        .slice(start, start + 49),
    ]);
    return `twd_prod_${keyId}_${body}`;
  },
  'a token cut by a line': (random) => {
    const token = random.token('prod');
    const at = 1 + random.below(token.length - 1);
    return `${token.slice(0, at)}\n${token.slice(at)}`;
  },
  'a value of the store': (random) =>
    random.pick([
      `AUDIT#${random.below(256)}/HEAD`,
      `KEY#${parts(random).keyId}/KEY`,
      random.hex(64),
      base64(random),
    ]),
};

/** Right in shape and wrong in its checksum: only a scanner that computes it can tell. Ten of each kind make 40. */
export const WRONG_CHECKSUMS: Readonly<Record<string, Make>> = {
  'one character changed': (random) => {
    const { head, body } = parts(random);
    const at = random.below(body.length);
    return head + body.slice(0, at) + (body[at] === 'a' ? 'b' : 'a') + body.slice(at + 1);
  },
  'the environment changed': (random) => random.token('prod').replace('prod', 'dev'),
  'halves of two tokens': (random) => parts(random).head + parts(random).body,
  'anything of the shape': (random) => parts(random).head + random.text(49),
};

/** Whether the product takes a text for a token, refuses its checksum, or its shape. */
export function judged(text: string): 'token' | 'checksum' | 'malformed' {
  const read = parseToken(text);
  return read.ok ? 'token' : read.error.reason;
}
