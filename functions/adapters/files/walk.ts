import { createReadStream, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

/** One file to read, with its size as stored. */
export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Every file under the paths, folders searched to any depth, in the order of their names.
 *
 * @throws Error of the file system where a path is none
 */
export function walk(paths: readonly string[]): readonly FoundFile[] {
  return paths.flatMap((path) => {
    const found = statSync(path);
    if (!found.isDirectory()) return [{ path, bytes: found.size }];
    return globSync('**/*', { cwd: path })
      .sort()
      .map((name) => join(path, name))
      .flatMap((inside) => {
        const stat = statSync(inside);
        return stat.isFile() ? [{ path: inside, bytes: stat.size }] : [];
      });
  });
}

const GZIP = 0x1f8b;
const CHUNK_BYTES: number = 1024 * 1024;

/** A file's bytes piece by piece, unpacked where they are gzip, whatever the file is called. */
export async function* bytesOf(path: string, onRead: (bytes: number) => void): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  let told = 0;
  for await (const chunk of unpacked(file)) {
    yield chunk;
    onRead(file.bytesRead - told);
    told = file.bytesRead;
  }
}

/** Bytes piece by piece, unpacked where they begin as gzip does. */
export async function* unpacked(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const pieces = packed[Symbol.asyncIterator]();
  try {
    let head = Buffer.alloc(0);
    let done = false;
    while (!done && head.length < 2) {
      const piece = await pieces.next();
      if (piece.done === true) done = true;
      else head = Buffer.concat([head, piece.value]);
    }
    const all = (async function* (): AsyncGenerator<Buffer> {
      if (head.length > 0) yield head;
      while (!done) {
        const piece = await pieces.next();
        if (piece.done === true) return;
        yield piece.value;
      }
    })();
    if (head.length < 2 || head.readUInt16BE(0) !== GZIP) yield* all;
    else yield* inflated(all);
  } finally {
    await pieces.return?.();
  }
}

/** A fault of either side reaches whoever reads. */
async function* inflated(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const inflate = createGunzip({ chunkSize: CHUNK_BYTES });
  const piped = pipeline(packed, inflate);
  piped.catch(() => {});
  for await (const chunk of inflate) yield chunk as Buffer;
  await piped;
}
