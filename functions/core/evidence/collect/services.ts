import { type Check, check, fails, holds, missing, none, unseen } from '../check.ts';
import { KEYS } from '../crypto-inventory.ts';

/** The types of key that the cryptographic inventory knows (SC-13). */
export const KEY_SPECS: readonly string[] = [...new Set(KEYS.flatMap(({ kms }) => kms?.keySpec ?? []))];

/** What AWS's services say of themselves (SC-12, SC-28, CP-9, SI-4). */
export const SERVICE_CHECKS: readonly Check[] = [
  check({
    id: 'keys.origin',
    asks: 'Was every key generated in KMS, and is it enabled?',
    fact: 'keys',
    method: 'EXAMINE',
    inherits: 'AWS KMS',
    judge: (keys) =>
      keys.length === 0
        ? missing('key')
        : none(
            keys
              .filter(({ origin, state }) => origin !== 'AWS_KMS' || state !== 'Enabled')
              .map(({ purpose, origin, state }) => `${purpose} (${origin}, ${state})`),
            `${keys.length} keys, each generated in KMS and enabled`,
            'not generated in KMS, or not enabled',
          ),
  }),
  check({
    id: 'keys.rotation',
    asks: 'Does KMS rotate every key that it can rotate?',
    fact: 'keys',
    method: 'EXAMINE',
    inherits: 'AWS KMS',
    judge: (keys) => {
      const symmetric = keys.filter(({ spec }) => spec === 'SYMMETRIC_DEFAULT');
      if (symmetric.length === 0) return missing('symmetric key');
      return none(
        symmetric.filter(({ rotation }) => rotation !== true).map(({ purpose }) => purpose),
        `rotation is on for ${symmetric.length} symmetric keys; KMS rotates no other kind`,
        'rotation is off',
      );
    },
  }),
  check({
    id: 'keys.algorithms',
    asks: 'Is every key of an allowed type?',
    fact: 'keys',
    method: 'EXAMINE',
    inherits: 'AWS KMS',
    judge: (keys) => {
      if (keys.length === 0) return missing('key');
      return none(
        keys
          .filter(({ spec }) => !KEY_SPECS.includes(spec))
          .map(({ purpose, spec }) => `${purpose} (${spec})`),
        `${keys.length} keys, each ${KEY_SPECS.join(', ')}`,
        'not an allowed type',
      );
    },
  }),
  check({
    id: 'table.encryption',
    asks: 'Is the registry encrypted under a key of ours?',
    fact: 'table',
    method: 'EXAMINE',
    inherits: 'AWS KMS',
    judge: ({ keyArn, name }, { keys }) => {
      const ours = keys.seen ? keys.value.find(({ purpose }) => purpose === 'data')?.arn : undefined;
      if (ours === undefined) return unseen('which key is ours was not seen');
      return keyArn === ours ? holds(`${name} is under ${ours}`) : fails(`${name} is not under ${ours}`);
    },
  }),
  check({
    id: 'table.recovery',
    asks: 'Can the registry be restored to any second of the last 35 days, and is it kept from deletion?',
    fact: 'table',
    method: 'EXAMINE',
    judge: ({ pointInTimeRecovery, deletionProtection, name }, { settings }) => {
      const wanted = settings.stage === 'production';
      const says = `${name}: point-in-time recovery ${pointInTimeRecovery ? 'on' : 'off'}, deletion protection ${deletionProtection ? 'on' : 'off'}`;
      return pointInTimeRecovery && (deletionProtection || !wanted) ? holds(says) : fails(says);
    },
  }),
  check({
    id: 'queues.handled',
    asks: 'Was everything handled: is every dead-letter queue empty?',
    fact: 'queues',
    method: 'EXAMINE',
    judge: (queues) => {
      const dead = queues.filter(({ deadLetters }) => deadLetters);
      if (dead.length === 0) return missing('dead-letter queue');
      return none(
        dead.filter(({ messages }) => messages > 0).map(({ name, messages }) => `${name} (${messages})`),
        `${dead.length} dead-letter queues, all empty`,
        'waiting for a person',
      );
    },
  }),
  check({
    id: 'queues.encrypted',
    asks: 'Is every queue encrypted at rest?',
    fact: 'queues',
    method: 'EXAMINE',
    judge: (queues) => {
      if (queues.length === 0) return missing('queue');
      return none(
        queues.filter(({ encrypted }) => !encrypted).map(({ name }) => name),
        `${queues.length} queues, all encrypted`,
        'not encrypted',
      );
    },
  }),
];
