import { keys } from '#core/keys.ts';
import { beginRelease } from '#core/response/key-orders.ts';
import type { DeclaredToken } from '#core/token/declaration.ts';
import { ORDERS, secretRead, usage } from '#test/loop/system.ts';
import type { Ended, Flow, Item, Notes, Step } from './driver.ts';
import { type Functions, OWN_ROLES, textOf } from './functions.ts';
import { currentIsAccepted, settledState, tokenOf } from './promises.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const declared = (part: Partial<DeclaredToken> = {}): DeclaredToken => ({ ...ORDERS, ...part });

/** A registered token, made without a fault. */
const registered =
  (...tokens: readonly DeclaredToken[]) =>
  async (functions: Functions): Promise<Notes> => {
    const notes: Record<string, string> = {};
    for (const token of tokens.length === 0 ? [declared()] : tokens) {
      const arn = functions.prepare(token.id, token.principal);
      notes[token.id] = arn;
      await functions.invoke({ fn: 'issue', register: arn, declaration: token, requestId: 'request-1' });
    }
    functions.world.clock.advance(HOUR);
    return notes;
  };

const secretOf = (notes: Notes, tokenId = 'orders'): string => {
  const arn = notes[tokenId];
  if (arn === undefined) throw new Error(`no secret of ${tokenId}`);
  return arn;
};

const ROTATE = { rotate: 'tokenward/dev/orders' } as const;

const sweep: Item = { deliver: () => ({ fn: 'sweep' }), tries: 1 };

/** Sweeps as they come, until whatever faults have left is due and done. */
const sweeps: readonly Item[] = [{ wait: 16 * MINUTE }, sweep, { wait: 5 * MINUTE }, sweep];

/** A fault may take the last planned sweep too; the schedule brings the next ones, without end. */
const calm: readonly Item[] = Array.from({ length: 4 }, (): readonly Item[] => [
  { wait: 20 * MINUTE },
  { deliver: () => ({ fn: 'sweep' }), tries: 1, calm: true },
]).flat();

const order = (action: string, part: object = {}): Item => ({
  deliver: () => ({
    fn: 'revoke',
    body: { action, tokenId: 'orders', reason: 'leaked', incidentId: 'INC-7', noWait: true, ...part },
  }),
  tries: 3,
});

const seen = (...bodies: readonly unknown[]): Item => ({
  deliver: (functions, notes) => ({
    fn: 'respond',
    bodies: bodies.map((body) => (typeof body === 'function' ? body(functions, notes) : body)),
  }),
  tries: 5,
});

const keyIdNow = (functions: Functions, tokenId = 'orders'): string =>
  tokenOf(functions, tokenId)?.versions[0]?.keyId ?? '';

const used =
  (part: object = {}, tokenId = 'orders') =>
  (functions: Functions): unknown =>
    usage({
      keyId: keyIdNow(functions, tokenId),
      tokenId,
      at: functions.ports.clock.now(),
      ...part,
    });

const readBy =
  (part: object = {}) =>
  (_: Functions, notes: Notes): unknown =>
    secretRead({ secretId: secretOf(notes), ...part });

const accepted = (functions: Functions, notes: Notes, invariant = 'S1'): readonly Ended[] =>
  currentIsAccepted(functions, secretOf(notes), invariant);

const standing = (
  functions: Functions,
  wanted: string,
  invariant: string,
  tokenId = 'orders',
): readonly Ended[] => {
  const is = tokenOf(functions, tokenId)?.standing;
  return is === wanted ? [] : [{ invariant, seen: `${tokenId} is ${is}, not ${wanted}` }];
};

const flow = (part: Omit<Flow, 'faults' | 'setup'> & Partial<Flow>): Flow => ({
  faults: 2,
  setup: registered(),
  ...part,
  items: [...part.items, ...calm],
  end: (functions, notes) => [...settledState(functions), ...part.end(functions, notes)],
});

