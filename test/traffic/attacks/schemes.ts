import { canary, insiderReader, oldVersion, slowSweep } from './contract.ts';
import { manyKeys, noiseFlood } from './crowd.ts';
import { mintedKey, privilegePersistence, tampering } from './foothold.ts';
import type { AttackKind } from './kinds.ts';
import { deniedRecon, reconThenSweep, secretsSweep } from './recon.ts';
import { dormantWoken, keyAbroad, quietTheft, sessionReplay, torHosting, youngKey } from './stolen-key.ts';
import type { Attack, Plot } from './thief.ts';

/** How each kind of attack is staged; undefined where the cast has nobody left to be its victim. */
export const SCHEMES: Readonly<Record<AttackKind, (plot: Plot) => Attack | undefined>> = {
  'key-abroad': keyAbroad,
  'quiet-theft': quietTheft,
  'secrets-sweep': secretsSweep,
  'recon-then-sweep': reconThenSweep,
  'denied-recon': deniedRecon,
  'minted-key': mintedKey,
  canary,
  'old-version': oldVersion,
  'insider-reader': insiderReader,
  tampering,
  'noise-flood': (plot) => noiseFlood(plot),
  'many-keys': manyKeys,
  'privilege-persistence': privilegePersistence,
  'dormant-woken': dormantWoken,
  'session-replay': sessionReplay,
  'tor-hosting': torHosting,
  'slow-sweep': slowSweep,
  'young-key': youngKey,
};

/** Kinds that take many credentials at a time: one such attack in a world is enough. */
export const CROWDED: readonly AttackKind[] = ['noise-flood', 'many-keys'];
