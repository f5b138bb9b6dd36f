/**
 * Whether an event matches an EventBridge pattern, as AWS documents them: every field named must hold one of the
 * listed values; `$or`; `prefix`, `wildcard`, `exists`, `anything-but`. What is not known here is refused, never passed.
 */
export function matches(pattern: unknown, event: unknown): boolean {
  return Object.entries(pattern as object).every(([name, inner]) => {
    if (name === '$or') return (inner as unknown[]).some((one) => matches(one, event));
    const held = (Array.isArray(event) ? event : [event]).map((one) =>
      typeof one === 'object' && one !== null ? (one as Record<string, unknown>)[name] : undefined,
    );
    if (!Array.isArray(inner)) return held.some((value) => value !== undefined && matches(inner, value));
    const values = held.flat();
    return inner.some((wanted) => values.some((value) => holds(wanted, value)));
  });
}

function holds(wanted: unknown, value: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === value;
  const [entry] = Object.entries(wanted);
  const [name, operand] = entry ?? [];
  const text = typeof value === 'string' ? value : undefined;
  switch (name) {
    case 'exists':
      return (value !== undefined) === operand;
    case 'prefix':
      return text?.startsWith(operand) ?? false;
    case 'wildcard':
      return new RegExp(`^${operand.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(
        text ?? '',
      );
    case 'anything-but':
      return text !== undefined && !operand.includes(text);
    default:
      throw new Error(`no such comparison: ${name}`);
  }
}