const active = (functions: Functions, notes: Notes): readonly Ended[] => [
  ...standing(functions, 'active', 'L1'),
  ...accepted(functions, notes),
];

const register: Flow = flow({
  name: 'register',
  setup: async (functions) => ({ orders: functions.prepare('orders', ORDERS.principal) }),
  items: [
    {
      deliver: (_, notes) => ({
        fn: 'issue',
        register: secretOf(notes),
        declaration: declared(),
        requestId: 'request-1',
      }),
      tries: 3,
      // CloudFormation rolls a failed creation back, and somebody deploys again.
      otherwise: [
        {
          deliver: (_, notes) => ({
            fn: 'issue',
            rollBack: secretOf(notes),
            declaration: declared(),
            requestId: 'request-1',
          }),
          tries: 3,
        },
        {
          deliver: (_, notes) => ({
            fn: 'issue',
            register: secretOf(notes),
            declaration: declared(),
            requestId: 'request-2',
          }),
          tries: 3,
        },
      ],
    },
    ...sweeps,
  ],
  end: active,
});

/** A rotation, the next one, and one without a fault: what the first two left behind is not in its way (L1). */
const rotate: Flow = flow({
  name: 'rotate',
  faults: 3,
  items: [
    ROTATE,
    ...sweeps,
    { wait: 23 * HOUR },
    ROTATE,
    ...calm,
    { wait: 23 * HOUR },
    { ...ROTATE, calm: true },
  ],
  end: active,
});

const rotateInKms: Flow = flow({
  name: 'rotate, MACs in KMS',
  faults: 1,
  strictFips: true,
  items: [ROTATE, ...sweeps],
  end: active,
});

/** The n-th version of the token's secret, in the order in which they were made. */
const versionAt = ({ ports }: Functions, notes: Notes, n: number): string =>
  Object.keys(ports.vault.secretOf(secretOf(notes)).versions)[n] ?? '';

const late = (step: Step): Item => ({
  deliver: (functions, notes) => ({
    fn: 'rotate',
    step,
    secretArn: secretOf(notes),
    versionId: versionAt(functions, notes, 1),
  }),
  tries: 1,
});

const redeclare = (requestId: string, part: Partial<DeclaredToken>): Item => ({
  deliver: (_, notes) => ({
    fn: 'issue',
    register: secretOf(notes),
    declaration: declared(part),
    requestId,
  }),
  tries: 3,
});

const revokeVersion = (keyId: (functions: Functions, notes: Notes) => string): Item => ({
  deliver: (functions, notes) => ({
    fn: 'revoke',
    body: {
      action: 'revoke',
      keyId: keyId(functions, notes),
      reason: 'leaked',
      incidentId: 'INC-7',
      noWait: true,
    },
  }),
  tries: 3,
});

const oldest = (functions: Functions): string => tokenOf(functions, 'orders')?.versions.at(-1)?.keyId ?? '';

const disturbed: readonly Flow[] = [
  flow({
    name: 'rotate: steps of an earlier rotation come late',
    faults: 1,
    items: [ROTATE, { wait: HOUR }, ROTATE, late('finishSecret'), late('createSecret'), ...sweeps],
    end: active,
  }),
  flow({
    name: 'rotate: AWSPENDING is on a version of an earlier rotation',
    faults: 1,
    items: [
      ROTATE,
      { wait: HOUR },
      ROTATE,
      {
        act: (functions, notes) =>
          functions.ports.vault.label(secretOf(notes), 'AWSPENDING', versionAt(functions, notes, 1)),
      },
      ROTATE,
      ROTATE,
    ],
    end: active,
  }),
  flow({
    name: 'rotate: a redeploy while the label is ahead of the registry',
    faults: 1,
    interrupt: {
      before: 'finishSecret',
      items: [
        {
          act: (functions, notes) =>
            functions.ports.vault.label(secretOf(notes), 'AWSCURRENT', versionAt(functions, notes, 1)),
        },
        revokeVersion(oldest),
        redeclare('request-2', { purpose: 'another purpose' }),
      ],
    },
    items: [ROTATE, ...sweeps],
    end: active,
  }),
  flow({
    name: 'rotate: the schedule fires on a suspended token',
    faults: 1,
    items: [order('suspend'), ROTATE, ...sweeps, order('release'), ROTATE],
    end: active,
  }),
  flow({
    name: 'revoke a version that has expired',
    faults: 1,
    items: [ROTATE, { wait: 31 * MINUTE }, ...sweeps, revokeVersion(oldest)],
    end: active,
  }),
];

