/** KMS unwraps a pepper for this context only: one version's ciphertext cannot pass for another's (SC-12). */
export const pepperContext = (version: number): Readonly<Record<string, string>> => ({
  purpose: 'tokenward-pepper',
  version: String(version),
});
