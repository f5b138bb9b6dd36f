const BEARER = /^Bearer ([\x21-\x7e]{1,200})$/i;

/** The credential of an `Authorization: Bearer` header (RFC 6750, 2.1), of at most 200 characters; else `undefined`. */
export const bearerOf = (authorization: string | undefined): string | undefined =>
  BEARER.exec(authorization ?? '')?.[1];
