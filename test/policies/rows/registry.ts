import type { Row } from '../evaluate.ts';
import { the, through } from '../names.ts';
import type { Who } from '../principals.ts';
import { may, mustNot, nobody, only } from './row.ts';

const { leading } = through;
const COMMITTING: readonly Who[] = ['fn:issue', 'fn:rotate', 'fn:sweep', 'fn:respond', 'fn:revoke'];
const ddb = (verb: string): string => `dynamodb:${verb}`;

/** The registry: `authorize` reads three kinds of item, `seal` the chains, the auditor all of it; five write. */
export const REGISTRY: readonly Row[] = [
  ...only(
    [...COMMITTING, 'fn:authorize', 'duty:auditor'],
    ddb('GetItem'),
    the.table,
    leading('KEY#0123456789abcdef'),
  ),
  ...only([...COMMITTING, 'fn:authorize', 'duty:auditor'], ddb('BatchGetItem'), the.table, leading('FEED#0')),
  ...only([...COMMITTING, 'duty:auditor'], ddb('GetItem'), the.table, leading('TOKEN#orders-service')),
  ...only(
    [...COMMITTING, 'duty:auditor', 'fn:seal', 'fn:report'],
    ddb('Query'),
    the.table,
    leading('AUDIT#017'),
  ),
  ...only([...COMMITTING, 'duty:auditor'], ddb('Query'), the.index('audit-token'), leading('orders-service')),
  ...only(['duty:auditor'], ddb('Scan'), the.table),
  ...only(COMMITTING, ddb('PutItem'), the.table, leading('TOKEN#orders-service'), [
    'reader',
    'foreign-stranger',
  ]),
  ...only(COMMITTING, ddb('PutItem'), the.table, leading('AUDIT#017')),
  ...only(COMMITTING, ddb('UpdateItem'), the.table, leading('KEY#0123456789abcdef')),
  ...only(COMMITTING, ddb('DeleteItem'), the.table, leading('KEY#0123456789abcdef')),
  ...only(COMMITTING, ddb('ConditionCheckItem'), the.table, leading('KEY#0123456789abcdef')),
  ...['TOKEN#orders-service', 'AUDIT#017', 'PROFILE#orders-service', 'SEAL#log', 'SECRET#arn'].flatMap(
    (key) => [
      mustNot('fn:authorize', ddb('GetItem'), the.table, leading(key)),
      mustNot('fn:authorize', ddb('BatchGetItem'), the.table, leading('KEY#0123456789abcdef', key)),
    ],
  ),
  may('fn:authorize', ddb('GetItem'), the.table, leading('PEPPER#1')),
  mustNot('fn:authorize', ddb('Query'), the.index('expiry'), leading('2026-11-25')),
  may('fn:seal', ddb('PutItem'), the.table, leading('SEAL#log')),
  may('fn:seal', ddb('GetItem'), the.table, leading('SEAL#log')),
  may('fn:seal', ddb('BatchGetItem'), the.table, leading('AUDIT#000', 'AUDIT#001')),
  mustNot('fn:seal', ddb('GetItem'), the.table, leading('PEPPER#1')),
  mustNot('fn:seal', ddb('PutItem'), the.table, leading('SEAL#log', 'AUDIT#017')),
  mustNot('fn:seal', ddb('Query'), the.index('audit-token'), leading('orders-service')),
  // The reader of the trail keeps its cursors, and knows no token.
  ...only(
    [...COMMITTING, 'fn:reconcile', 'duty:auditor'],
    ddb('GetItem'),
    the.table,
    leading('RECONCILE#eu-west-1'),
  ),
  ...only([...COMMITTING, 'fn:reconcile'], ddb('PutItem'), the.table, leading('RECONCILE#eu-west-1')),
  mustNot('fn:reconcile', ddb('PutItem'), the.table, leading('RECONCILE#eu-west-1', 'TOKEN#orders-service')),
  mustNot('fn:reconcile', ddb('DeleteItem'), the.table, leading('RECONCILE#eu-west-1')),
  ...[
    'DeleteTable',
    'UpdateTable',
    'RestoreTableToPointInTime',
    'UpdateContinuousBackups',
    'CreateBackup',
  ].flatMap((verb) => nobody(ddb(verb), the.table)),
];
