import { type Check, check, none } from '../check.ts';
import type { RuleName } from '../rules.ts';

const probe = (name: RuleName, asks: string): Check =>
  check({
    id: `rules.${name}`,
    asks,
    fact: 'rules',
    method: 'TEST',
    judge: (rules) => {
      const cases = rules[name];
      return none(
        cases.filter(({ want, got }) => want !== got).map((one) => `${one.case} gave ${one.got}`),
        `${cases.length} known ${cases.length === 1 ? 'case' : 'cases'} decided as must be`,
        'decided wrongly',
      );
    },
  });

/** The deciding code itself, as it is deployed, on cases whose answer is known. */
export const RULE_CHECKS: readonly Check[] = [
  probe('expiry', 'Is an expired version refused, to the millisecond?'),
  probe('revoked', 'Is a revoked version refused?'),
  probe('suspended', 'Is a suspended version refused?'),
  probe('audience', 'Is a token refused by an audience that it is not for?'),
  probe('scope', 'Is a scope refused that was not given?'),
  probe('network', 'Is a network refused that was not declared?'),
  probe('declaration', 'Is a declaration refused that lacks what is demanded or breaks its own times?'),
  probe('approver', 'Is a declaration refused that its owner approved?'),
  probe('chain', 'Is an edited, removed or cut audit record found?'),
  probe('identity', 'Does a record carry who and when?'),
  probe('feed', 'Does a revocation end every cached record?'),
  probe('format', 'Is a token made of 256 random bits and a checksum, and of nothing less?'),
  probe('redaction', 'Is a value kept from text, JSON and records?'),
];
