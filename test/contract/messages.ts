import { beforeAll, describe, expect, it } from 'vitest';
import type { Bus, Pager, Usage, UsageSink } from '#core/ports.ts';

/** The three ports that send, and where their messages come out. */
export interface MessagesRig {
  readonly bus: Bus;
  readonly pager: Pager;
  readonly usage: UsageSink;
  /** What has arrived since the last call; waits for `count` of it. */
  busEvents(count: number): Promise<readonly { type: string; detail: unknown }[]>;
  /** As text that holds title, body and key. */
  pages(count: number): Promise<readonly string[]>;
  usages(count: number): Promise<readonly Usage[]>;
}

const usage = (n: number, client: string = 'curl'): Usage => ({
  usageId: `u${n}`,
  at: 1_800_000_000_000,
  keyId: 'abcdefABCDEF0123',
  tokenId: 'orders',
  network: '203.0.113.7',
  client,
  outcome: 'denied',
  reason: 'network',
  count: n,
  firstSeen: false,
});

/** What bus, pager and usage queue promise, whoever carries the messages. */
export function messagesContract(title: string, start: () => Promise<MessagesRig>): void {
  describe(title, () => {
    let rig: MessagesRig;
    beforeAll(async () => {
      rig = await start();
    });
    const byNumber = (a: { detail: unknown }, b: { detail: unknown }): number =>
      (a.detail as { n: number }).n - (b.detail as { n: number }).n;

    it('the bus carries type and detail', async () => {
      await rig.bus.publish([
        { type: 'token.revoked', detail: { n: 1, tokenId: 'orders', writing: '令牌' } },
      ]);
      const expected = { type: 'token.revoked', detail: { n: 1, tokenId: 'orders', writing: '令牌' } };
      expect(await rig.busEvents(1)).toEqual([expected]);
    });

    it('the bus carries more than one call takes', async () => {
      const events = Array.from({ length: 23 }, (_, n) => ({ type: 'version.revoked', detail: { n } }));
      await rig.bus.publish(events);
      expect([...(await rig.busEvents(23))].sort(byNumber)).toEqual(events);
    });

    it('the bus refuses an event that is too large, and carries none of its company', async () => {
      const large = { type: 'token.revoked', detail: { text: 'x'.repeat(256 * 1024) } };
      const refused = rig.bus.publish([{ type: 'token.revoked', detail: { n: 1 } }, large]);
      await expect(refused).rejects.toMatchObject({ code: 'event-too-large', outcome: 'not-applied' });
      expect(await rig.busEvents(0)).toEqual([]);
    });

    it('the pager carries title, body and key', async () => {
      await rig.pager.page({ key: 'reissue-late:orders', title: 'Reissue is late', body: 'Look at orders.' });
      const [page] = await rig.pages(1);
      for (const part of ['reissue-late:orders', 'Reissue is late', 'Look at orders.'])
        expect(page).toContain(part);
    });

    it('the usage queue carries every usage', async () => {
      await rig.usage.send([usage(1), usage(2)]);
      expect(await rig.usages(2)).toEqual([usage(1), usage(2)]);
    });

    it('the usage queue carries more than one message takes', async () => {
      const many = Array.from({ length: 6 }, (_, n) => usage(n, 'x'.repeat(60_000)));
      await rig.usage.send(many);
      expect([...(await rig.usages(6))].sort((a, b) => a.count - b.count)).toEqual(many);
    });

    it('the usage queue takes nothing for nothing', async () => {
      await rig.usage.send([]);
      expect(await rig.usages(0)).toEqual([]);
    });
  });
}
