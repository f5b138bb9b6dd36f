import type { Row } from '../evaluate.ts';
import { the, through } from '../names.ts';
import { may, mustNot, nobody, only } from './row.ts';

const orders = the.secret('orders-service');
const { tagged } = through;
const untagged = { ...tagged, 'aws:ResourceTag/tokenward:env': 'staging' };
const noTls = { ...tagged, 'aws:SecureTransport': 'false' };
const sm = (verb: string): string => `secretsmanager:${verb}`;

/** The vaulted values: who reads, who writes, who moves a label, who turns the handle. */
export const VAULT: readonly Row[] = [
  ...only(['fn:issue', 'fn:rotate', 'reader'], sm('GetSecretValue'), orders, tagged, [
    'administrator',
    'break-glass',
    'foreign-stranger',
    'foreign-reader',
  ]),
  ...only(['fn:issue', 'fn:rotate'], sm('PutSecretValue'), orders, tagged, ['administrator', 'reader']),
  ...only(
    ['fn:rotate', 'fn:sweep', 'fn:respond', 'fn:revoke'],
    sm('UpdateSecretVersionStage'),
    orders,
    tagged,
    ['administrator', 'break-glass'],
  ),
  ...only(['fn:sweep', 'fn:respond', 'fn:revoke'], sm('RotateSecret'), orders, tagged),
  ...only(['fn:sweep', 'fn:respond', 'fn:revoke'], sm('CancelRotateSecret'), orders, tagged),
  ...only(
    ['fn:rotate', 'fn:sweep', 'fn:respond', 'fn:revoke', 'reader'],
    sm('DescribeSecret'),
    orders,
    tagged,
  ),
  ...only(['fn:respond'], sm('PutResourcePolicy'), orders, tagged),
  ...only(['fn:respond'], sm('GetResourcePolicy'), orders, tagged),
  ...nobody(sm('DeleteResourcePolicy'), orders, tagged),
  ...nobody(sm('DeleteSecret'), orders, tagged),
  ...nobody(sm('UpdateSecret'), orders, tagged),
  // A reader reads what it is bound to, over TLS, and nothing besides.
  mustNot('reader', sm('GetSecretValue'), the.secret('billing'), tagged),
  mustNot('reader', sm('GetSecretValue'), orders, noTls),
  may('foreign-reader', sm('GetSecretValue'), the.secret('billing'), tagged),
  mustNot('foreign-reader', sm('GetSecretValue'), the.secret('billing'), noTls),
  mustNot('foreign-stranger', sm('GetSecretValue'), the.secret('billing'), tagged),
  mustNot('foreign-reader', sm('PutSecretValue'), the.secret('billing'), tagged),
  mustNot('administrator', sm('GetSecretValue'), the.secret('honey'), tagged),
  mustNot('reader', sm('GetSecretValue'), the.secret('honey'), tagged),
  mustNot('foreign-stranger', sm('DescribeSecret'), the.secret('billing'), tagged),
  ...['orders-service', 'billing', 'honey'].flatMap((id) => [
    mustNot('administrator', sm('PutSecretValue'), the.secret(id), tagged),
    mustNot('administrator', sm('UpdateSecretVersionStage'), the.secret(id), tagged),
    mustNot('fn:rotate', sm('GetSecretValue'), the.secret(id), noTls),
  ]),
  // Our functions work on this deployment's secrets: by name, by tag, over TLS.
  mustNot('fn:rotate', sm('PutSecretValue'), orders, noTls),
  mustNot('fn:issue', sm('GetSecretValue'), orders, noTls),
  ...(['fn:issue', 'fn:rotate'] as const).flatMap((who) => [
    mustNot(who, sm('GetSecretValue'), the.strangeSecret, tagged),
    mustNot(who, sm('PutSecretValue'), the.strangeSecret, tagged),
    mustNot(who, sm('PutSecretValue'), orders, untagged),
  ]),
  ...(['fn:sweep', 'fn:respond', 'fn:revoke'] as const).flatMap((who) => [
    mustNot(who, sm('RotateSecret'), the.strangeSecret, tagged),
    mustNot(who, sm('UpdateSecretVersionStage'), orders, untagged),
  ]),
  mustNot('fn:respond', sm('PutResourcePolicy'), the.strangeSecret, tagged),
  mustNot('fn:respond', sm('PutResourcePolicy'), orders, untagged),
];
