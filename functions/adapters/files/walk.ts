import { createReadStream, globSync, type ReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { createGunzip, type Gunzip } from 'node:zlib';

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
  const packed = (await firstBytes(path)) === GZIP;
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  let told = 0;
  for await (const chunk of packed ? unpack(file) : file) {
    yield chunk as Buffer;
    onRead(file.bytesRead - told);
    told = file.bytesRead;
  }
}

function unpack(file: ReadStream): Gunzip {
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
  file.once('error', (fault) => unpacked.destroy(fault));
  return file.pipe(unpacked);
}

async function firstBytes(path: string): Promise<number> {
  for await (const chunk of createReadStream(path, { end: 1 })) {
    return (chunk as Buffer).length === 2 ? (chunk as Buffer).readUInt16BE(0) : 0;
  }
  return 0;
}
