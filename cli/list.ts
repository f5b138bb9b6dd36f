import type { TokenRecord } from '#core/records.ts';
import { currentVersion } from '#core/token/due.ts';
import { liveKeyIds } from '#core/token/versions.ts';
import { textOf, type Values, whereOf } from './arguments.ts';
import { EXIT, type ExitCode } from './fault.ts';
import { json, table, timeFrom } from './print.ts';
import type { Session } from './session.ts';
import { tokenView } from './view.ts';

/** Every token, or those of one principal, by id. */
export async function list(values: Values, session: Session): Promise<ExitCode> {
  const principal = textOf(values, 'principal');
  const registry = await session.connect(whereOf(values)).registry();
  const found: TokenRecord[] = [];
  let cursor: string | undefined;
  do {
    const page = await registry.tokens(principal === undefined ? {} : { principal }, cursor);
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor !== undefined);
  const tokens = found.sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1));
  if (values.json === true) {
    session.out(json(tokens.map(tokenView)));
    return EXIT.done;
  }
  const rows = tokens.map((token) => {
    const current = currentVersion(token);
    return [
      token.tokenId,
      token.standing,
      token.criticality,
      token.owner,
      token.fields.principal.arn,
      current?.keyId ?? (liveKeyIds(token).join(', ') || '-'),
      current === undefined ? '-' : timeFrom(current.expiresAt, session.now()),
    ];
  });
  session.out(
    table(session, ['TOKEN', 'STANDING', 'CRITICALITY', 'OWNER', 'PRINCIPAL', 'KEYID', 'EXPIRES'], rows),
  );
  session.err(`${tokens.length} tokens; the index behind this list may lag by a second`);
  return EXIT.done;
}
