import { detectSecrets } from './detect-secrets.ts';
import { gitleaks } from './gitleaks.ts';
import type { Scanner } from './scanner.ts';
import { secretlint } from './secretlint.ts';

/** Every scanner that has a rule under scanners/. */
export const SCANNERS: readonly (readonly [string, () => Promise<Scanner>])[] = [
  ['gitleaks', gitleaks],
  ['secretlint', secretlint],
  ['detect-secrets', detectSecrets],
];
