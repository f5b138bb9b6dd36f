import * as z from 'zod/mini';
import { holdsToken } from './token/format.ts';

/**
 * How long a text or a list from outside may be, in UTF-16 units or items. Instead of zod's own checks: those also
 * measure what is neither but has a `length`, and throw where that cannot be compared.
 */
export const lengthWithin = (least: number, most: number): z.core.$ZodCheck<{ readonly length: number }> =>
  z.refine(({ length }) => length >= least && length <= most, `must be ${least} to ${most} long`);

/** A text that is kept as its writer put it, of so many UTF-16 units: it says something, in whole characters, and holds no token (S5). */
export const freeText = (most: number): z.ZodMiniString =>
  z.string().check(
    lengthWithin(1, most),
    z.refine((text) => text.isWellFormed(), 'holds half of a character'),
    z.refine((text) => !holdsToken(text), 'holds a token'),
  );
