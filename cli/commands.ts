import { type ArgsDef, type CommandDef, defineCommand } from 'citty';
import type { OrderAction } from '#core/response/orders.ts';
import { COMMON, demandKnown, type Values } from './arguments.ts';
import { auditShow } from './audit.ts';
import { auditCompare } from './compare.ts';
import { doctor } from './doctor.ts';
import { evidence, evidenceKey } from './evidence/collect.ts';
import { evidenceVerify } from './evidence/verify.ts';
import { auditExport, auditKey } from './export.ts';
import type { ExitCode } from './fault.ts';
import { incidentList, incidentOrder } from './incident.ts';
import { list } from './list.ts';
import { order } from './order.ts';
import { auditProve } from './prove.ts';
import { replay } from './replay/replay.ts';
import type { Session } from './session.ts';
import { show } from './show.ts';
import { auditVerify } from './verify.ts';

type Run = (values: Values, session: Session) => Promise<ExitCode>;

const principal = { type: 'string', valueHint: 'arn', description: 'Every token of this principal' } as const;

const ORDERED = {
  id: { type: 'positional', required: false, description: 'Token id' },
  principal,
  reason: { type: 'string', valueHint: 'text', description: 'Why; the audit keeps it (demanded)' },
  incident: { type: 'string', valueHint: 'id', description: 'Incident id (demanded)' },
  'dry-run': { type: 'boolean', default: false, description: 'Print the plan and do nothing' },
  yes: { type: 'boolean', default: false, description: 'Do not ask for the count' },
  wait: {
    type: 'boolean',
    default: true,
    description: 'Return when it is effective everywhere',
    negativeDescription: 'Return at once, before it is effective everywhere',
  },
  direct: {
    type: 'boolean',
    default: false,
    description:
      'By Lambda Invoke, when the API is down; the audit then names the invocation, CloudTrail the caller',
  },
  'api-url': { type: 'string', valueHint: 'url', description: 'Another address of the control API' },
} as const;

function verb(name: string, description: string, args: ArgsDef, run: Run): CommandDef<ArgsDef> {
  const all: ArgsDef = { ...args, ...COMMON };
  return defineCommand<ArgsDef>({
    meta: { name, description },
    args: all,
    run: ({ args: values, rawArgs, data }) => {
      demandKnown(rawArgs, all);
      return run(values as Values, data as Session);
    },
  });
}

const ordering = (action: OrderAction, description: string, more: ArgsDef = {}): CommandDef<ArgsDef> =>
  verb(action, description, { ...ORDERED, ...more }, (values, session) => order(action, values, session));

const { principal: _p, incident: _i, ...DECIDED } = ORDERED;

const deciding = (action: 'apply' | 'drop', description: string): CommandDef<ArgsDef> =>
  verb(
    action,
    description,
    { ...DECIDED, id: { type: 'positional', required: false, description: 'Incident id' } },
    (values, session) => incidentOrder(action, values, session),
  );

const incident: CommandDef<ArgsDef> = defineCommand<ArgsDef>({
  meta: { name: 'incident', description: 'What the circuit breaker holds for a person to decide' },
  subCommands: {
    list: verb('list', 'Held actions that nobody has decided about', {}, incidentList),
    apply: deciding('apply', 'Do what an incident holds'),
    drop: deciding('drop', 'Let what an incident holds be'),
  },
});

const audit: CommandDef<ArgsDef> = defineCommand<ArgsDef>({
  meta: { name: 'audit', description: 'What was done, by whom, and whether the record of it is whole' },
  subCommands: {
    show: verb(
      'show',
      'Who did what, when, from where, why, and what caused it',
      {
        token: { type: 'string', valueHint: 'id', description: 'Token id' },
        incident: { type: 'string', valueHint: 'id', description: 'Incident id' },
        principal,
        actor: {
          type: 'string',
          valueHint: 'id',
          description: 'Who did it: an ARN, or the name of a function',
        },
        from: { type: 'string', valueHint: 'time', description: 'Not before: ISO 8601' },
        to: { type: 'string', valueHint: 'time', description: 'Not after: ISO 8601' },
        bundle: { type: 'string', valueHint: 'dir', description: 'Of these files; no AWS' },
      },
      auditShow,
    ),
    verify: verb(
      'verify',
      'Check every hash chain against its head, or a sealed log against its key',
      {
        bundle: { type: 'string', valueHint: 'dir', description: 'The sealed log as files; no AWS' },
        vkey: {
          type: 'string',
          valueHint: 'file',
          description: 'The keys that must have signed it, a line each, in turn (with --bundle)',
        },
        since: {
          type: 'string',
          valueHint: 'file',
          description: 'A checkpoint seen before: the log must continue it',
        },
        'as-of': {
          type: 'string',
          valueHint: 'time',
          description:
            'When the bundle was exported; a log that ends earlier than it promised is stale. Default: now',
        },
      },
      auditVerify,
    ),
    export: verb(
      'export',
      'The sealed log as files',
      {
        out: {
          type: 'string',
          valueHint: 'dir',
          description: 'Where they go; what is there is kept (demanded)',
        },
        bucket: {
          type: 'string',
          valueHint: 'name',
          description: 'Its bucket, where another account holds it',
        },
      },
      auditExport,
    ),
    prove: verb(
      'prove',
      'Proofs, as JSON, that a record is in the sealed log and that the log continues a checkpoint',
      {
        record: {
          type: 'string',
          valueHint: 'shard/seq',
          description: 'Which, as audit show names it (demanded)',
        },
        bundle: { type: 'string', valueHint: 'dir', description: 'The sealed log as files (demanded)' },
        vkey: {
          type: 'string',
          valueHint: 'file',
          description: 'The keys that must have signed it, a line each, in turn (demanded)',
        },
        since: { type: 'string', valueHint: 'file', description: 'A checkpoint seen before' },
      },
      auditProve,
    ),
    compare: verb(
      'compare',
      'Hold the registry, or a restored one, against the sealed log, item by item',
      {
        bundle: { type: 'string', valueHint: 'dir', description: 'The sealed log as files (demanded)' },
        table: { type: 'string', valueHint: 'name', description: 'A restored table; default: the registry' },
        'as-of': {
          type: 'string',
          valueHint: 'time',
          description: 'The time that it was restored to (demanded with --table)',
        },
      },
      auditCompare,
    ),
    key: verb('key', 'The key of the sealed log, for --vkey: keep it away from the log', {}, auditKey),
  },
});

