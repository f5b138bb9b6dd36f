import { expect, it } from 'vitest';
import { loggedName } from '#core/reconcile/plan.ts';

it.each([
  ['AddPermission', 'AddPermission20150331v2'],
  ['DeleteFunction', 'DeleteFunction20150331'],
  ['PutFunctionConcurrency', 'PutFunctionConcurrency20171031'],
  ['UpdateFunctionCode', 'UpdateFunctionCode20150331v2'],
  ['UpdateFunctionConfiguration', 'UpdateFunctionConfiguration20150331v2'],
  ['CreateAccessKey', 'CreateAccessKey'],
])('%s is looked up as %s', (call, logged) => {
  expect(loggedName(call)).toBe(logged);
});