const STEPS: readonly Step[] = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

const interruptions: Readonly<Record<string, { items: readonly Item[]; end: Flow['end'] }>> = {
  'its secret is deleted': {
    items: [{ act: ({ ports }, notes) => ports.vault.deleteSecret(secretOf(notes)) }],
    end: () => [],
  },
  'its schedule is turned off': {
    items: [
      { act: ({ ports }, notes) => ports.vault.setRotation(secretOf(notes), false) },
      { wait: HOUR },
      { act: ({ ports }, notes) => ports.vault.setRotation(secretOf(notes), true) },
    ],
    end: active,
  },
  'the service gives up on it': {
    items: [
      { act: ({ ports }, notes) => ports.vault.setRotation(secretOf(notes), false) },
      ...sweeps,
      { act: ({ ports }, notes) => ports.vault.setRotation(secretOf(notes), true) },
    ],
    end: active,
  },
  'its token is revoked': {
    items: [order('revoke')],
    end: (functions) => standing(functions, 'revoked', 'S3'),
  },
  'its token is suspended': {
    items: [order('suspend'), ...sweeps, order('release')],
    end: active,
  },
  'its token is used outside its networks': {
    items: [seen(used({ usageId: 'use-in-between' }))],
    end: active,
  },
  'its token is reissued': { items: [order('reissue')], end: active },
};

const interrupted: readonly Flow[] = Object.entries(interruptions).flatMap(([what, { items, end }]) =>
  STEPS.map((before) =>
    flow({
      name: `rotate; before ${before} ${what}`,
      faults: 1,
      deep: 2,
      // What an interruption leaves pending is taken up by the next rotation.
      items: [ROTATE, ...sweeps, ROTATE],
      interrupt: { before, items },
      end,
    }),
  ),
);

const orders: readonly Flow[] = [
  flow({
    name: 'suspend, release',
    items: [order('suspend'), { wait: MINUTE }, order('release'), ...sweeps],
    end: active,
  }),
  flow({
    name: 'revoke',
    items: [order('revoke'), ...sweeps, { wait: HOUR }, ROTATE],
    end: (functions) => standing(functions, 'revoked', 'S3'),
  }),
  flow({ name: 'reissue', items: [order('reissue'), ...sweeps], end: active }),
  flow({
    name: 'suspend, reissue',
    faults: 2,
    items: [order('suspend'), order('reissue'), ...sweeps],
    end: active,
  }),
  flow({
    name: 'revoke one version, rotate',
    faults: 2,
    items: [revokeVersion((functions) => keyIdNow(functions)), order('rotate'), ...sweeps],
    end: active,
  }),
  flow({
    name: 'revoke a principal with two tokens',
    setup: registered(declared(), declared({ id: 'other' })),
    items: [
      order('revoke', { tokenId: undefined, principal: ORDERS.principal, expectCount: 2 }),
      // What a crash left of the order is asked for again, with what is left.
      order('revoke'),
      order('revoke', { tokenId: 'other' }),
      ...sweeps,
    ],
    end: (functions) => [
      ...standing(functions, 'revoked', 'S3'),
      ...standing(functions, 'revoked', 'S3', 'other'),
    ],
  }),
];

