import type { Row } from './evaluate.ts';
import { EVIDENCE } from './rows/evidence.ts';
import { IDENTITY } from './rows/identity.ts';
import { KEY_USE } from './rows/keys.ts';
import { LIMITS } from './rows/limits.ts';
import { LOG } from './rows/log.ts';
import { REGISTRY } from './rows/registry.ts';
import { USERS } from './rows/users.ts';
import { VAULT } from './rows/vault.ts';
import { WORK } from './rows/work.ts';

/** What must be allowed and what must be denied, by area (AC-5, AC-6, S12). */
export const TABLE: Readonly<Record<string, readonly Row[]>> = {
  vault: VAULT,
  keys: KEY_USE,
  registry: REGISTRY,
  log: LOG,
  evidence: EVIDENCE,
  work: WORK,
  identity: IDENTITY,
  users: USERS,
  limits: LIMITS,
};
