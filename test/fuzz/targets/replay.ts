import { indexContracts } from '#core/detection/contract.ts';
import type { World as Judging } from '#core/detection/judge-group.ts';
import { REPLAY_LADDER } from '#core/response/ladder.ts';
import { createRecordStream } from '#events/trail/stream.ts';
import { createFold } from '#functions/replay/fold.ts';
import { judgeAll } from '#functions/replay/judge.ts';
import { lineOf } from '#functions/replay/summary.ts';
import { at, textAt } from '../at.ts';
import { openTown } from '../bench.ts';
import { inheritsStrangely } from '../prototypes.ts';
import { records } from '../samples/cloudtrail.ts';
import type { Opened, Outcome, Target } from '../target.ts';
import { Nested } from '../tree.ts';
import { type Heard, Violation } from '../watch.ts';

/** What is told of a file: how many records, how many were read, by which fields the others were refused. */
interface Told {
  readonly events: number;
  readonly parsed: number;
  readonly rejected: string;
}

const NO_SCRATCH = { append: () => {}, read: () => Buffer.alloc(0) };

/** A file of records, in pieces, through the engine to its verdicts. */
export function readFile(file: Buffer, piece: number, judging: Judging): Told {
  const rejected = new Set<string>();
  const fold = createFold(NO_SCRATCH, judging.contracts);
  let events = 0;
  let parsed = 0;
  const stream = createRecordStream((reading) => {
    events++;
    if (inheritsStrangely(reading)) throw new Violation('prototype', 'a reading inherits from its record');
    if (!reading.ok) {
      rejected.add(reading.error.field);
      return;
    }
    parsed++;
    for (const fact of reading.value.facts) fold.add(fact);
  });
  for (let start = 0; start < file.length; start += piece) stream.push(file.subarray(start, start + piece));
  stream.end();
  for (const verdict of judgeAll(fold, judging).verdicts) {
    if (inheritsStrangely(lineOf(verdict)))
      throw new Violation('prototype', 'a verdict inherits from a record');
  }
  return { events, parsed, rejected: [...rejected].join() };
}

const PIECE_LEAST = 16;

function judge({ answer, fault, changed }: Heard): Outcome {
  if (fault !== undefined) throw new Violation('unclassified', 'a file of records made the engine throw');
  if (changed) throw new Violation('state', 'a replay changed something');
  const events = at(answer, 'events');
  const fields = textAt(answer, 'rejected');
  if (!/^[A-Za-z ,]*$/.test(fields))
    throw new Violation('secret', 'a refusal names what is no field of ours');
  if (events === 0) return { name: 'no record', refused: true };
  return {
    name:
      fields === '' ? 'read' : events === at(answer, 'parsed') ? 'read' : `refused: ${fields.split(',')[0]}`,
    refused: true,
  };
}

/** CloudTrail's log files, as `tokenward replay` reads them: cut into records, read, and judged by the engine. */
export function replayTarget(read: typeof readFile = readFile): Target {
  async function open(): Promise<Opened> {
    const { world, ports, arns, tokens } = await openTown();
    const { orders = '' } = arns;
    const secret = {
      secret: orders,
      readers: [],
      canary: false,
      owner: 'o',
      currentVersion: null,
      versions: [],
    };
    const judging: Judging = {
      policy: REPLAY_LADDER,
      contracts: indexContracts([], [secret], []),
      atlas: () => ({ asn: 'AS64500', country: 'DE' }),
    };
    const details = records(arns, '').map((record) => at(record, 'detail'));
    return {
      world,
      ports,
      tokens,
      async run(event) {
        const piece = at(event, 'piece');
        const size = Number.isInteger(piece) && Number(piece) >= PIECE_LEAST ? Number(piece) : 65_536;
        return read(Buffer.from(textAt(event, 'file')), size, judging);
      },
      judge,
      samples: [
        ...details.map((detail) => ({ piece: 65_536, file: new Nested({ Records: [detail] }) })),
        ...details.map((detail) => ({ piece: 64, file: new Nested(detail) })),
        { piece: 1_000, file: new Nested({ Records: details }) },
        { piece: 1_000, file: new Nested(records(arns, '')) },
      ],
    };
  }
  return {
    name: 'replay',
    open,
    most: { calls: 0, said: 8_192 },
    meets: ['read', 'no record', 'refused: json', 'refused: eventName', 'refused: eventTime'],
  };
}
