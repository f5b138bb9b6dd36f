export interface Place {
  readonly country: string;
  readonly lat: number;
  readonly lon: number;
}

/** Cities by country, at their coordinates to a tenth of a degree. */
export const CITIES: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  DE: [
    [52.5, 13.4],
    [48.1, 11.6],
    [53.6, 10.0],
    [50.1, 8.7],
  ],
  FR: [
    [48.9, 2.4],
    [45.8, 4.8],
    [43.3, 5.4],
  ],
  GB: [
    [51.5, -0.1],
    [53.5, -2.2],
    [55.9, -3.2],
  ],
  IE: [
    [53.3, -6.3],
    [51.9, -8.5],
  ],
  NL: [
    [52.4, 4.9],
    [51.9, 4.5],
  ],
  ES: [
    [40.4, -3.7],
    [41.4, 2.2],
    [37.4, -6.0],
  ],
  PL: [
    [52.2, 21.0],
    [50.1, 19.9],
  ],
  SE: [
    [59.3, 18.1],
    [57.7, 12.0],
  ],
  PT: [
    [38.7, -9.1],
    [41.2, -8.6],
  ],
  IT: [
    [41.9, 12.5],
    [45.5, 9.2],
  ],
  RO: [
    [44.4, 26.1],
    [46.8, 23.6],
  ],
  UA: [
    [50.5, 30.5],
    [49.8, 24.0],
  ],
  RU: [
    [55.8, 37.6],
    [59.9, 30.3],
  ],
  TR: [
    [41.0, 29.0],
    [39.9, 32.9],
  ],
  US: [
    [47.6, -122.3],
    [40.7, -74.0],
    [39.0, -77.5],
    [30.3, -97.7],
    [37.8, -122.4],
    [41.9, -87.6],
  ],
  CA: [
    [43.7, -79.4],
    [45.5, -73.6],
    [49.3, -123.1],
  ],
  BR: [
    [-23.6, -46.6],
    [-22.9, -43.2],
  ],
  MX: [
    [19.4, -99.1],
    [20.7, -103.3],
  ],
  IN: [
    [12.9, 77.6],
    [19.1, 72.9],
    [17.4, 78.5],
  ],
  SG: [[1.4, 103.8]],
  JP: [
    [35.7, 139.7],
    [34.7, 135.5],
  ],
  KR: [[37.6, 127.0]],
  AU: [
    [-33.9, 151.2],
    [-37.8, 145.0],
  ],
  VN: [
    [21.0, 105.8],
    [10.8, 106.7],
  ],
  ID: [
    [-6.2, 106.8],
    [-7.3, 112.7],
  ],
  NG: [[6.5, 3.4]],
  ZA: [
    [-26.2, 28.0],
    [-33.9, 18.4],
  ],
  IS: [[64.1, -21.9]],
};

export const COUNTRIES: readonly string[] = Object.keys(CITIES);

/** Where the company's own people and offices are; the others are for travellers and thieves. */
export const HOME_COUNTRIES: readonly string[] = [
  'DE',
  'FR',
  'GB',
  'IE',
  'NL',
  'ES',
  'PL',
  'SE',
  'US',
  'CA',
  'IN',
];

/** Regions of the cloud, with the place of each. */
export const REGIONS: Readonly<Record<string, Place>> = {
  'eu-west-1': { country: 'IE', lat: 53.3, lon: -6.3 },
  'eu-central-1': { country: 'DE', lat: 50.1, lon: 8.7 },
  'eu-north-1': { country: 'SE', lat: 59.3, lon: 18.1 },
  'us-east-1': { country: 'US', lat: 39.0, lon: -77.5 },
  'us-west-2': { country: 'US', lat: 45.8, lon: -119.7 },
  'ap-south-1': { country: 'IN', lat: 19.1, lon: 72.9 },
};

/** Hours that a country's working day is ahead of UTC; one for each is enough here. */
export const UTC_OFFSET: Readonly<Record<string, number>> = {
  DE: 2,
  FR: 2,
  GB: 1,
  IE: 1,
  NL: 2,
  ES: 2,
  PL: 2,
  SE: 2,
  US: -6,
  CA: -5,
  IN: 5.5,
};