/** Delivered once, and then never again: its message was acknowledged by a twin, or went to the dead letters. */
const seenOnce = (body: unknown): Item => ({ ...seen(body), tries: 1 });

/** Everything is decided, and the container is gone before anything was done about it. */
const leftOpen =
  (setup: Flow['setup'], body: unknown): Flow['setup'] =>
  async (functions) => {
    const notes = await setup(functions);
    const { log } = functions.ports.registry;
    functions.world.beforeCall = () => {
      if (log.some(({ action }) => action === 'response.decided')) throw new Error('gone');
    };
    const bodies = [typeof body === 'function' ? body(functions, notes) : body];
    await functions.invoke({ fn: 'respond', bodies });
    functions.world.beforeCall = undefined;
    return notes;
  };

/** Delivered again after it was done: n deliveries, one effect (S8). */
const twice = (item: Item): readonly Item[] => [item, { wait: MINUTE }, item];

/** Whoever is on call applies what is held, incident by incident, until none is pending. */
const heldOrders = (): readonly Item[] =>
  Array.from({ length: 2 }, () => ({
    deliver: ({ ports }) => {
      const held = [...ports.registry.items.values()].find(
        (item) => item.kind === 'incident' && item.state === 'pending',
      );
      const incident = held?.kind === 'incident' ? held.incidentId : 'none';
      return { fn: 'revoke', body: { action: 'apply', incident, reason: 'one thief', noWait: true } };
    },
    tries: 3,
  }));

