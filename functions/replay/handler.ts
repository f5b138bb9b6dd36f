import { replayConfig } from '#adapters/config.ts';
import { createFileScratch } from '#adapters/files/scratch.ts';
import { atlasOfMmdb } from '#adapters/geo/mmdb.ts';
import { createReplayClient } from '#adapters/s3/client.ts';
import { createPartials } from '#adapters/s3/partials.ts';
import { createTrailFiles } from '#adapters/s3/trail-files.ts';
import { createBasics, type InvocationContext, invocation } from '#adapters/wire.ts';
import { parseReplayEvent } from '#events/replay.ts';
import { joinStep, judgeStep, readStep } from './steps.ts';
import { createWorld } from './world.ts';

const config = replayConfig(process.env);
const basics = createBasics('replay', config);
const client = createReplayClient();
const partials = createPartials(client, config.workBucket);
const trail = createTrailFiles(client, config.trailBucket);
const worlds = createWorld(partials, atlasOfMmdb);

/** A step of a replay over the trail's bucket; its results are in the work bucket. */
export const handler: (event: unknown, context: InvocationContext) => Promise<unknown> = invocation(
  basics,
  async (event) => {
    const asked = parseReplayEvent(event);
    const job = { run: asked.run, partials, world: await worlds() };
    if (asked.step === 'judge') return judgeStep(job, asked);
    if (asked.step === 'join') return joinStep(job, { ...asked, now: basics.clock.now() });
    const scratch = createFileScratch();
    try {
      return await readStep(job, { keys: asked.keys, trail, scratch });
    } finally {
      scratch.clear();
    }
  },
);
