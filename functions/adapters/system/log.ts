import { Logger } from '@aws-lambda-powertools/logger';
import type { Log } from '#core/ports.ts';
import { printable, printableText } from './printable.ts';

export type LogLevel = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

/** A log whose lines carry the request they belong to. */
export interface RequestLog extends Log {
  /** Names the invocation that the following lines belong to. */
  request(requestId: string): void;
}

/**
 * One JSON object a line, of ids and reasons (AU-3). The caller's fields are under `fields`, where none can take
 * the place of the logger's own; all text passes {@link printable} first.
 */
export function createLog(options: { service: string; environment: string; level?: LogLevel }): RequestLog {
  const logger = new Logger({
    serviceName: options.service,
    logLevel: options.level ?? 'INFO',
    persistentKeys: { environment: options.environment },
  });
  const line = (
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): { message: string; fields?: unknown } => ({
    message: printableText(message),
    ...(fields === undefined ? {} : { fields: printable(fields) }),
  });
  return {
    info: (message, fields) => logger.info(line(message, fields)),
    warn: (message, fields) => logger.warn(line(message, fields)),
    error: (message, fields) => logger.error(line(message, fields)),
    request: (requestId) => logger.appendKeys({ requestId: printableText(requestId) }),
  };
}
