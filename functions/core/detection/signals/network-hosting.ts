import { knows } from '../baseline.ts';
import { PRESENCE_MS } from '../evidence.ts';
import type { Fire } from './seen.ts';

const TOR = 5;
const HOSTING = 1;

/** B12: through Tor, or from rented hosts of a provider that the credential never used. Needs a geo file. */
export const hosting: Fire = ({ obs, place, own }) => {
  if (place?.tor === true) {
    return { weight: TOR, says: `through Tor, ${obs.network}`, about: 'tor', halfLifeMs: PRESENCE_MS };
  }
  const asn = place?.asn ?? '';
  if (place?.hosting !== true || asn === '' || knows(own, 'asn', asn)) return undefined;
  return {
    weight: HOSTING,
    says: `from rented hosts of ${place.org ?? asn}`,
    about: asn,
    halfLifeMs: PRESENCE_MS,
  };
};