const responses: readonly Flow[] = [
  flow({
    name: 'respond: a canary is used',
    setup: registered(declared({ canary: true })),
    items: [...twice(seen(used({ outcome: 'allowed', reason: undefined, network: '10.1.1.1' }))), ...sweeps],
    end: (functions) => standing(functions, 'revoked', 'L4'),
  }),
  flow({
    name: 'respond: a token is used outside its networks',
    items: [...twice(seen(used())), ...sweeps],
    end: (functions, notes) => [...decidedOnce(functions), ...active(functions, notes)],
  }),
  flow({
    name: 'respond: a stranger reads the secret',
    items: [seen(readBy()), ...sweeps],
    end: (functions, notes) => [
      ...decidedOnce(functions),
      ...standing(
        functions,
        tokenOf(functions, 'orders')?.standing === 'suspended' ? 'suspended' : 'active',
        'L4',
      ),
      ...(functions.ports.readers.blocked.length > 0 || tokenOf(functions, 'orders')?.standing === 'suspended'
        ? []
        : [{ invariant: 'L4', seen: 'the stranger was not blocked, and the token not suspended' }]),
      ...(tokenOf(functions, 'orders')?.standing === 'active' ? accepted(functions, notes) : []),
    ],
  }),
  flow({
    name: 'respond: an alert',
    items: [...twice(seen(used({ reason: 'retired', network: '10.1.1.1' }))), ...sweeps],
    end: (functions, notes) => [...decidedOnce(functions), ...active(functions, notes)],
  }),
  flow({
    name: 'respond: an alert, delivered once',
    faults: 2,
    items: [seenOnce(used({ reason: 'retired', network: '10.1.1.1' })), ...sweeps],
    end: active,
  }),
  flow({
    name: 'respond: a theft, delivered once',
    faults: 1,
    deep: 2,
    items: [seenOnce(used()), ...sweeps],
    end: active,
  }),
  flow({
    name: 'respond: several at once, and what they share',
    faults: 1,
    setup: registered(declared(), declared({ id: 'other' }), declared({ id: 'third' })),
    items: [
      ...twice(
        seen(
          used(),
          used({ usageId: 'usage-2' }, 'other'),
          used({ usageId: 'usage-3', reason: 'retired', network: '10.1.1.1' }),
          (_: Functions, notes: Notes) => secretRead({ secretId: secretOf(notes, 'third') }),
          used({ usageId: 'usage-4' }, 'other'),
        ),
      ),
      ...sweeps,
    ],
    end: (functions) => {
      const ended = ['orders', 'other', 'third'].filter((id) =>
        functions.ports.registry.log.some(
          ({ action, tokenId }) =>
            tokenId === id && (action === 'token.reissue-requested' || action === 'token.suspended'),
        ),
      );
      return ended.length === 3 ? [] : [{ invariant: 'L4', seen: `${ended} ended, and no other` }];
    },
  }),
  flow({
    name: 'sweep: an alert that nobody told',
    faults: 2,
    setup: leftOpen(registered(), used({ reason: 'retired', network: '10.1.1.1' })),
    items: sweeps,
    end: active,
  }),
  flow({
    name: 'respond: more than the budget',
    faults: 1,
    setup: registered(...Array.from({ length: 7 }, (_, n) => declared({ id: `token-${n}` }))),
    items: [
      ...Array.from({ length: 7 }, (_, n) =>
        seen((functions: Functions) => used({ usageId: `flood-${n}` }, `token-${n}`)(functions)),
      ),
      ...sweeps,
    ],
    end: (functions) => {
      const log = functions.ports.registry.log;
      const done = log.filter(
        ({ action, details }) => action === 'response.decided' && details?.outcome === 'done',
      );
      const held = [...functions.ports.registry.items.values()].flatMap((item) =>
        item.kind === 'incident' ? item.held.map(({ tokenId }) => tokenId) : [],
      );
      const ended = new Set([...done.map(({ tokenId }) => tokenId), ...held]);
      return ended.size === 7
        ? []
        : [{ invariant: 'L4', seen: `${ended.size} of 7 were acted upon or held` }];
    },
  }),
  flow({
    name: 'respond: what was held is applied',
    faults: 1,
    setup: registered(...Array.from({ length: 5 }, (_, n) => declared({ id: `token-${n}` }))),
    items: [
      ...Array.from({ length: 5 }, (_, n) =>
        seen((functions: Functions) => used({ usageId: `flood-${n}` }, `token-${n}`)(functions)),
      ),
      { wait: 16 * MINUTE },
      sweep,
      ...heldOrders(),
      ...sweeps,
    ],
    end: ({ ports }) => {
      const open = [...ports.registry.items.values()].filter(
        (item) => item.kind === 'incident' && item.state === 'pending',
      );
      const ended = ports.registry.log.filter(({ action }) => action === 'token.reissue-requested');
      return open.length === 0 && ended.length === 5
        ? []
        : [{ invariant: 'L4', seen: `${open.length} are held still, ${ended.length} of 5 ended` }];
    },
  }),
  flow({
    name: 'respond: a protected token',
    faults: 1,
    protectedPrincipals: ['token:orders'],
    items: [...twice(seen(used())), ...sweeps],
    end: (functions, notes) => [...decidedOnce(functions), ...active(functions, notes)],
  }),
  flow({
    name: 'respond: our own calls come back',
    items: [
      ROTATE,
      ...OWN_ROLES.map(({ role, sessionName }) =>
        seen(readBy({ arn: role, session: sessionName, eventId: sessionName })),
      ),
    ],
    end: ({ ports }) => {
      const decided = ports.registry.log.filter(({ action }) => action === 'response.decided');
      return decided.length === 0 ? [] : [{ invariant: 'S10', seen: 'our own call was judged' }];
    },
  }),
];

const USER = `arn:aws:iam::111122223333:user/ci`;
const KEY = 'AKIA0000000000000001';

/** An IAM user with one key, beside a token. */
const withUser =
  (tags?: Readonly<Record<string, string>>) =>
  async (functions: Functions): Promise<Notes> => {
    functions.ports.keyControl.create(USER, tags);
    return registered()(functions);
  };

