import type { Receipt, RevokeAnswer } from '#functions/revoke/settle.ts';
import { safe } from './print.ts';

/** What was done, from when on it holds everywhere, and what one deployed verifier says about it. */
export function receiptLines(answer: RevokeAnswer): readonly string[] {
  // An order on an IAM user is on no token, and nothing verifies an access key but IAM.
  if (answer.outcome === 'applied' && answer.action === 'release' && answer.tokenIds.length === 0)
    return [...answer.plan, 'IAM shows it within seconds.'].map(safe);
  const tokens = answer.tokenIds.join(', ');
  return [...headline(answer, tokens), ...answer.receipts.flatMap(receipt)].map(safe);
}

function headline({ outcome, action, keyIds, receipts }: RevokeAnswer, tokens: string): readonly string[] {
  switch (outcome) {
    case 'applied':
      if (action === 'rotate')
        return [`rotate: a new version of ${tokens} was asked for; show tells when it is current`];
      if (action === 'drop') return [`drop: nothing was done to ${tokens}, and it pages no more`];
      return [
        `${action}: done for ${tokens} (${keyIds.join(', ') || 'no live version'})`,
        ...(receipts.length === 0 ? ['No live version was touched, so no verifier had to learn of it.'] : []),
      ];
    case 'unchanged':
      return [`${action}: unchanged, ${tokens || 'it'} was so already`];
    case 'dry-run':
    case 'refused':
      return [];
  }
}

function receipt({ committedAt, effectiveBy, feedGeneration, verifier }: Receipt): readonly string[] {
  return [
    `  committed at   ${committedAt} (feed generation ${feedGeneration})`,
    `  effective by   ${effectiveBy}`,
    'unreachable' in verifier
      ? `  one verifier   could not be asked: ${verifier.unreachable}`
      : `  one verifier   ${verifier.wouldAllow ? 'ACCEPTS' : 'refuses'} ${verifier.keyId} (${verifier.reason}) at feed generation ${verifier.feedGeneration}`,
  ];
}
