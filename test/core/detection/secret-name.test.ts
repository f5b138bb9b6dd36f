import { expect, it } from 'vitest';
import { canonicalSecret, secretNames, tokenIdsNamed } from '#core/detection/secret-name.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders';

it.each([
  ['orders', '111122223333/eu-west-1/orders'],
  [ARN, '111122223333/eu-west-1/orders'],
  [`${ARN}-AbCdEf`, '111122223333/eu-west-1/orders-AbCdEf'],
  [`x${ARN}`, `111122223333/eu-west-1/x${ARN}`],
  [`${ARN}\nx`, `111122223333/eu-west-1/${ARN}\nx`],
  ['arn:aws-cn:secretsmanager:cn-north-1:999900001111:secret:a/b', '999900001111/cn-north-1/a/b'],
])('%s', (secretId, name) => {
  expect(canonicalSecret(secretId, '111122223333', 'eu-west-1')).toBe(name);
});

it('knows a secret by name, by full and by partial ARN, even where its name ends like a suffix', () => {
  const named = (arn: string): ReadonlySet<string> => new Set(secretNames(arn));
  const known = named(`${ARN}-legacy-AbCdEf`);
  for (const said of [`${ARN}-legacy-AbCdEf`, `${ARN}-legacy`, 'orders-legacy']) {
    expect(known).toContain(canonicalSecret(said, '111122223333', 'eu-west-1'));
  }
  expect(known).not.toContain(canonicalSecret('orders', '111122223333', 'eu-west-1'));
  expect(secretNames('arn:aws:secretsmanager:eu-west-1:111122223333:secret:x')).toHaveLength(1);
  expect(secretNames('orders')).toEqual(['//orders']);
});

it.each<[string, string, readonly string[]]>([
  ['a name', 'tokenward/dev/orders', ['orders']],
  ['a full ARN’s, or a name that ends like one', 'tokenward/dev/orders-AbCdEf', ['orders', 'orders-AbCdEf']],
  ['a secret of somebody else', 'other/dev/orders', []],
  ['a name with more before it', 'x/tokenward/dev/orders', []],
  ['a name with more behind it', 'tokenward/dev/orders/x', []],
  ['nothing', '', []],
])('%s', (_what, secretId, ids) => {
  expect(tokenIdsNamed(canonicalSecret(secretId, '111122223333', 'eu-west-1'))).toEqual(ids);
});
