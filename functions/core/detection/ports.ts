/** Named bytes that the steps of one replay leave to each other. */
export interface Partials {
  /** Writes, over what was there: a step that runs again leaves the same. */
  readonly put: (name: string, bytes: Uint8Array) => Promise<void>;
  /** @throws PortError where there is none, too */
  readonly read: (name: string) => Promise<Buffer>;
  /** Every name that begins so, in order. */
  readonly names: (prefix: string) => AsyncIterable<string>;
}
