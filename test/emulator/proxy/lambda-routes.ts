/** What a Lambda REST call is, under its API name and under the dated name that CloudTrail records. */
export interface LambdaRoute {
  readonly operation: string;
  readonly eventName: string;
  readonly params: Readonly<Record<string, string>>;
}

type Row = readonly [method: string, path: string, operation: string, eventSuffix: string];

/**
 * The Lambda routes that matter here. The suffix is the API date that CloudTrail appends to the name:
 * `UpdateFunctionCode20150331v2`. Later operations have none.
 */
const ROUTES: readonly Row[] = [
  ['POST', '/2015-03-31/functions', 'CreateFunction', '20150331'],
  ['GET', '/2015-03-31/functions', 'ListFunctions', '20150331'],
  ['GET', '/2015-03-31/functions/:functionName', 'GetFunction', '20150331v2'],
  ['DELETE', '/2015-03-31/functions/:functionName', 'DeleteFunction', '20150331'],
  ['PUT', '/2015-03-31/functions/:functionName/code', 'UpdateFunctionCode', '20150331v2'],
  ['GET', '/2015-03-31/functions/:functionName/configuration', 'GetFunctionConfiguration', '20150331v2'],
  ['PUT', '/2015-03-31/functions/:functionName/configuration', 'UpdateFunctionConfiguration', '20150331v2'],
  ['GET', '/2015-03-31/functions/:functionName/policy', 'GetPolicy', '20150331v2'],
  ['POST', '/2015-03-31/functions/:functionName/policy', 'AddPermission', '20150331v2'],
  ['DELETE', '/2015-03-31/functions/:functionName/policy/:statementId', 'RemovePermission', '20150331v2'],
  ['POST', '/2015-03-31/functions/:functionName/versions', 'PublishVersion', '20150331'],
  ['GET', '/2015-03-31/functions/:functionName/versions', 'ListVersionsByFunction', '20150331'],
  ['PUT', '/2017-10-31/functions/:functionName/concurrency', 'PutFunctionConcurrency', '20171031'],
  ['DELETE', '/2017-10-31/functions/:functionName/concurrency', 'DeleteFunctionConcurrency', '20171031'],
  ['PUT', '/2019-09-25/functions/:functionName/event-invoke-config', 'PutFunctionEventInvokeConfig', ''],
  ['POST', '/2015-03-31/event-source-mappings', 'CreateEventSourceMapping', '20150331'],
  ['GET', '/2015-03-31/event-source-mappings', 'ListEventSourceMappings', '20150331'],
  ['PUT', '/2015-03-31/event-source-mappings/:uUID', 'UpdateEventSourceMapping', '20150331'],
  ['DELETE', '/2015-03-31/event-source-mappings/:uUID', 'DeleteEventSourceMapping', '20150331'],
  ['POST', '/2015-03-31/functions/:functionName/invocations', 'Invoke', ''],
];

/** Names a Lambda call by its method and path; undefined when the route is not in the table. */
export function operationOfLambda(method: string, path: string): LambdaRoute | undefined {
  const segments = trimSlash(path).split('/');
  for (const [wanted, template, operation, suffix] of ROUTES) {
    if (wanted !== method) continue;
    const params = matchSegments(template.split('/'), segments);
    if (params !== undefined) return { operation, eventName: `${operation}${suffix}`, params };
  }
  return undefined;
}

function matchSegments(
  template: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (template.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const found = segments[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(found);
    else if (part !== found) return undefined;
  }
  return params;
}

function trimSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
