import { PART_NUMBERS } from '#core/detection/parts.ts';

/** Files that one call reads: a file holds a few minutes of one account and region. */
const FILES_EACH = 200;

/** Calls at once, of files. */
export const READERS_MOST = 100;

/** Calls at once, of parts. */
const JUDGES_MOST = 16;

const DAY_SECONDS = 86_400;

/** What fails once is tried again: each step leaves the same under the same names. */
const RETRY = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, BackoffRate: 2, MaxAttempts: 5 }];

/**
 * The state machine of a replay in the Amazon States Language. Its input is `{"prefix": "AWSLogs/…/"}`, below which
 * every file is read; an execution's name is its run's.
 *
 * Read all files, a few hundred a call; judge each part of the groups; join by credential; and judge again what
 * inherits from a suspect, as long as something new does.
 */
export function definitionOf(of: {
  readonly partition: string;
  readonly trailBucket: string;
  readonly workBucket: string;
  readonly functionArn: string;
}): unknown {
  const task = (Parameters: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
    Type: 'Task',
    Resource: of.functionArn,
    Parameters,
    Retry: RETRY,
  });
  return {
    StartAt: 'Files',
    TimeoutSeconds: 2 * DAY_SECONDS,
    States: {
      Files: {
        Type: 'Map',
        MaxConcurrency: READERS_MOST,
        ItemReader: {
          Resource: `arn:${of.partition}:states:::s3:listObjectsV2`,
          Parameters: { Bucket: of.trailBucket, 'Prefix.$': '$.prefix' },
        },
        ItemBatcher: { MaxItemsPerBatch: FILES_EACH, BatchInput: { 'run.$': '$$.Execution.Name' } },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Read',
          States: {
            Read: {
              ...task({ step: 'read', 'run.$': '$.BatchInput.run', 'Items.$': '$.Items' }),
              End: true,
            },
          },
        },
        // The answers of thousands of calls would be too much for a state's output.
        ResultWriter: {
          Resource: `arn:${of.partition}:states:::s3:putObject`,
          Parameters: { Bucket: of.workBucket, Prefix: 'runs/maps' },
        },
        ResultPath: null,
        Next: 'Begin',
      },
      Begin: {
        Type: 'Pass',
        Parameters: { 'run.$': '$$.Execution.Name', parts: PART_NUMBERS, join: { round: 0 } },
        Next: 'Parts',
      },
      Parts: {
        Type: 'Map',
        MaxConcurrency: JUDGES_MOST,
        ItemsPath: '$.parts',
        ItemSelector: { 'run.$': '$.run', 'round.$': '$.join.round', 'part.$': '$$.Map.Item.Value' },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Judge',
          States: {
            Judge: {
              ...task({ step: 'judge', 'run.$': '$.run', 'round.$': '$.round', 'part.$': '$.part' }),
              End: true,
            },
          },
        },
        ResultPath: null,
        Next: 'Join',
      },
      Join: {
        ...task({
          step: 'join',
          'run.$': '$.run',
          'round.$': '$.join.round',
          'startedAt.$': '$$.Execution.StartTime',
        }),
        ResultPath: '$.join',
        Next: 'Inherited',
      },
      Inherited: {
        Type: 'Choice',
        Choices: [{ Variable: '$.join.more', BooleanEquals: true, Next: 'Parts' }],
        Default: 'Done',
      },
      Done: { Type: 'Succeed' },
    },
  };
}
