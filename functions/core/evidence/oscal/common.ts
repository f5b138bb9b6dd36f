import { uuidOf } from './uuid.ts';

/** The version of OSCAL that both documents are written in. */
export const OSCAL_VERSION = '1.2.1';

/** Names of ours within OSCAL; a name and no address. */
const NAMESPACE = 'urn:tokenward:oscal';

export interface Property {
  readonly name: string;
  readonly ns: string;
  readonly value: string;
  readonly class?: string;
}

export const property = (name: string, value: string, group?: string): Property => ({
  name,
  ns: NAMESPACE,
  value: value.trim() === '' ? '-' : value.trim(),
  ...(group === undefined ? {} : { class: group }),
});

export const iso = (at: number): string => new Date(at).toISOString();

/** A file of the bundle with its digest. */
export interface File {
  readonly path: string;
  readonly sha256: string;
}

/** Where a file stands in the back matter. */
export const resourceUuid = (run: string, path: string): string => uuidOf(run, 'resource', path);

/** A file as a resource of the back matter. */
export const resourceOf = (run: string, { path, sha256 }: File): unknown => ({
  uuid: resourceUuid(run, path),
  title: path,
  rlinks: [
    { href: path, 'media-type': 'application/json', hashes: [{ algorithm: 'SHA-256', value: sha256 }] },
  ],
});

/** The catalogue that control ids are of. */
export const CATALOGUE: {
  readonly uuid: string;
  readonly title: string;
  readonly citation: { readonly text: string };
} = {
  uuid: uuidOf('catalogue', 'NIST SP 800-53 Rev 5.1.1'),
  title: 'NIST SP 800-53 Rev 5.1.1, Security and Privacy Controls for Information Systems and Organizations',
  citation: { text: 'NIST SP 800-53 Rev 5, update 5.1.1, https://doi.org/10.6028/NIST.SP.800-53r5' },
};
