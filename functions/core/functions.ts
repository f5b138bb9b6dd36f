/** Every function of a deployment, in the order in which the code speaks of them; each is a folder, a role and a bundle. */
export const FUNCTIONS = [
  'issue',
  'authorize',
  'rotate',
  'sweep',
  'respond',
  'revoke',
  'seal',
  'reconcile',
  'report',
] as const;

export type FunctionName = (typeof FUNCTIONS)[number];
