import type { Check } from '../check.ts';
import { LOG_CHECKS } from './log.ts';
import { POLICY_CHECKS } from './policies.ts';
import { RESOURCE_CHECKS } from './resources.ts';
import { RULE_CHECKS } from './rules.ts';
import { SERVICE_CHECKS } from './services.ts';
import { TOKEN_CHECKS } from './tokens.ts';

/** Every question that evidence is collected for. */
export const CHECKS: readonly Check[] = [
  ...TOKEN_CHECKS,
  ...LOG_CHECKS,
  ...SERVICE_CHECKS,
  ...POLICY_CHECKS,
  ...RESOURCE_CHECKS,
  ...RULE_CHECKS,
];
