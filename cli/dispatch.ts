import { stripVTControlCharacters } from 'node:util';
import { type ArgsDef, type CommandDef, renderUsage, runCommand } from 'citty';
import { demandNoToken } from './arguments.ts';
import { TOKENWARD } from './commands.ts';
import { CliError, EXIT, EXIT_HELP, type ExitCode, explain } from './fault.ts';
import { safe } from './print.ts';
import type { Session } from './session.ts';

type Command = CommandDef<ArgsDef>;

interface Found {
  readonly command: Command;
  readonly parent: Command | undefined;
  /** What comes after the command's own words. */
  readonly rest: readonly string[];
  /** A word where a command was expected. */
  readonly unknown?: string;
}

/** Runs one command line and says how it ended; faults become one line on stderr and never a stack. */
export async function dispatch(argv: readonly string[], session: Session): Promise<ExitCode> {
  const found = find(argv);
  const help = argv.some((arg) => arg === '--help' || arg === '-h');
  try {
    for (const arg of argv) demandNoToken(arg);
    if (help) {
      session.out(await helpOf(found, session));
      return EXIT.done;
    }
    if (found.command.run === undefined || (found.unknown !== undefined && !found.unknown.startsWith('-'))) {
      session.err(await helpOf(found, session));
      throw new CliError(
        'usage',
        found.unknown === undefined ? 'no command given' : `no command ${safe(found.unknown)}`,
      );
    }
    // A word after an option is that option's; citty would take it for the name of an inner command.
    const { subCommands: _, ...command } = found.command;
    const { result } = await runCommand(command, { rawArgs: [...found.rest], data: session });
    return result as ExitCode;
  } catch (fault) {
    const { code, message } = usageFault(fault) ?? explain(fault, environmentOf(argv));
    session.err(`tokenward: ${safe(message)}`);
    return EXIT[code];
  }
}

function find(argv: readonly string[]): Found {
  let command = TOKENWARD;
  let parent: Command | undefined;
  for (const [index, word] of argv.entries()) {
    const inner = command.subCommands as Readonly<Record<string, Command>> | undefined;
    if (inner === undefined) return { command, parent, rest: argv.slice(index) };
    const next = Object.hasOwn(inner, word) ? inner[word] : undefined;
    if (next === undefined) return { command, parent, rest: argv.slice(index), unknown: word };
    parent = command;
    command = next;
  }
  return { command, parent, rest: [] };
}

async function helpOf({ command, parent }: Found, session: Session): Promise<string> {
  const text = `${await renderUsage(command, parent)}\n\n${EXIT_HELP}\n`;
  return session.colour ? text : stripVTControlCharacters(text);
}

/** citty throws its own class, which it does not export. */
function usageFault(fault: unknown): CliError | undefined {
  if (!(fault instanceof Error) || fault.name !== 'CLIError') return undefined;
  return new CliError('usage', `${stripVTControlCharacters(fault.message)}: see --help`, { cause: fault });
}

function environmentOf(argv: readonly string[]): string {
  const at = argv.findIndex((arg) => arg === '--env' || arg.startsWith('--env='));
  if (at < 0) return 'dev';
  return argv[at]?.split('=')[1] ?? argv[at + 1] ?? 'dev';
}
