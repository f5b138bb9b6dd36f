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
  ResponseURL: z.string().check(z.refine(isAnswerable)),
  // What goes back word for word: CloudFormation takes an answer of at most 4 KB.
  StackId: z.string().check(z.regex(/^arn:[\w:/.+=@-]{1,1000}$/)),
  RequestId: z.string().check(z.regex(/^[\w-]{1,128}$/)),
  LogicalResourceId: z.string().check(z.regex(/^[A-Za-z0-9]{1,255}$/)),
  PhysicalResourceId: z.optional(z.string().check(z.regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,1000}$/))),
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

/** A URL that can be called at all. It is a credential: where it cannot, the fault that would name it never arises. */
function isAnswerable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}
