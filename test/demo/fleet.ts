/** Tokens that one thief will hold at once. */
export const FLEET: readonly string[] = ['fleet-1', 'fleet-2', 'fleet-3', 'fleet-4', 'fleet-5', 'fleet-6'];

/** The user whose key reads them. */
export const FLEET_READER = 'fleet';
