/** Room for what does not fit memory: named heaps of bytes, appended to and read back whole. */
export interface Scratch {
  readonly append: (name: string, bytes: Uint8Array) => void;
  /** Everything appended under a name; empty where nothing was. */
  readonly read: (name: string) => Buffer;
}
