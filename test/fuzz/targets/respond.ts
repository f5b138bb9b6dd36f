import { DEFAULT_POLICY } from '#core/response/policy.ts';
import { run as respond } from '#functions/respond/run.ts';
import { at, textAt } from '../at.ts';
import { ACCOUNT, openTown } from '../bench.ts';
import { OWN_ROLE, records } from '../samples/cloudtrail.ts';
import type { Opened, Outcome, Target } from '../target.ts';
import { Nested } from '../tree.ts';
import { type Heard, Violation } from '../watch.ts';

const CONFIG = {
  policy: DEFAULT_POLICY,
  own: [{ role: `arn:aws:iam::${ACCOUNT}:role/${OWN_ROLE}`, sessionName: OWN_ROLE }],
};

/** Comes after whatever else is in a batch: one poison message must not take it along (F20). */
const BYSTANDER = 'bystander';

/** A message as SQS hands it to Lambda. */
const message = (body: unknown, at: number): object => ({
  messageId: `059f36b4-87a3-44ab-83d2-66197${at}a1b2c`,
  receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
  body: new Nested(body),
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '1795600000000',
    SenderId: 'AIDAIENQZJOLO23YVJ4VO',
    ApproximateFirstReceiveTimestamp: '1795600000001',
  },
  messageAttributes: {},
  md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
  eventSource: 'aws:sqs',
  eventSourceARN: `arn:aws:sqs:eu-west-1:${ACCOUNT}:tokenward-dev-events`,
  awsRegion: 'eu-west-1',
});

/** What `authorize` tells of a token's uses. */
const usage = (keyId: string, tokenId: string, part: object = {}): object => ({
  usageId: `f81d4fae-7dec-11d0-a765-${tokenId}`,
  at: Date.UTC(2026, 10, 24, 8),
  keyId,
  tokenId,
  network: '203.0.113.7',
  client: 'curl/8.5.0',
  outcome: 'allowed',
  count: 1,
  firstSeen: true,
  ...part,
});

/** The ids of the messages in a batch. */
function idsOf(event: unknown): readonly string[] {
  const sent = at(event, 'Records');
  return Array.isArray(sent) ? sent.map((one) => textAt(one, 'messageId')) : [];
}

function judge({ event, answer, fault, changed, lines }: Heard): Outcome {
  if (fault !== undefined) return { name: 'bad-event', refused: true };
  const ids = idsOf(event);
  const failures = at(answer, 'batchItemFailures');
  const failed = Array.isArray(failures) ? failures.map((one) => textAt(one, 'itemIdentifier')) : ['?'];
  if (failed.some((id) => !ids.includes(id)))
    throw new Violation('answer', 'a message failed that was not sent');
  if (failed.includes(BYSTANDER)) throw new Violation('answer', 'a good message failed beside a bad one');
  const unreadable = lines.filter((line) => line.message === 'a message is unreadable').length;
  if (unreadable > 0 && unreadable === ids.length - 1) return { name: 'unreadable', refused: true };
  if (failed.length > 0) return { name: 'in part unreadable', refused: false };
  return { name: changed ? 'acted upon' : 'of no concern', refused: false };
}

/** The anomaly responder behind its queues, as a target for the bodies that one queue carries. */
function responder(
  name: string,
  bodiesOf: (town: Awaited<ReturnType<typeof openTown>>) => readonly unknown[],
  run: typeof respond,
): Target {
  async function open(): Promise<Opened> {
    const town = await openTown();
    const { world, ports, tokens, arns } = town;
    // A function of ours at work: nothing is judged of it, and nothing remembered.
    const quiet = { ...records(arns, '')[4] } as Readonly<Record<string, unknown>>;
    const bystander = {
      messageId: BYSTANDER,
      body: JSON.stringify({ ...quiet, detail: { ...(quiet.detail as object), eventName: 'ListSecrets' } }),
    };
    const bodies = bodiesOf(town);
    return {
      world,
      ports,
      tokens,
      run(event) {
        const sent = at(event, 'Records');
        if (Array.isArray(sent) && sent.length < 10_000) sent.push(bystander);
        return run(event, ports, CONFIG);
      },
      judge,
      repeated: idsOf,
      samples: [
        ...bodies.map((body) => ({ Records: [message(body, 0)] })),
        { Records: bodies.slice(0, 3).map(message) },
      ],
    };
  }
  return {
    name,
    open,
    most: { calls: 2_500, said: 131_072, parts: (event) => Math.max(1, idsOf(event).length) },
    meets: ['bad-event', 'unreadable', 'acted upon', 'of no concern'],
  };
}

/** CloudTrail records, one or several to a batch. */
export const respondTarget = (run: typeof respond = respond): Target =>
  responder(
    'respond',
    ({ arns, ports }) => {
      const { versions } = ports.vault.secretOf(arns.orders ?? '');
      return records(arns, Object.keys(versions)[0] ?? '');
    },
    run,
  );

/** What `authorize` tells of uses. */
export const usageTarget = (run: typeof respond = respond): Target =>
  responder(
    'usage',
    ({ tokens }) => {
      const [orders = '', ledger = '', trap = ''] = tokens.map((token) => token.split('_')[2] ?? '');
      const told = (...usages: readonly object[]): object => ({ kind: 'usage', v: 1, usages });
      return [
        told(usage(orders, 'orders')),
        told(usage(orders, 'orders', { outcome: 'denied', reason: 'network' })),
        told(usage(ledger, 'ledger', { outcome: 'denied', reason: 'revoked', count: 12, firstSeen: false })),
        told(usage(trap, 'trap'), usage(ledger, 'ledger', { network: 'vpce-0123456789abcdef0' })),
      ];
    },
    run,
  );