/** The user stops the trail, from somewhere: the gravest tampering there is. */
const STOPPED = (eventID: string) => ({
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.cloudtrail',
  account: '111122223333',
  detail: {
    eventID,
    eventName: 'StopLogging',
    eventSource: 'cloudtrail.amazonaws.com',
    eventTime: '2026-11-24T09:00:00Z',
    awsRegion: 'eu-west-1',
    recipientAccountId: '111122223333',
    sourceIPAddress: '198.51.100.9',
    userAgent: 'aws-cli/2.17.32',
    userIdentity: { type: 'IAMUser', arn: USER, accessKeyId: KEY },
    requestParameters: { name: 'organisation' },
    responseElements: null,
  },
});

const keySeen = (eventID: string): Item => seen(STOPPED(eventID));

const userIs = ({ ports }: Functions, blocked: boolean): readonly Ended[] => {
  const { keys = [], policies = [] } = ports.keyControl.userOf(USER) ?? {};
  const denied = policies.includes(ports.keyControl.policyArn);
  const active = keys.filter(({ status }) => status === 'Active').length;
  const so = blocked ? denied && active === 0 : !denied && active > 0;
  return so
    ? []
    : [{ invariant: 'L4', seen: `the user is ${denied ? '' : 'not '}denied, ${active} keys are Active` }];
};

const begunTimes = ({ ports }: Functions, times: number): readonly Ended[] => {
  const count = ports.registry.log.filter(({ action }) => action === 'quarantine.begun').length;
  return count === times ? [] : [{ invariant: 'S8', seen: `begun ${count} times, not ${times}` }];
};

/** The thief has another identity left, and undoes what was done: for once, and not while we look. */
const undone: Item = {
  act: ({ ports }) => {
    const { keys = [] } = ports.keyControl.userOf(USER) ?? {};
    ports.keyControl.change(USER, { policies: [] });
    if (keys.length < 2) ports.keyControl.mint(USER);
  },
};

const keysEnded: readonly Flow[] = [
  flow({
    name: 'respond: a stolen IAM key',
    faults: 1,
    deep: 2,
    setup: withUser(),
    items: [...twice(keySeen('e-1')), undone, ...sweeps],
    end: (functions) => [...begunTimes(functions, 1), ...userIs(functions, true)],
  }),
  flow({
    name: 'sweep: a stolen IAM key that nobody ended',
    faults: 1,
    deep: 2,
    setup: leftOpen(withUser(), STOPPED('e-1')),
    items: sweeps,
    end: (functions) => [...begunTimes(functions, 1), ...userIs(functions, true)],
  }),
  flow({
    name: 'respond: a stolen IAM key of a user that is not in our hands',
    faults: 1,
    setup: withUser({ team: 'x' }),
    items: [keySeen('e-1'), ...sweeps],
    end: (functions) => [...begunTimes(functions, 0), ...userIs(functions, false)],
  }),
  flow({
    name: 'release an IAM user',
    faults: 1,
    deep: 2,
    setup: async (functions) => {
      const notes = await withUser()(functions);
      await functions.invoke({ fn: 'respond', key: { userArn: USER, accessKeyId: KEY, eventId: 'e-1' } });
      return notes;
    },
    items: [order('release', { tokenId: undefined, user: USER }), ...sweeps],
    end: (functions) => userIs(functions, false),
  }),
  flow({
    name: 'sweep: a release of an IAM user was left half done',
    faults: 1,
    setup: async (functions) => {
      const notes = await withUser()(functions);
      await functions.invoke({ fn: 'respond', key: { userArn: USER, accessKeyId: KEY, eventId: 'e-1' } });
      const { registry, clock } = functions.ports;
      const read = await registry.get(keys.quarantine(USER));
      const actor = { kind: 'iam', id: 'ann' } as const;
      const left = beginRelease(read, { at: clock.now(), actor, reason: 'false', incidentId: 'INC-1' });
      if (left.ok) await registry.commit(left.value);
      return notes;
    },
    items: sweeps,
    end: (functions) => userIs(functions, false),
  }),
];

