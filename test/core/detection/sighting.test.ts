import { expect, it } from 'vitest';
import { tokenIdsOf } from '#core/detection/sighting.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:tokenward/dev';

it.each<[string, string, readonly string[]]>([
  ['a full ARN', `${ARN}/orders-AbCdEf`, ['orders', 'orders-AbCdEf']],
  [
    'a full ARN of an id that ends like a suffix',
    `${ARN}/orders-abcdef-AbCdEf`,
    ['orders-abcdef', 'orders-abcdef-AbCdEf'],
  ],
  ['a partial ARN', `${ARN}/orders`, ['orders']],
  ['a name', 'tokenward/dev/orders', ['orders']],
  ['a name that ends like a suffix', 'tokenward/dev/orders-abcdef', ['orders-abcdef', 'orders']],
  ['a secret of somebody else', 'other/dev/orders', []],
  ['a name with more before it', 'x/tokenward/dev/orders', []],
  ['a name with more behind it', 'tokenward/dev/orders/x', []],
  ['an id in capitals', 'tokenward/dev/Orders', []],
  ['nothing', '', []],
])('%s', (_what, secretId, expected) => {
  expect(tokenIdsOf(secretId)).toEqual(expected);
});
