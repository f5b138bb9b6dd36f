import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSamePerson } from '#core/token/people.ts';

const SESSION = 'arn:aws:sts::111122223333:assumed-role/tokenward-dev-issuer/ann';
const ROLE = 'arn:aws:iam::111122223333:role/desk/tokenward-dev-issuer';

describe('isSamePerson', () => {
  it.each([
    ['a name', 'ann', 'ann'],
    ['another case and white space', '  Ann  Lee', 'ann lee '],
    ['full-width letters', '\uff41nn', 'ann'],
    ['a letter that is two in capitals', 'Anna Weiß', 'anna WEISS'],
    ['an accent that stands alone', '\u00a8', '\u0308'],
    ['a session with white space around it', ` ${SESSION}\n`, 'ann'],
    ['a session and its name', SESSION, 'Ann'],
    ['a session and its role', SESSION, ROLE],
    ['a role and its name', ROLE, 'tokenward-dev-issuer'],
    ['the same ARN', ROLE, ` ${ROLE}`],
  ])('knows %s', (_, one, other) => {
    expect(isSamePerson(one, other)).toBe(true);
    expect(isSamePerson(other, one)).toBe(true);
  });

  it.each([
    ['two names', 'ann', 'anna'],
    ['two sessions of two roles', SESSION, 'arn:aws:sts::111122223333:assumed-role/auditor/bob'],
    ['a folder of roles', ROLE, 'desk'],
    ['words run together', 'ann lee', 'annlee'],
    ['nobody and nobody', ' ', ''],
  ])('tells %s apart', (_, one, other) => {
    expect(isSamePerson(one, other)).toBe(false);
    expect(isSamePerson(other, one)).toBe(false);
  });

  it('knows whoever has a name to be themselves, whatever the name is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        expect(isSamePerson(one, one)).toBe(one.normalize('NFKC').trim() !== '');
        expect(isSamePerson(one, other)).toBe(isSamePerson(other, one));
      }),
    );
  });
});
