import type { Row } from '../evaluate.ts';
import { KEYS, the, through } from '../names.ts';
import type { Who } from '../principals.ts';
import { may, mustNot, nobody, OURS, only } from './row.ts';

const [secrets, pepper, mac, signing, archive, data] = [
  'SecretsKey',
  'PepperKey',
  'MacKey',
  'SigningKey',
  'ArchiveKey',
  'DataKey',
].map(the.key) as [string, string, string, string, string, string];
const vault = through.vault('orders-service');
const strangeContext = { ...vault, 'kms:EncryptionContext:SecretARN': the.strangeSecret };
const directly = { 'kms:EncryptionContext:SecretARN': the.secret('orders-service') };
const committing: readonly Who[] = ['fn:issue', 'fn:rotate', 'fn:sweep', 'fn:respond', 'fn:revoke'];

/** The keys: each for one purpose, through one service, in few hands (SC-12). */
export const KEY_USE: readonly Row[] = [
  ...only(['fn:issue', 'fn:rotate', 'reader'], 'kms:Decrypt', secrets, vault, ['foreign-stranger']),
  ...only(['fn:issue', 'fn:rotate'], 'kms:GenerateDataKey', secrets, vault, ['reader']),
  mustNot('fn:rotate', 'kms:Decrypt', secrets, directly),
  mustNot('fn:rotate', 'kms:Decrypt', secrets, strangeContext),
  mustNot('fn:issue', 'kms:Decrypt', secrets, { ...vault, ...through.bucket }),
  may('foreign-reader', 'kms:Decrypt', secrets, through.vault('billing')),
  mustNot('foreign-reader', 'kms:Decrypt', secrets, directly),
  mustNot('foreign-reader', 'kms:Decrypt', secrets, strangeContext),

  ...only(['fn:issue', 'fn:authorize', 'fn:rotate'], 'kms:Decrypt', pepper, through.pepper, ['reader']),
  ...only(['fn:issue'], 'kms:GenerateDataKeyWithoutPlaintext', pepper, through.pepper),
  ...nobody('kms:GenerateDataKey', pepper, through.pepper, ['administrator', 'break-glass']),
  ...nobody('kms:Encrypt', pepper, through.pepper, ['administrator']),
  ...(['fn:issue', 'fn:authorize', 'fn:rotate'] as const).flatMap((who) => [
    mustNot(who, 'kms:Decrypt', pepper, { 'kms:EncryptionContext:purpose': 'something-else' }),
    mustNot(who, 'kms:Decrypt', pepper),
  ]),

  ...only(['fn:issue', 'fn:authorize', 'fn:rotate'], 'kms:GenerateMac', mac),
  ...nobody('kms:VerifyMac', mac),
  ...only(['fn:issue', 'fn:rotate'], 'kms:GenerateRandom', '*'),

  ...only(['fn:seal'], 'kms:Sign', signing, {}, ['administrator', 'break-glass', 'foreign-stranger']),
  ...only(['fn:seal', 'duty:auditor'], 'kms:GetPublicKey', signing),

  ...only(['fn:seal'], 'kms:GenerateDataKey', archive, through.bucket),
  ...only(['duty:auditor'], 'kms:Decrypt', archive, through.bucket),
  mustNot('fn:seal', 'kms:GenerateDataKey', archive),
  mustNot('duty:auditor', 'kms:Decrypt', archive),

  ...only(
    [...committing, 'fn:authorize', 'fn:seal', 'fn:reconcile', 'fn:report', 'duty:auditor'],
    'kms:Decrypt',
    data,
    through.table,
  ),
  ...only([...committing, 'fn:seal', 'fn:reconcile'], 'kms:GenerateDataKey', data, through.table),
  ...only(['fn:issue', 'fn:sweep', 'fn:respond', 'fn:revoke'], 'kms:GenerateDataKey', data, through.topic),
  ...nobody('kms:Decrypt', data),

  // What a key is, is for the account's administrators; that it is, for the break-glass role.
  ...KEYS.map(the.key).flatMap((key) => [
    ...(['kms:DisableKey', 'kms:ScheduleKeyDeletion'] as const).flatMap((action) => [
      may('break-glass', action, key),
      ...(['administrator', 'duty:deployer', 'duty:responder', 'fn:issue', 'fn:seal'] as const).map((who) =>
        mustNot(who, action, key),
      ),
    ]),
    may('administrator', 'kms:PutKeyPolicy', key),
    mustNot('foreign-stranger', 'kms:PutKeyPolicy', key),
  ]),
  ...KEYS.flatMap((key) =>
    ['kms:PutKeyPolicy', 'kms:CreateGrant'].flatMap((action) =>
      OURS.filter((who) => who.startsWith('duty:')).map((who) => mustNot(who, action, the.key(key))),
    ),
  ),
  ...nobody('kms:CreateGrant', signing),
  ...nobody('kms:PutKeyPolicy', pepper),
];
