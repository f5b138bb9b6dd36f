/** Route → scopes that it needs, all of them. Keys are `METHOD /path`; `ANY /path` serves every method. */
export type RouteTable = Readonly<Record<string, readonly string[]>>;

/** The scopes a route needs; `undefined` when the table does not name it, which is a denial (AC-3). */
export function scopesOf(routes: RouteTable, route: string): readonly string[] | undefined {
  if (Object.hasOwn(routes, route)) return routes[route];
  const any = `ANY ${route.slice(route.indexOf(' ') + 1)}`;
  return Object.hasOwn(routes, any) ? routes[any] : undefined;
}
