/** What is read of the trail, and what of that is the responder's. */
export interface ReconcilePlan {
  readonly account: string;
  /** What the bucket's owner put before `AWSLogs/`; empty: nothing. */
  readonly prefix: string;
  /** Of an organisation's trail: part of its keys. */
  readonly organizationId?: string;
  /** What the names of our secrets begin with, and their ARNs. */
  readonly secretsPrefix: string;
  readonly secretsArnPrefix: string;
  /** Every read of every secret, not only of ours. */
  readonly watchAllSecrets: boolean;
  /** ARNs of our own functions' sessions. */
  readonly ownSessions: readonly string[];
  /** Each with the names of rare events that are looked up where there is no bucket. */
  readonly regions: readonly { readonly region: string; readonly names: readonly string[] }[];
}

/** Lambda's calls are logged with the date of their API, and some with a version after it. */
const DATED: Readonly<Record<string, string>> = {
  AddPermission: 'AddPermission20150331v2',
  DeleteFunction: 'DeleteFunction20150331',
  PutFunctionConcurrency: 'PutFunctionConcurrency20171031',
  UpdateFunctionCode: 'UpdateFunctionCode20150331v2',
  UpdateFunctionConfiguration: 'UpdateFunctionConfiguration20150331v2',
};

/** Under which name a call is looked up in the history, which matches whole names only. */
export const loggedName = (call: string): string => DATED[call] ?? call;
