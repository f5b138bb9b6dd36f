import { ACCESS } from './access.ts';
import { AUDIT } from './audit.ts';
import type { Control } from './control.ts';
import { IDENTITY } from './identity.ts';
import { OPERATIONS } from './operations.ts';
import { PROTECTION } from './protection.ts';

/** Every control that is spoken of, in the order of its id. */
export const CONTROLS: readonly Control[] = [...ACCESS, ...AUDIT, ...OPERATIONS, ...IDENTITY, ...PROTECTION]
  .map((control) => ({ control, order: orderOf(control.id) }))
  .sort((a, b) => (a.order < b.order ? -1 : 1))
  .map(({ control }) => control);

/** `AC-2(3)` → `AC-002-003`. */
function orderOf(id: string): string {
  const [family = '', ...numbers] = id.split(/[-()]/);
  return [family, ...numbers.map((number) => number.padStart(3, '0'))].join('-');
}
