import { z } from 'zod/mini';

/**
 * How long a text or a list from outside may be, in UTF-16 units or items. Instead of zod's own checks: those also
 * measure what is neither but has a `length`, and throw where that cannot be compared.
 */
export const lengthWithin = (least: number, most: number): z.core.$ZodCheck<{ readonly length: number }> =>
  z.refine(({ length }) => length >= least && length <= most, `must be ${least} to ${most} long`);
