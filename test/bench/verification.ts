import type { Figure, Line } from './figure.ts';
import { type Middle, middle, race, ratio } from './paired.ts';
import {
  createBench,
  createPeers,
  fullFeed,
  macAlone,
  macWithImportedKey,
  verifying,
} from './verification-subjects.ts';

const TOKENS = 200;

/** Fewer of what is slow: a round of each should end before the machine turns to something else. */
const PEER_TOKENS = 25;

/**
 * A first sight checks two MACs: the token's, and the seal over what the record grants. Node's own two functions
 * are raced once with the key as bytes, as the pepper comes from KMS, and once with the key imported beforehand.
 */
export const VERIFICATION: Line = {
  name: 'verification',
  says: `parse, checksum, record read, seal and token MAC, state, expiry, audience, scope, one network, feed; ports in
  memory at zero latency, pepper unwrapped, feed known (one read in ${TOKENS}). Not included: network, decoding of the item.
  Aimed at and missed: a first sight in 0.1 of RS256 by aws-jwt-verify; why is in docs/decisions/0009-verification-cost.md.`,
  async measure(effort) {
    const bench = await createBench(TOKENS);
    const { texts } = bench;
    const known = bench.verifier();
    const feed = fullFeed();
    const wrongCheck = texts.map((text) => text.slice(0, -1) + (text.endsWith('0') ? '1' : '0'));
    const noToken = texts.map((text) => `ghp${text.slice(3)}`);
    const times = await race(
      {
        mac: macAlone(texts, bench.pepper),
        imported: macWithImportedKey(texts, bench.pepper),
        first: verifying(texts, () => bench.verifier()),
        feedEach: verifying(texts, () => bench.verifier({ feedMaxAgeMs: 0 })),
        feedFull: verifying(texts, () => bench.verifier({ feed })),
        decoding: verifying(texts, () => bench.verifier({ decoding: true })),
        repeat: verifying(texts, () => known),
        checksum: verifying(wrongCheck, () => known, false),
        malformed: verifying(noToken, () => known, false),
        ...(await createPeers(PEER_TOKENS)),
      },
      effort === 'quick' ? 25 : 151,
      effort === 'quick' ? 15 : 60,
    );
    const before = bench.reads();
    await verifying([...wrongCheck, ...noToken], () => bench.verifier(), false).run();
    const garbageReads = bench.reads() - before;

    const full = (limit: number): number | undefined => (effort === 'full' ? limit : undefined);
    const figure = (name: string, { value, spread }: Middle, limit?: number): Figure => ({
      name: `verification/${name}`,
      value,
      unit: '×',
      spread,
      ...(limit === undefined ? {} : { limit }),
    });
    const jwt = times['aws-jwt-verify'];
    const { first, repeat, mac, imported } = times;
    return [
      figure('first sight ÷ createHmac, key as bytes', ratio(first, mac), 1.25),
      figure('first sight ÷ createHmac, key imported', ratio(first, imported), full(5)),
      figure('first sight ÷ aws-jwt-verify RS256', ratio(first, jwt), full(0.2)),
      figure('first sight ÷ jose RS256', ratio(first, times.jose)),
      figure('first sight ÷ prefixed-api-key', ratio(first, times['prefixed-api-key'])),
      figure('repeat ÷ first sight', ratio(repeat, first), full(0.75)),
      figure('repeat ÷ createHmac, key as bytes', ratio(repeat, mac), full(0.5)),
      figure('repeat ÷ createHmac, key imported', ratio(repeat, imported)),
      figure('repeat ÷ aws-jwt-verify RS256', ratio(repeat, jwt), full(0.1)),
      figure('no token ÷ createHmac, key as bytes', ratio(times.malformed, mac), 0.25),
      figure('no token ÷ createHmac, key imported', ratio(times.malformed, imported), 0.25),
      figure('wrong checksum ÷ createHmac, key as bytes', ratio(times.checksum, mac), 0.25),
      figure('wrong checksum ÷ createHmac, key imported', ratio(times.checksum, imported)),
      { name: 'verification/garbage, reads', value: garbageReads, unit: 'reads', limit: 0 },
      figure('feed read each time ÷ first sight', ratio(times.feedEach, first)),
      figure('feed full ÷ first sight', ratio(times.feedFull, first)),
      figure('item decoded ÷ first sight', ratio(times.decoding, first)),
      { ...figure('first sight, time', middle(first)), unit: 'µs', local: true },
      { ...figure('repeat, time', middle(repeat)), unit: 'µs', local: true },
      { ...figure('aws-jwt-verify, time', middle(jwt)), unit: 'µs', local: true },
    ];
  },
};
