import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4, type SignatureV4Init } from '@smithy/signature-v4';

/** Headers for a POST of JSON; without `host`, which whoever sends sets from the URL. */
export type SignPost = (url: URL, body: string) => Promise<Readonly<Record<string, string>>>;

/** Signs POSTs of JSON by Signature Version 4, for calls that no client of the SDK is there for. */
export function createPostSigner(by: Pick<SignatureV4Init, 'service' | 'region' | 'credentials'>): SignPost {
  const signer = new SignatureV4({ ...by, sha256: Sha256 });
  return async (url, body) => {
    const request = new HttpRequest({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { host: url.host, 'content-type': 'application/json' },
      body,
    });
    const { host: _, ...headers } = (await signer.sign(request)).headers;
    return headers;
  };
}
