import { expect, it } from 'vitest';
import { type RouteTable, scopesOf } from '#core/token/routes.ts';

const ROUTES: RouteTable = {
  'GET /prices': ['prices:read'],
  'ANY /prices': ['prices:write'],
  'ANY /orders': ['orders:any', 'orders:write'],
  'GET /health': [],
};

it.each<[string, readonly string[] | undefined]>([
  ['GET /prices', ['prices:read']],
  ['PUT /prices', ['prices:write']],
  ['GET /orders', ['orders:any', 'orders:write']],
  ['GET /health', []],
  ['POST /health', undefined],
  ['GET /prices/1', undefined],
  ['get /nothing', undefined],
  ['', undefined],
  ['toString', undefined],
  ['ANY __proto__', undefined],
  ['GET constructor', undefined],
])('%j needs %j', (route, scopes) => {
  expect(scopesOf(ROUTES, route)).toEqual(scopes);
});
