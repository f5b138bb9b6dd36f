import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from './parse.ts';

/** What must not be said of FIPS, and what to say instead. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/140-2/, 'certificates of FIPS 140-2 are historical: say 140-3, with the certificate'],
  [
    /(FIPS|140-3)[- ](validated|compliant|certified)/i,
    'say "FIPS-approved algorithms", or of KMS "FIPS 140-3 Security Level 3 (CMVP 4884)"',
  ],
  [/Lambda((?!\bnot\b)[^.|]){0,40}\bvalidated module/i, 'nothing in Lambda is in a validated module'],
  [/\b[gs]etFips\b/, 'crypto.getFips() proves nothing: name provider, certificate and platform'],
  [/\bFIPS mode\b/i, 'there is none here: name what is configured'],
  [
    /\b(CMVP|certificate)s?[ #]+(?!4884\b)\d{4}\b/i,
    'no certificate stands here but the one that AWS states for KMS',
  ],
  [/FIPS (140-3 )?(Security )?Level 3(?!.{0,4}CMVP 4884)/i, 'name the certificate beside the level'],
];

/** Where this project speaks of itself; what tells of others (lock files, generated folders) is left out. */
const FILES = [
  '*.md',
  'docs/**/*.md',
  'scanners/**/*.md',
  '{functions,infra,cli,test}/**/*.{ts,md}',
  '.ci/*',
];
const NOT = ['**/node_modules/**', 'test/checks/**'];

/** Every line that says of FIPS what nobody has certified. */
export function wordings(root: string): Finding[] {
  const files = globSync(FILES, { cwd: root, exclude: NOT }).sort();
  return files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((text, index) =>
        FORBIDDEN.filter(([pattern]) => pattern.test(text)).map(
          ([, instead]): Finding => ({ file, line: index + 1, message: `FIPS wording: ${instead}` }),
        ),
      ),
  );
}