const proving: CommandDef<ArgsDef> = {
  ...verb(
    'evidence',
    'Have the controls judged from live state, and take the signed bundle away',
    {
      out: { type: 'string', valueHint: 'dir', description: 'Where the bundle goes (demanded)' },
      drill: {
        type: 'string',
        valueHint: 'file',
        description: 'What audit compare --json printed: the restore drill to report',
      },
      strict: { type: 'boolean', default: false, description: 'End in 1 where a check fails' },
    },
    evidence,
  ),
  subCommands: {
    verify: verb(
      'verify',
      'Check a bundle offline: signature, digests, references',
      {
        bundle: { type: 'string', valueHint: 'dir', description: 'The bundle (demanded)' },
        vkey: {
          type: 'string',
          valueHint: 'file',
          description: 'The key that must have signed it (demanded)',
        },
      },
      evidenceVerify,
    ),
    key: verb(
      'key',
      'The key that bundles are signed with, for --vkey: keep it away from them',
      {},
      evidenceKey,
    ),
  },
};

const REPLAY: ArgsDef = {
  paths: {
    type: 'positional',
    description: 'Files and folders: log files, ndjson of records or events; .gz too',
  },
  bindings: {
    type: 'string',
    valueHint: 'file',
    description: 'What was promised of credentials and secrets',
  },
  geo: {
    type: 'string',
    valueHint: 'file',
    description: 'Where addresses are: ndjson of CIDR blocks, or .mmdb',
  },
  format: { type: 'string', default: 'table', valueHint: 'table|ndjson', description: 'How to print' },
  summary: { type: 'string', valueHint: 'file', description: 'Write the counts there, as JSON' },
  html: { type: 'string', valueHint: 'file', description: 'Write a page with a timeline of each credential' },
};

const replaying: CommandDef<ArgsDef> = defineCommand<ArgsDef>({
  meta: {
    name: 'replay',
    description: 'Judge your own past CloudTrail as the responder would have; nothing is called or changed',
  },
  args: REPLAY,
  run: ({ args: values, rawArgs, data }) => {
    demandKnown(rawArgs, REPLAY, true);
    return replay(values as Values, data as Session);
  },
});

/** The whole command. */
export const TOKENWARD: CommandDef<ArgsDef> = defineCommand<ArgsDef>({
  meta: { name: 'tokenward', description: 'API tokens: look, rotate, stop, end, audit' },
  subCommands: {
    list: verb('list', 'All tokens', { principal }, list),
    show: verb(
      'show',
      'One token with its versions',
      { id: { type: 'positional', description: 'Token id, or a keyId' } },
      show,
    ),
    rotate: ordering('rotate', 'Make a new version now; the old one stays valid for the overlap'),
    suspend: ordering('suspend', 'Refuse every version until released', {
      until: { type: 'string', valueHint: 'time', description: 'Release by itself then: ISO 8601, UTC' },
    }),
    release: ordering('release', 'End a suspension, or the quarantine of an IAM user', {
      user: { type: 'string', valueHint: 'arn', description: 'This IAM user, which is in quarantine' },
    }),
    revoke: ordering('revoke', 'End a token, or one version of it, for good', {
      key: { type: 'string', valueHint: 'keyId', description: 'This version only' },
    }),
    reissue: ordering('reissue', 'End every version and make a new one at once'),
    incident,
    audit,
    doctor: verb(
      'doctor',
      'What this account’s trails leave unseen, and what an SCP must protect',
      {
        'break-glass': {
          type: 'string',
          valueHint: 'arn',
          description: 'The role that the SCP leaves free besides those that deploy',
        },
      },
      doctor,
    ),
    evidence: proving,
    replay: replaying,
  },
});
