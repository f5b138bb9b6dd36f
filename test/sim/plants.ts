import { registerHooks } from 'node:module';

/** A known bug: what it does to our code, and how it is caught. */
export interface Plant {
  readonly name: string;
  /** From the repository's root. */
  readonly file: string;
  /** Stands in the file exactly once; a plant whose place has changed fails instead of planting nothing. */
  readonly find: string;
  readonly replace: string;
  /** A second place, where one would be stopped by the other. */
  readonly also?: Pick<Plant, 'file' | 'find' | 'replace'>;
  /** The invariant that must break. */
  readonly invariant: string;
  /** The other side of the same break, where histories may show either first: refused too long, or accepted. */
  readonly or?: string;
  /** Which flow tells, with how many faults; or how many histories of the swarm may pass before one does. */
  readonly by: { readonly flow: string; readonly faults: number } | { readonly histories: number };
}

const FINISH = 'functions/rotate/steps/finish.ts';
const CHANGES = 'functions/core/rotation/changes.ts';
const STANDING = 'functions/core/token/standing.ts';
const DECIDE = 'functions/core/response/decide.ts';
const VERIFIER = 'functions/authorize/verifier.ts';
const REPAIR = 'functions/sweep/repair.ts';

/** Bugs that were made elsewhere, or nearly here, each in our own code. */
export const PLANTS: readonly Plant[] = [
  {
    name: 'the old version retires at finish',
    file: CHANGES,
    find: 'expiresAt: Math.min(other.expiresAt, step.at + token.policy.overlapMs)',
    replace: 'expiresAt: step.at',
    invariant: 'S1',
    by: { flow: 'rotate', faults: 0 },
  },
  {
    name: 'the registry is told before the labels move',
    file: FINISH,
    find: 'const former = await moveLabel(event, ports);',
    replace: 'const former = undefined; queueMicrotask(() => void moveLabel(event, ports).catch(() => {}));',
    invariant: 'S1',
    by: { flow: 'rotate', faults: 1 },
  },
  {
    name: 'a late finishSecret takes the label back',
    file: FINISH,
    find: "if (intent.state === 'finished') return;",
    replace: '',
    invariant: 'S1',
    by: { flow: 'rotate: steps of an earlier rotation come late', faults: 0 },
  },
  {
    name: 'what has expired can be revoked',
    file: STANDING,
    find: "if (!isLive(version.state)) return refuse({ reason: 'unchanged', standing: facts.token.standing });",
    replace: '',
    invariant: 'S3',
    by: { flow: 'revoke a version that has expired', faults: 0 },
  },
  {
    name: 'a revoked token rotates',
    file: 'functions/rotate/context.ts',
    find: "if (token.standing === 'revoked') {",
    replace: 'if (false) {',
    invariant: 'S14',
    by: { flow: 'rotate; before setSecret its token is revoked', faults: 1 },
  },
  {
    name: 'a suspended token rotates',
    file: 'functions/rotate/context.ts',
    find: "if (token.standing === 'suspended') {",
    replace: 'if (false) {',
    invariant: 'S14',
    by: { flow: 'rotate: the schedule fires on a suspended token', faults: 0 },
  },
  {
    name: 'no intent is ever due',
    file: CHANGES,
    find: 'dueAt: step.at + INTENT_PATIENCE_MS,',
    replace: '',
    invariant: 'L5',
    by: { flow: 'rotate; before testSecret its token is revoked', faults: 0 },
  },
  {
    name: 'what cannot be proven is left pending',
    file: CHANGES,
    find: "if (version === undefined || version.state !== 'pending')",
    replace: 'if (true)',
    invariant: 'L2',
    by: { flow: 'rotate; before testSecret the service gives up on it', faults: 0 },
  },
  {
    name: 'the repair revokes what carries AWSCURRENT',
    file: REPAIR,
    find: "const promoted = labels.includes('AWSCURRENT');",
    replace: 'const promoted = false;',
    invariant: 'S1',
    by: { flow: 'rotate', faults: 3 },
  },
  {
    name: 'a label on a finished version stays for ever',
    file: 'functions/rotate/steps/create.ts',
    find: '  await ports.vault.clearPending(event.secretArn, event.versionId);\n  throw',
    replace: '  throw',
    invariant: 'L1',
    by: { flow: 'rotate: AWSPENDING is on a version of an earlier rotation', faults: 0 },
  },
  {
    name: 'a change is committed without its audit records',
    file: 'functions/core/audit/plan.ts',
    find: '...append(change.audit, read.head, writes.map(afterImage)),',
    replace: '...append(change.audit.slice(1), read.head, writes.map(afterImage)),',
    invariant: 'S6',
    by: { flow: 'revoke', faults: 0 },
  },
  {
    name: 'a record does not continue its chain',
    file: 'functions/core/audit/chain.ts',
    find: 'prevHash: last.hash,',
    replace: 'prevHash: head.hash,',
    invariant: 'S6',
    by: { flow: 'revoke', faults: 0 },
  },
  {
    name: 'a revocation forgets the feed',
    file: STANDING,
    find: 'feed: versions.map((version) => version.keyId),',
    replace: 'feed: [],',
    invariant: 'S2',
    or: 'S1',
    by: { histories: 60 },
  },
  {
    name: 'a suspension reaches the token and not its versions',
    file: STANDING,
    find: 'const versions = live(facts).map((version) => ({ ...version, suspended: true }));',
    replace: 'const versions = live(facts);',
    invariant: 'S2',
    by: { flow: 'suspend, release', faults: 0 },
  },
  {
    name: 'a reissue leaves the old version alive',
    file: STANDING,
    find: '  const versions = live(facts).map(revoked);\n  if (versions.length === 0 && token.reissue',
    replace: '  const versions = live(facts);\n  if (versions.length === 0 && token.reissue',
    invariant: 'S2',
    by: { flow: 'reissue', faults: 0 },
  },
  {
    name: 'a rotation that could not be cancelled is forgotten',
    file: STANDING,
    find: '...(token.secretArn === undefined ? {} : { cancelling: { at, attempts: 0 } }),',
    replace: '',
    invariant: 'L6',
    by: { flow: 'revoke', faults: 1 },
  },
  {
    name: 'the sweep expires before the time',
    file: 'functions/core/token/due.ts',
    find: 'return isLive(version.state) ? version.expiresAt : undefined;',
    replace: 'return isLive(version.state) ? version.expiresAt - 25 * MINUTE : undefined;',
    also: {
      file: 'functions/core/sweep/decide.ts',
      find: 'if (!isLive(version.state) || now < version.expiresAt) return undefined;',
      replace: 'if (!isLive(version.state)) return undefined;',
    },
    invariant: 'S4',
    by: { flow: 'rotate', faults: 0 },
  },
  {
    name: 'an event is not remembered',
    file: DECIDE,
    find: 'event === undefined ? create(next) : update(event, next),',
    replace: '',
    invariant: 'S8',
    by: { flow: 'respond: a token is used outside its networks', faults: 0 },
  },
  {
    name: 'what was decided before a crash is told by nobody',
    file: DECIDE,
    find: '    dueAt: order.at + TAKEN_UP_MS,',
    replace: '',
    invariant: 'L5',
    by: { flow: 'respond: an alert, delivered once', faults: 1 },
  },
  {
    name: 'a decision is closed before it is told',
    file: 'functions/respond/finish.ts',
    find: '  await ports.pager.page(left.page);\n',
    replace: '',
    also: {
      file: 'functions/respond/finish.ts',
      find: "    return change === undefined ? { ok: false, error: 'answered' } : ok(change);\n  });\n",
      replace:
        "    return change === undefined ? { ok: false, error: 'answered' } : ok(change);\n  });\n  await ports.pager.page(left.page);\n",
    },
    invariant: 'L5',
    by: { flow: 'respond: an alert, delivered once', faults: 1 },
  },
  {
    name: 'what a thief mints meanwhile is left Active',
    file: 'functions/core/response/key-orders.ts',
    find: "if (unknown.length > 0) return { do: 'extend', keyIds: unknown };",
    replace: "if (unknown.length > 0) return { do: 'nothing' };",
    invariant: 'S2',
    or: 'L4',
    by: { flow: 'respond: a stolen IAM key', faults: 0 },
  },
  {
    name: 'a release is finished by nobody',
    file: 'functions/core/response/key-orders.ts',
    find: "state: 'releasing', attempts: 0, dueAt: order.at + LEFT_MS }",
    replace: "state: 'releasing', attempts: 0, dueAt: Number.MAX_SAFE_INTEGER }",
    invariant: 'L5',
    by: { flow: 'sweep: a release of an IAM user was left half done', faults: 0 },
  },
  {
    name: 'the budget has no end',
    file: 'functions/core/response/budget.ts',
    find: 'return holdOf(candidate, dayWith(candidate, facts), budgets, policy.breaker);',
    replace: 'return undefined;',
    invariant: 'S9',
    by: { flow: 'respond: more than the budget', faults: 0 },
  },
  {
    name: 'nobody is protected',
    file: 'functions/core/response/ladder.ts',
    find: 'protectedPrincipals.includes(who.principal) || protectedPrincipals.includes(who.credential)',
    replace: 'false',
    invariant: 'S9',
    by: { flow: 'respond: a protected token', faults: 0 },
  },
  {
    name: 'our own calls are judged',
    file: 'functions/respond/judge.ts',
    find: 'if (ours.isExempt(fact.principal, fact.session)) continue;',
    replace: '',
    also: {
      file: 'functions/core/detection/judge-group.ts',
      find: 'const exempt = contracts.isExempt(obs.principal, obs.session);',
      replace: 'const exempt = false;',
    },
    invariant: 'S10',
    by: { flow: 'respond: our own calls come back', faults: 0 },
  },
  {
    name: 'a stranger who was not blocked gets the next value',
    file: DECIDE,
    find: "about === 'secret' && !blocked ? 'suspend' : rung",
    replace: 'rung',
    invariant: 'L4',
    by: { flow: 'respond: a stranger reads the secret', faults: 1 },
  },
  {
    name: 'a message that could not be judged is taken for done',
    file: 'functions/respond/run.ts',
    find: '      return false;\n    }\n  }',
    replace: '      return true;\n    }\n  }',
    invariant: 'L4',
    by: { flow: 'respond: more than the budget', faults: 1 },
  },
  {
    name: 'the value is in an error',
    file: 'functions/rotate/steps/create.ts',
    find: 'if (put.ok) return;',
    replace: "if (put.ok) throw new RotationError('value-missing', made.value.reveal());",
    invariant: 'S5',
    by: { flow: 'rotate', faults: 0 },
  },
  {
    name: 'a store that does not answer lets in',
    file: 'functions/authorize/answer.ts',
    find: 'return context === undefined ? { isAuthorized: false }',
    replace:
      "return !verdict.allow && verdict.reason === 'unavailable' ? ({ isAuthorized: true, context: { keyId: 'open' } } as never) : context === undefined ? { isAuthorized: false }",
    invariant: 'S11',
    by: { flow: 'authorize: a revoked token', faults: 1 },
  },
  {
    name: 'a fault goes out unclassified',
    file: 'functions/rotate/context.ts',
    find: "throw new RotationError('token-revoked', ",
    replace: 'throw new TypeError(',
    invariant: 'S13',
    by: { flow: 'rotate; before setSecret its token is revoked', faults: 1 },
  },
  {
    name: 'expiry waits for the sweep',
    file: 'functions/core/token/verify.ts',
    find: 'if (now >= version.expiresAt || now >= version.fields.hardMaxAt) {',
    replace: 'if (false) {',
    invariant: 'S11',
    by: { flow: 'authorize: an expired token', faults: 0 },
  },
  {
    name: 'a repeat of an Idempotency-Key ends nothing',
    file: 'functions/issue/clients.ts',
    find: 'ended?.ok ? ended.value : undefined',
    replace: 'undefined',
    invariant: 'S7',
    by: { flow: 'issue: shown once, asked again', faults: 0 },
  },
  {
    name: 'a cached record is believed whatever the feed says',
    file: VERIFIER,
    find: 'usable({ keyId, tag }, at.feed);',
    replace: 'true;',
    invariant: 'S2',
    or: 'S1',
    by: { histories: 60 },
  },
  {
    name: 'the feed is read once a container',
    file: VERIFIER,
    find: 'known !== undefined && ageOf(known) <= config.feedMaxAgeMs ? known : askFeed();',
    replace: 'known !== undefined ? known : askFeed();',
    invariant: 'S1',
    or: 'S2',
    by: { histories: 400 },
  },
  {
    name: 'a redeploy mints over a version that is not promoted yet',
    file: 'functions/issue/register.ts',
    find: "token.versions.find(({ state }) => state === 'pending');",
    replace: 'undefined;',
    invariant: 'S1',
    by: { flow: 'rotate: a redeploy while the label is ahead of the registry', faults: 0 },
  },
];

/** Has this process load files with their bug in them. @throws where the place of the bug is not what it was. */
export function plant({ also, ...first }: Plant): void {
  const edits = also === undefined ? [first] : [first, also];
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const edit = edits.find(({ file }) => url === new URL(`../../${file}`, import.meta.url).href);
      if (edit === undefined) return loaded;
      const { file, find, replace } = edit;
      const source = String(loaded.source);
      if (source.split(find).length !== 2) throw new Error(`${file} holds this not exactly once: ${find}`);
      return { ...loaded, source: source.replace(find, () => replace) };
    },
  });
}
