import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/**
 * A value that must never be printed. String conversion, template strings, JSON, `console.log` and error
 * messages all give `[redacted]`; the plaintext leaves through {@link Secret.reveal} alone, so that every
 * place where it does can be found by one search (IA-5(7)).
 *
 * @example
 * const token = Secret.of('twd_…');
 * `${token}`; // '[redacted]'
 */
export class Secret<T extends string | Uint8Array = string> {
  readonly #value: T;

  private constructor(value: T) {
    this.#value = value;
  }

  static of<T extends string | Uint8Array>(value: T): Secret<T> {
    return new Secret(value);
  }

  /** The plaintext. Call it only to hand the value to the vault, to a MAC, or to the one response that carries it. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  static {
    Object.defineProperty(Secret.prototype, inspect.custom, { value: (): string => REDACTED });
  }
}