/** What the bus never delivered, and the trail has. */
const lost = (notes: Notes): object => {
  const { detail } = secretRead({ secretId: secretOf(notes) }) as { detail: object };
  return { ...detail, awsRegion: 'eu-west-1', recipientAccountId: '111122223333' };
};

/** The responder's queue, as far as the reader of the trail has filled it. */
const queued: Item = {
  deliver: ({ ports }) => ({
    fn: 'respond',
    bodies: ports.trail.queue.bodies.map((body) => JSON.parse(body)),
  }),
  tries: 5,
};

const reread = (lookup: { readonly lookup?: true } = {}): readonly Item[] => [
  { deliver: () => ({ fn: 'reconcile', ...lookup }), tries: 2 },
  { wait: 15 * MINUTE },
  { deliver: () => ({ fn: 'reconcile', ...lookup }), tries: 1, calm: true },
  ...twice(queued),
];

const reconciled: readonly Flow[] = [
  flow({
    name: 'reconcile: a read of the secret that the bus lost',
    faults: 1,
    deep: 2,
    items: [
      {
        act: (functions, notes) => {
          functions.ports.trail.files.deliver(functions.ports.clock.now(), [lost(notes)]);
        },
      },
      ...reread(),
      ...sweeps,
    ],
    end: decidedOnce,
  }),
  flow({
    name: 'reconcile: a stopped trail, looked up where there is no bucket',
    faults: 1,
    deep: 2,
    setup: withUser(),
    items: [
      {
        act: ({ ports }) => {
          const { detail } = STOPPED('e-1');
          const at = ports.clock.now();
          ports.trail.history.events.push({ region: 'eu-west-1', name: 'StopLogging', at, record: detail });
        },
      },
      { wait: MINUTE },
      ...reread({ lookup: true }),
      ...sweeps,
    ],
    end: (functions) => [...begunTimes(functions, 1), ...userIs(functions, true)],
  }),
];

function decidedOnce({ ports }: Functions): readonly Ended[] {
  const count = ports.registry.log.filter(({ action }) => action === 'response.decided').length;
  return count === 1 ? [] : [{ invariant: 'L4', seen: `decided ${count} times` }];
}

const swept: readonly Flow[] = [
  flow({
    name: 'sweep: the old version expires',
    items: [ROTATE, { wait: 31 * MINUTE }, ...sweeps],
    end: active,
  }),
  flow({
    name: 'sweep: a suspension ends',
    items: [
      {
        deliver: ({ ports }) => ({
          fn: 'revoke',
          body: {
            action: 'suspend',
            tokenId: 'orders',
            reason: 'looks odd',
            incidentId: 'INC-8',
            noWait: true,
            until: new Date(ports.clock.now() + 30 * MINUTE).toISOString(),
          },
        }),
        tries: 3,
      },
      { wait: 31 * MINUTE },
      ...sweeps,
    ],
    end: active,
  }),
  flow({
    name: 'sweep: rotation fell behind',
    items: [{ wait: 37 * HOUR }, ...sweeps],
    end: active,
  }),
  flow({
    name: 'sweep: the declaration is removed, and comes back',
    items: [
      { deliver: (_, notes) => ({ fn: 'issue', remove: 'orders', secretArn: secretOf(notes) }), tries: 3 },
      { wait: DAY },
      sweep,
      { wait: 5 * MINUTE },
      sweep,
      {
        deliver: (_, notes) => ({
          fn: 'issue',
          register: secretOf(notes),
          declaration: declared(),
          requestId: 'request-9',
        }),
        tries: 3,
      },
      ...sweeps,
    ],
    end: active,
  }),
  flow({
    name: 'sweep: the declaration is removed for good',
    items: [
      { deliver: (_, notes) => ({ fn: 'issue', remove: 'orders', secretArn: secretOf(notes) }), tries: 3 },
      { wait: DAY },
      sweep,
      { wait: 29 * DAY },
      ...sweeps,
      { wait: HOUR },
    ],
    end: (functions) => standing(functions, 'revoked', 'L3'),
  }),
  flow({
    name: 'sweep: nobody uses it',
    faults: 2,
    setup: registered(declared({ unusedAfterDays: 1, rotationHours: 1000, hardMaxHours: 2000 })),
    items: [{ wait: DAY }, sweep, { wait: 3 * HOUR }, ...sweeps, { wait: 3 * HOUR }],
    end: (functions) => standing(functions, 'suspended', 'L3'),
  }),
];

