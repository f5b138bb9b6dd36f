import { parseBindings } from '#core/detection/bindings-file.ts';
import { type Contracts, NO_CONTRACTS } from '#core/detection/contract.ts';
import type { World } from '#core/detection/judge-group.ts';
import { type Atlas, NO_ATLAS } from '#core/detection/place.ts';
import type { Partials } from '#core/detection/ports.ts';
import { REPLAY_LADDER } from '#core/response/ladder.ts';

/** Where the work bucket may hold what the CLI takes as `--bindings` and `--geo`. */
const [BINDINGS, GEO] = ['bindings.json', 'geo.mmdb'];

/** A bindings file that cannot be used; the message names its field. */
export class BindingsError extends Error {
  readonly code = 'bad-bindings';

  constructor(message: string) {
    super(message);
    this.name = 'BindingsError';
  }
}

/**
 * What all steps judge by: the bindings and places that the work bucket holds, read once a container; without them,
 * what needs none.
 *
 * @throws BindingsError
 */
export function createWorld(partials: Partials, atlasOf: (bytes: Buffer) => Atlas): () => Promise<World> {
  let known: Promise<World> | undefined;
  const found = async (name: string): Promise<Buffer | undefined> => {
    for await (const each of partials.names(name)) if (each === name) return partials.read(name);
    return undefined;
  };
  const read = async (): Promise<World> => {
    const [bindings, geo] = [await found(BINDINGS), await found(GEO)];
    return {
      policy: REPLAY_LADDER,
      contracts: bindings === undefined ? NO_CONTRACTS : contractsOf(bindings),
      atlas: geo === undefined ? NO_ATLAS : atlasOf(geo),
    };
  };
  return () => {
    known ??= read().catch((fault: unknown) => {
      known = undefined;
      throw fault;
    });
    return known;
  };
}

function contractsOf(bytes: Buffer): Contracts {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new BindingsError(`${BINDINGS} is no JSON`);
  }
  const parsed = parseBindings(value);
  if (parsed.ok) return parsed.value;
  const { field, problem, fix } = parsed.error;
  throw new BindingsError(`${BINDINGS}: ${field}: ${problem}; ${fix}`);
}
