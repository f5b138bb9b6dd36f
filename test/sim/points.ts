import type { PortCall } from '#test/ports/world.ts';

/** What a port call is made of on AWS, and what may befall it there. */
export interface Point {
  /** The SDK commands behind it, as `functions/adapters/` sends them. */
  readonly commands: readonly string[];
  /** Reads change nothing: whether one took effect before it failed is no matter. */
  readonly effect: 'read' | 'write';
  /** What AWS may answer from a moment ago: index reads, Secrets Manager, and IAM. */
  readonly stale?: 'index' | 'vault' | 'iam';
}

const READ = { effect: 'read' } as const;
const WRITE = { effect: 'write' } as const;

/**
 * Every call of the world that a function of ours makes, by `port.method`. `points.test.ts` holds the commands
 * against those that the bundles contain: a call that goes round the ports would be in a bundle and not here.
 */
export const POINTS: Readonly<Record<string, Point>> = {
  'registry.get': { commands: ['GetItemCommand'], ...READ },
  'registry.getMany': { commands: ['BatchGetItemCommand'], ...READ },
  'registry.feed': { commands: ['GetItemCommand'], ...READ },
  'registry.due': { commands: ['QueryCommand'], ...READ, stale: 'index' },
  'registry.tokens': { commands: ['QueryCommand', 'ScanCommand'], ...READ, stale: 'index' },
  // The head and the feed are read first; the adapter's own tests fail each of the two apart.
  'registry.commit': { commands: ['GetItemCommand', 'TransactWriteItemsCommand'], ...WRITE },
  'registry.remember': { commands: ['PutItemCommand'], ...WRITE },
  'vault.describe': { commands: ['DescribeSecretCommand'], ...READ, stale: 'vault' },
  'vault.value': { commands: ['GetSecretValueCommand'], ...READ, stale: 'vault' },
  'vault.put': { commands: ['PutSecretValueCommand'], ...WRITE },
  'vault.moveCurrent': { commands: ['UpdateSecretVersionStageCommand'], ...WRITE },
  'vault.clearPending': { commands: ['UpdateSecretVersionStageCommand'], ...WRITE },
  'vault.rotate': { commands: ['RotateSecretCommand'], ...WRITE },
  'vault.cancelRotation': { commands: ['CancelRotateSecretCommand'], ...WRITE },
  'keys.randomBytes': { commands: ['GenerateRandomCommand'], ...READ },
  'keys.newWrappedKey': { commands: ['GenerateDataKeyWithoutPlaintextCommand'], ...READ },
  'keys.unwrap': { commands: ['DecryptCommand'], ...READ },
  'keys.mac': { commands: ['GenerateMacCommand'], ...READ },
  'directory.uniqueIdOf': { commands: ['GetRoleCommand', 'GetUserCommand'], ...READ },
  'readers.block': { commands: ['GetResourcePolicyCommand', 'PutResourcePolicyCommand'], ...WRITE },
  'keyControl.user': { commands: ['GetUserCommand'], ...READ },
  'keyControl.keys': {
    commands: ['ListAccessKeysCommand'],
    ...READ,
    stale: 'iam',
  },
  'keyControl.attached': { commands: ['ListAttachedUserPoliciesCommand'], ...READ, stale: 'iam' },
  'keyControl.setStatus': { commands: ['UpdateAccessKeyCommand'], ...WRITE },
  'keyControl.quarantine': { commands: ['AttachUserPolicyCommand'], ...WRITE },
  'keyControl.unquarantine': { commands: ['DetachUserPolicyCommand'], ...WRITE },
  'trail.list': { commands: ['ListObjectsV2Command'], ...READ },
  'trail.bytes': { commands: ['GetObjectCommand'], ...READ },
  'history.lookup': { commands: ['LookupEventsCommand'], ...READ },
  'cursors.read': { commands: ['GetItemCommand'], ...READ },
  'cursors.replace': { commands: ['PutItemCommand'], ...WRITE },
  'queue.send': { commands: ['SendMessageBatchCommand'], ...WRITE },
  // Signed by hand: no command of the SDK.
  'findings.tell': { commands: [], ...WRITE },
  'bus.publish': { commands: ['PutEventsCommand'], ...WRITE },
  'pager.page': { commands: ['PublishCommand'], ...WRITE },
  'verifier.explain': { commands: ['InvokeCommand'], ...READ },
  'usage.send': { commands: ['SendMessageCommand'], ...WRITE },
};

/**
 * Which of them each function makes. Held against what the matrix reaches, and against the bundles: neither may
 * have one more or one less.
 */
export const CALLS: Readonly<Record<string, readonly string[]>> = {
  issue: [
    'directory.uniqueIdOf',
    'keys.newWrappedKey',
    'keys.randomBytes',
    'keys.unwrap',
    'registry.get',
    'registry.getMany',
    'registry.commit',
    'vault.put',
    'vault.value',
    'bus.publish',
    'pager.page',
  ],
  rotate: [
    'keys.mac',
    'keys.randomBytes',
    'keys.unwrap',
    'registry.get',
    'registry.getMany',
    'registry.feed',
    'registry.commit',
    'vault.describe',
    'vault.value',
    'vault.put',
    'vault.moveCurrent',
    'vault.clearPending',
    'bus.publish',
  ],
  authorize: ['keys.mac', 'keys.unwrap', 'registry.get', 'registry.feed', 'usage.send'],
  sweep: [
    'registry.due',
    'registry.get',
    'registry.getMany',
    'registry.commit',
    'vault.describe',
    'vault.clearPending',
    'vault.rotate',
    'vault.cancelRotation',
    'keyControl.user',
    'keyControl.keys',
    'keyControl.attached',
    'keyControl.setStatus',
    'keyControl.quarantine',
    'keyControl.unquarantine',
    'bus.publish',
    'pager.page',
  ],
  revoke: [
    'registry.get',
    'registry.getMany',
    'registry.tokens',
    'registry.commit',
    'vault.describe',
    'vault.clearPending',
    'vault.rotate',
    'vault.cancelRotation',
    'verifier.explain',
    'keyControl.setStatus',
    'keyControl.unquarantine',
    'bus.publish',
    'pager.page',
  ],
  reconcile: ['trail.list', 'trail.bytes', 'history.lookup', 'cursors.read', 'cursors.replace', 'queue.send'],
  respond: [
    'registry.get',
    'registry.getMany',
    'registry.commit',
    'registry.remember',
    'readers.block',
    'vault.describe',
    'vault.clearPending',
    'vault.rotate',
    'vault.cancelRotation',
    'keyControl.user',
    'keyControl.keys',
    'keyControl.attached',
    'keyControl.setStatus',
    'keyControl.quarantine',
    'findings.tell',
    'bus.publish',
    'pager.page',
  ],
};

/** Every fault of every call of every function: `function call fault`. `stale` depends on the moment, and is apart. */
export function everyPoint(faults: readonly string[]): readonly string[] {
  return Object.entries(CALLS).flatMap(([fn, calls]) =>
    calls.flatMap((call) => {
      const lost = POINTS[call]?.effect === 'write' ? [] : ['crash-after', 'lost-reply'];
      return faults
        .filter((fault) => fault !== 'stale' && !lost.includes(fault))
        .map((fault) => `${fn} ${call} ${fault}`);
    }),
  );
}

export const nameOf = ({ port, method }: PortCall): string => `${port}.${method}`;

export function pointOf(call: PortCall): Point {
  const point = POINTS[nameOf(call)];
  if (point === undefined) throw new Error(`${nameOf(call)} is no fault point: put it into POINTS`);
  return point;
}
