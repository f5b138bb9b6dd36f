import { printable, printableText } from '#adapters/system/printable.ts';
import type { Log } from '#core/ports.ts';
import { saveList } from './saved.ts';
import type { Restore } from './world.ts';

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface MemoryLog extends Log {
  readonly lines: readonly LogLine[];
  /** As it is now; see World.save. */
  save(): Restore;
  /** Every line as it would be printed: what a scan for planted secrets reads (S5). */
  text(): string;
}

/** A log that keeps its lines, made printable by the code that the real one uses. */
export function createMemoryLog(): MemoryLog {
  const lines: LogLine[] = [];
  const keep =
    (level: LogLine['level']): Log['info'] =>
    (message, fields) => {
      lines.push({
        level,
        message: printableText(message),
        fields: { ...(printable(fields ?? {}) as object) },
      });
    };
  return {
    lines,
    save: () => saveList(lines),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    text: () => lines.map((line) => JSON.stringify(line)).join('\n'),
  };
}
