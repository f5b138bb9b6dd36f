import { escaped } from '#core/audit/printable.ts';
import { Secret } from '#core/secret.ts';
import { withoutSecrets } from '#core/token/format.ts';

const DEPTH_MAX = 6;
const ITEMS_MAX = 64;
const TEXT_MAX = 2048;
const CAUSES_MAX = 4;

/**
 * Text in which nothing can forge a line or reverse its reading: such characters become `\u{…}` (CWE-117). A token
 * in it loses its secret (S5): what others send may hold one anywhere.
 */
export function printableText(text: string): string {
  const safe = withoutSecrets(text);
  return escaped(safe.length <= TEXT_MAX ? safe : `${safe.slice(0, TEXT_MAX)}… (${safe.length} characters)`);
}

/**
 * Whatever a log field holds, as plain data that is safe to print: secrets and bytes never, strings escaped,
 * depth, width and length bounded, cycles cut by the depth. Total: it never throws.
 */
export function printable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return printableText(value);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || value === undefined || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (value instanceof Secret) return value.toString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[no date]' : value.toISOString();
  if (depth >= DEPTH_MAX) return '[deeper]';
  try {
    if (value instanceof Error) return printableError(value, depth);
    const items = value instanceof Map || value instanceof Set ? [...value] : value;
    return Array.isArray(items) ? printableList(items, depth) : printableObject(items, depth);
  } catch {
    return '[unreadable]';
  }
}

function printableList(items: readonly unknown[], depth: number): unknown[] {
  const shown = items.slice(0, ITEMS_MAX).map((item) => printable(item, depth + 1));
  return items.length > ITEMS_MAX ? [...shown, `… (${items.length} items)`] : shown;
}

function printableObject(object: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(object);
  const shown = entries
    .slice(0, ITEMS_MAX)
    .map(([name, item]): [string, unknown] => [printableText(name), printable(item, depth + 1)]);
  return Object.fromEntries(
    entries.length > ITEMS_MAX ? [...shown, ['…', `${entries.length} fields`]] : shown,
  );
}

/**
 * Name, code, message, where it was thrown, and its causes. Nothing else of it: SDK errors carry the request, and
 * a request may carry a value.
 */
function printableError(error: Error, depth: number, causes = 0): Record<string, unknown> {
  const code: unknown = 'code' in error ? error.code : undefined;
  const thrownAt = error.stack?.split('\n').find((line) => /^\s+at /.test(line));
  const { cause } = error;
  return {
    name: printableText(error.name),
    ...(typeof code === 'string' ? { code: printableText(code) } : {}),
    message: printableText(error.message),
    ...(thrownAt === undefined ? {} : { thrownAt: printableText(thrownAt.trim()) }),
    ...(cause instanceof Error && causes < CAUSES_MAX
      ? { cause: printableError(cause, depth, causes + 1) }
      : {}),
  };
}
