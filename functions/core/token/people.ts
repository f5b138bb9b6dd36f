import { identityOf } from './caller.ts';

/**
 * Whether two names can be one person or one role (AC-5), however each is typed: by a name, an ARN, or the name or
 * session in an ARN. Case, width and white space do not make another person. It errs towards "the same": a duty
 * separated once too often costs an edit, one not separated costs the control.
 *
 * @example isSamePerson('arn:aws:sts::111122223333:assumed-role/desk/ann', 'Ann') // true
 */
export function isSamePerson(one: string, other: string): boolean {
  const names = namesOf(one);
  return namesOf(other).some((name) => names.includes(name));
}

/** Every name under which a person or role may go; none for a text that names nobody. */
function namesOf(text: string): readonly string[] {
  const typed = text.trim();
  const identity = identityOf(typed);
  return [typed, identity?.name, identity?.session].flatMap((name) => {
    // Upper case folds more letters into one than lower case does.
    const plain = name?.normalize('NFKC').toUpperCase().replace(/\s+/g, ' ').trim() ?? '';
    return plain === '' ? [] : [plain];
  });
}
