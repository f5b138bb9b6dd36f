import { expect, it } from 'vitest';
import { ok, refuse } from '#core/result.ts';

it('carries a value or a reason, never both', () => {
  expect(ok(1)).toEqual({ ok: true, value: 1 });
  expect(refuse({ reason: 'late' })).toEqual({ ok: false, error: { reason: 'late' } });
});
