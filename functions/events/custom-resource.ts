import * as z from 'zod/mini';

/**
 * What CloudFormation sends for Custom::TokenwardToken.
 *
 * @example
 * { "RequestType": "Create", "ResponseURL": "https://…", "StackId": "arn:…", "RequestId": "…",
 *   "LogicalResourceId": "Orders", "ResourceType": "Custom::TokenwardToken",
 *   "ResourceProperties": { "ServiceToken": "arn:…", "secretArn": "arn:…", "declaration": "{…}" } }
 */
const EVENT = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.string().check(z.regex(/^https?:\/\//)),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.optional(z.string()),
  ResourceProperties: z.object({
    secretArn: z.optional(z.string()),
    declaration: z.optional(z.string()),
  }),
});

export interface CustomResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string | undefined;
  readonly ResourceProperties: {
    readonly secretArn?: string | undefined;
    readonly declaration?: string | undefined;
  };
}

/** Reads a custom resource event; `undefined` when it is none. */
export function parseCustomResource(event: unknown): CustomResourceEvent | undefined {
  const read = EVENT.safeParse(event);
  return read.success ? read.data : undefined;
}
