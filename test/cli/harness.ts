import type { LogReader } from '#adapters/s3/log-reader.ts';
import type { Deployment, RegistryReads, Where } from '#cli/deployment.ts';
import { dispatch } from '#cli/dispatch.ts';
import { type OrderReply, readReply } from '#cli/reply.ts';
import type { TrailFacts } from '#core/posture/trail.ts';
import type { NoteKey } from '#core/seal/note.ts';
import type { ReportEvent } from '#events/report.ts';
import type { Reported } from '#functions/report/run.ts';
import { answer } from '#functions/revoke/answer.ts';
import { createSystem, type System, TIMING } from '#test/loop/system.ts';

/** What one command line did: its exit code, what it printed, what it was asked and what it sent. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly asked: readonly string[];
  readonly sent: readonly { readonly body: Readonly<Record<string, unknown>>; readonly direct: boolean }[];
  readonly where: readonly Where[];
}

export interface Desk {
  readonly system: System;
  /** Stands before the registry or the order, to fail it. */
  fault: (() => Error) | undefined;
  /** Stands in for the registry that the next commands read. */
  reads: Partial<RegistryReads>;
  /** The sealed log that `audit export` and `audit key` find. */
  log: { readonly reader: LogReader; readonly key: NoteKey } | undefined;
  /** What `doctor` finds of trails. */
  trails: readonly TrailFacts[];
  /** The report that `evidence` has made, the files it finds, and their key. */
  report:
    | {
        readonly make: (asked: ReportEvent) => Promise<Reported>;
        readonly reader: LogReader;
        readonly key: NoteKey;
      }
    | undefined;
  /** `typed`: there is a terminal, and this is typed at it; `null`: cancelled. */
  run(line: readonly string[], typed?: string | null): Promise<Ran>;
}

/** The command over a registry in memory and the real `revoke`, answering as through its two doors. */
export function createDesk(system: System = createSystem()): Desk {
  const config = TIMING;
  const { ports } = system;
  const desk: Desk = {
    system,
    fault: undefined,
    reads: {},
    log: undefined,
    trails: [],
    report: undefined,
    async run(line, typed) {
      const [out, err, asked]: string[][] = [[], [], []];
      const sent: { body: Readonly<Record<string, unknown>>; direct: boolean }[] = [];
      const where: Where[] = [];
      const deployment: Deployment = {
        async registry() {
          if (desk.fault !== undefined) throw desk.fault();
          return { ...ports.registry, ...desk.reads };
        },
        log: async () => demandLog(desk).reader,
        logKey: async () => demandLog(desk).key,
        async posture() {
          if (desk.fault !== undefined) throw desk.fault();
          const here = { partition: 'aws', account: '111122223333', region: 'eu-west-1' };
          return { ...here, trails: { trails: async () => desk.trails } };
        },
        report: async (asked) => demandReport(desk).make(asked),
        evidence: async () => demandReport(desk).reader,
        evidenceKey: async () => demandReport(desk).key,
        async order(body, direct) {
          sent.push({ body, direct });
          if (desk.fault !== undefined) throw desk.fault();
          return ask(body, direct);
        },
      };
      const ask = async (body: Readonly<Record<string, unknown>>, direct: boolean): Promise<OrderReply> => {
        const reply = await answer(direct ? body : posted(body), 'invocation-1', ports, config);
        return 'statusCode' in reply
          ? readReply(reply.statusCode, reply.body)
          : readReply(200, JSON.stringify(reply));
      };
      const code = await dispatch(line, {
        out: (text) => out?.push(text),
        err: (text) => err?.push(text),
        colour: false,
        interactive: typed !== undefined,
        ask: async (question) => {
          asked?.push(question);
          return typed ?? undefined;
        },
        now: () => system.world.clock.now(),
        connect: (to) => {
          where.push(to);
          return deployment;
        },
      });
      return {
        code,
        out: out?.join('\n') ?? '',
        err: err?.join('\n') ?? '',
        asked: asked ?? [],
        sent,
        where,
      };
    },
  };
  return desk;
}

function demandLog({ log }: Desk): NonNullable<Desk['log']> {
  if (log === undefined) throw new Error('this desk has no sealed log');
  return log;
}

function demandReport({ report }: Desk): NonNullable<Desk['report']> {
  if (report === undefined) throw new Error('this desk has no report');
  return report;
}

/** The event that API Gateway makes of a signed POST. */
function posted(body: unknown): unknown {
  return {
    httpMethod: 'POST',
    path: '/revocations',
    headers: {},
    body: JSON.stringify(body),
    requestContext: {
      requestId: 'request-1',
      identity: {
        userArn: 'arn:aws:sts::111122223333:assumed-role/tokenward-dev-responder/ann',
        caller: 'AROAEXAMPLE:ann',
        accountId: '111122223333',
        sourceIp: '203.0.113.7',
      },
    },
  };
}
