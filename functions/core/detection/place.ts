/** What a file that the user supplies says of an address; every field may be missing. */
export interface Place {
  readonly asn?: string;
  readonly org?: string;
  readonly country?: string;
  readonly lat?: number;
  readonly lon?: number;
  readonly tor?: boolean;
  readonly hosting?: boolean;
}

/** Where an address is; `undefined` where nobody knows. The engine works without: then nothing coarser than a prefix is judged. */
export type Atlas = (ip: string) => Place | undefined;

/** No file was supplied. */
export const NO_ATLAS: Atlas = () => undefined;

const EARTH_KM = 6_371;

/** Great-circle distance in kilometres. */
export function kilometres(
  from: { readonly lat: number; readonly lon: number },
  to: { readonly lat: number; readonly lon: number },
): number {
  const rad = Math.PI / 180;
  const half = (a: number, b: number): number => Math.sin(((b - a) * rad) / 2) ** 2;
  const h =
    half(from.lat, to.lat) + Math.cos(from.lat * rad) * Math.cos(to.lat * rad) * half(from.lon, to.lon);
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}
