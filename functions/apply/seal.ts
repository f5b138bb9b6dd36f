import { equalMacs, fieldsMessage } from '#core/crypto/hmac.ts';
import type { MacEngine } from '#core/ports.ts';
import type { AuthorisingFields, Mac } from '#core/records.ts';

/** Seals authorising fields, for a token or (with its keyId) for one version of it. */
export async function sealFields(mac: MacEngine, fields: AuthorisingFields, keyId?: string): Promise<Mac> {
  const { pepper, value } = await mac.make(fieldsMessage(fields, keyId));
  return { pepper, value: Buffer.from(value).toString('base64url') };
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
