/**
 * What came in is no event of this function. Its senders send nothing else: a fault of the wiring, not of a caller.
 * The message names a field of the event, never its content.
 */
export class BadEventError extends TypeError {
  readonly code = 'bad-event';

  constructor(message: string) {
    super(message);
    this.name = 'BadEventError';
  }
}
