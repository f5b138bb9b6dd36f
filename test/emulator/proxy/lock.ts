/** Many readers or one writer, first come, first served. */
export interface Lock {
  readonly shared: <T>(work: () => Promise<T>) => Promise<T>;
  readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Makes a lock nobody holds. */
export function createLock(): Lock {
  let readers: Promise<unknown>[] = [];
  let writer: Promise<unknown> = Promise.resolve();

  const shared = async <T>(work: () => Promise<T>): Promise<T> => {
    const run = writer.then(work);
    const settled = run.catch(() => undefined);
    readers.push(settled);
    void settled.then(() => {
      readers = readers.filter((each) => each !== settled);
    });
    return run;
  };

  const exclusive = async <T>(work: () => Promise<T>): Promise<T> => {
    const before = Promise.all([writer, ...readers]);
    const run = before.then(work);
    writer = run.catch(() => undefined);
    return run;
  };

  return { shared, exclusive };
}
