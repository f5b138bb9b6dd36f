import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_MAX_BYTES, BATCH_MAX_ENTRIES, batches } from '#adapters/eventbridge/batch.ts';
import { createBus } from '#adapters/eventbridge/bus.ts';
import type { Bus } from '#core/ports.ts';
import { createWire, refusal, type Wire, type WireAnswer } from '../wire.ts';

function busOn(...answers: WireAnswer[]): { bus: Bus; calls: Wire['calls']; waits: number[] } {
  const wire = createWire(...answers);
  const waits: number[] = [];
  const bus = createBus(new EventBridgeClient(wire.config), 'tokenward-dev-bus', async (ms) =>
    waits.push(ms),
  );
  return { bus, calls: wire.calls, waits };
}

const accepted = (count: number): WireAnswer => ({
  json: {
    FailedEntryCount: 0,
    Entries: Array.from({ length: count }, (_, index) => ({ EventId: `e${index}` })),
  },
});
const events = (count: number): { type: string; detail: { n: number } }[] =>
  Array.from({ length: count }, (_, n) => ({ type: 'token.revoked', detail: { n } }));
const detailsOf = (calls: Wire['calls']): number[][] =>
  calls.map((call) => (call.body.Entries as { Detail: string }[]).map((entry) => JSON.parse(entry.Detail).n));

describe('createBus', () => {
  it('sends source, type, detail and bus', async () => {
    const { bus, calls } = busOn(accepted(1));
    await bus.publish(events(1));
    expect(calls[0]).toMatchObject({
      operation: 'PutEvents',
      body: {
        Entries: [
          {
            EventBusName: 'tokenward-dev-bus',
            Source: 'tokenward',
            DetailType: 'token.revoked',
            Detail: '{"n":0}',
          },
        ],
      },
    });
  });

  it('sends nothing for nothing', async () => {
    const { bus, calls } = busOn();
    await bus.publish([]);
    expect(calls).toEqual([]);
  });

  it('sends at most ten at once, in order', async () => {
    const { bus, calls } = busOn(accepted(10), accepted(10), accepted(3));
    await bus.publish(events(23));
    expect(detailsOf(calls).flat()).toEqual(Array.from({ length: 23 }, (_, n) => n));
  });

  it('sends again only what was refused', async () => {
    const half = {
      json: {
        FailedEntryCount: 1,
        Entries: [{ EventId: 'a' }, { ErrorCode: 'ThrottlingException' }, { EventId: 'c' }],
      },
    };
    const { bus, calls, waits } = busOn(half, accepted(1));
    await bus.publish(events(3));
    expect(detailsOf(calls)).toEqual([[0, 1, 2], [1]]);
    expect(waits).toHaveLength(1);
  });

  it('gives up after a bounded number of tries and says why', async () => {
    const never = { json: { FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] } };
    const { bus, calls } = busOn(never);
    await expect(bus.publish(events(1))).rejects.toMatchObject({
      code: 'publish-failed',
      outcome: 'maybe-applied',
      message: expect.stringContaining('InternalFailure'),
    });
    expect(calls).toHaveLength(4);
  });

  it('takes a reply without entries for refused', async () => {
    const { bus } = busOn({ json: {} });
    await expect(bus.publish(events(1))).rejects.toMatchObject({ code: 'publish-failed' });
  });

  it('refuses an event that can never fit before it sends any', async () => {
    const { bus, calls } = busOn(accepted(1));
    const large = { type: 'token.revoked', detail: { text: 'x'.repeat(BATCH_MAX_BYTES) } };
    await expect(bus.publish([...events(1), large])).rejects.toMatchObject({ code: 'event-too-large' });
    expect(calls).toEqual([]);
  });

  it('throws what the service refuses as a whole', async () => {
    const { bus } = busOn(refusal('AccessDeniedException'));
    await expect(bus.publish(events(1))).rejects.toMatchObject({ name: 'PortError' });
  });
});

describe('batches', () => {
  it('keep the order, lose nothing, and stay within both limits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 200_000 }), { maxLength: 40 }), (sizes) => {
        const entries = sizes.map((size, index) => ({
          Source: 's',
          DetailType: `${index}`,
          Detail: 'é'.repeat(size / 2),
        }));
        const cut = batches(entries);
        expect(cut.flat()).toEqual(entries);
        for (const batch of cut) {
          expect(batch.length).toBeLessThanOrEqual(BATCH_MAX_ENTRIES);
          const bytes = batch.map((entry) =>
            Buffer.byteLength(`${entry.Source}${entry.DetailType}${entry.Detail}`),
          );
          expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(BATCH_MAX_BYTES);
        }
      }),
      { numRuns: 50 },
    );
  });
});
