import { type ArgsDef, type CommandDef, defineCommand } from 'citty';
import type { OrderAction } from '#core/response/orders.ts';
import { COMMON, demandKnown, type Values } from './arguments.ts';
import { auditShow } from './audit.ts';
import type { ExitCode } from './fault.ts';
import { list } from './list.ts';
import { order } from './order.ts';
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

const audit: CommandDef<ArgsDef> = defineCommand<ArgsDef>({
  meta: { name: 'audit', description: 'What was done, by whom, and whether the record of it is whole' },
  subCommands: {
    show: verb(
      'show',
      'Audit records of one token or one incident',
      {
        token: { type: 'string', valueHint: 'id', description: 'Token id' },
        incident: { type: 'string', valueHint: 'id', description: 'Incident id' },
      },
      auditShow,
    ),
    verify: verb('verify', 'Check every hash chain against its head', {}, auditVerify),
  },
});

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
    release: ordering('release', 'End a suspension'),
    revoke: ordering('revoke', 'End a token, or one version of it, for good', {
      key: { type: 'string', valueHint: 'keyId', description: 'This version only' },
    }),
    reissue: ordering('reissue', 'End every version and make a new one at once'),
    audit,
    replay: replaying,
  },
});
