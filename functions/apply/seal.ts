import { equalMacs, fieldsMessage } from '#core/crypto/hmac.ts';
import type { MacEngine } from '#core/ports.ts';
import type { AuthorisingFields, Mac } from '#core/records.ts';

/** Seals authorising fields, for a token or (with its keyId) for one version of it. */
export function sealFields(mac: MacEngine, fields: AuthorisingFields, keyId?: string): Promise<Mac> {
  return mac.make(fieldsMessage(fields, keyId));
}

/** Whether authorising fields are as their issuer sealed them. */
export async function isSealed(
  mac: MacEngine,
  fields: AuthorisingFields,
  seal: Mac,
  keyId?: string,
): Promise<boolean> {
  const value = await mac.remake(fieldsMessage(fields, keyId), seal.pepper);
  return value !== undefined && equalMacs(value, seal.value);
}