const clients: readonly Flow[] = [
  flow({
    name: 'issue: shown once, asked again',
    items: [
      { deliver: () => ({ fn: 'issue', offer: 'partner', key: 'partner-2026-11' }), tries: 3 },
      { deliver: () => ({ fn: 'issue', offer: 'partner', key: 'partner-2026-11' }), tries: 3 },
      { wait: DAY },
      ...sweeps,
    ],
    end: ({ ports }) => {
      const made = [...ports.registry.items.values()].filter(
        (item) => item.kind === 'token' && item.class === 'return-once' && item.standing === 'active',
      );
      return made.length === 1 ? [] : [{ invariant: 'S7', seen: `${made.length} tokens for one key` }];
    },
  }),
  flow({
    name: 'issue: exchanged',
    items: [{ deliver: () => ({ fn: 'issue', offer: 'job', key: '' }), tries: 3 }, sweep],
    end: () => [],
  }),
  flow({
    name: 'issue: the declaration changes',
    items: [redeclare('request-2', { scopes: ['prices:read', 'prices:list'] }), ROTATE, ...sweeps],
    end: active,
  }),
  flow({
    name: 'issue: the secret is made anew',
    faults: 2,
    items: [
      { deliver: (_, notes) => ({ fn: 'issue', remove: 'orders', secretArn: secretOf(notes) }), tries: 3 },
      {
        act: (functions) => functions.ports.vault.createSecret('tokenward/dev/orders-2', async () => {}),
      },
      {
        deliver: ({ ports }) => ({
          fn: 'issue',
          register: ports.vault.secretOf('tokenward/dev/orders-2').arn,
          declaration: declared(),
          requestId: 'request-2',
        }),
        tries: 3,
      },
      { rotate: 'tokenward/dev/orders-2' },
      ...sweeps,
    ],
    end: (functions) =>
      currentIsAccepted(functions, functions.ports.vault.secretOf('tokenward/dev/orders-2').arn, 'S1'),
  }),
];

const authorize = (what: string, before: readonly Item[], allowed: boolean, strictFips = false): Flow => ({
  faults: 2,
  setup: registered(),
  name: `authorize: ${what}`,
  strictFips,
  items: [
    { act: () => {} },
    ...before,
    { wait: 2_000 },
    {
      deliver: (functions, notes) => ({
        fn: 'authorize',
        text: textOf(functions, secretOf(notes)) ?? '',
      }),
      tries: 1,
      note: (_, notes, answer) => ({
        ...notes,
        verdict: String(answer.fn === 'authorize' && answer.keyId !== undefined),
      }),
    },
  ],
  end: (_, { verdict }) => (verdict === 'true' && !allowed ? [{ invariant: 'S11', seen: 'accepted' }] : []),
});

const verified: readonly Flow[] = [
  authorize('a valid token', [], true),
  authorize('a revoked token', [order('revoke')], false),
  authorize('a suspended token', [order('suspend')], false),
  authorize('an expired token', [{ wait: 73 * HOUR }], false),
  authorize('a valid token, MACs in KMS', [], true, true),
];

/** Every story that the fault matrix tells. */
export const FLOWS: readonly Flow[] = [
  register,
  rotate,
  rotateInKms,
  ...disturbed,
  ...interrupted,
  ...orders,
  ...responses,
  ...keysEnded,
  ...reconciled,
  ...swept,
  ...clients,
  ...verified,
];
