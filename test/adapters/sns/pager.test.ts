import { SNSClient } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { createPager } from '#adapters/sns/pager.ts';
import { createWire } from '../wire.ts';

const OK = {
  text: '<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>',
};

async function paged(
  title: string,
  body: string,
): Promise<{ Subject: string; Message: string; [name: string]: string }> {
  const wire = createWire(OK);
  const pager = createPager(new SNSClient(wire.config), 'arn:aws:sns:eu-west-1:111122223333:alerts');
  await pager.page({ key: 'reissue-late:orders', title, body });
  return wire.calls[0]?.body as { Subject: string; Message: string };
}

describe('createPager', () => {
  it('sends title, body and the condition', async () => {
    const sent = await paged('Reissue of orders is late', 'Run `tokenward status orders`.');
    expect(sent.Subject).toBe('Tokenward: Reissue of orders is late');
    expect(sent.Message).toBe(
      'Reissue of orders is late\n\nRun `tokenward status orders`.\n\ncondition: reissue-late:orders\n',
    );
    expect(Object.values(sent)).toContain('reissue-late:orders');
  });

  it.each([
    ['a line break', 'a\r\nBcc: x', 'Tokenward: a Bcc: x'],
    ['other writing', 'Zoë', 'Tokenward: Zo'],
    ['too long a title', 'x'.repeat(200), `Tokenward: ${'x'.repeat(86)}...`],
  ])('makes a lawful subject of %s', async (_what, title, subject) => {
    const sent = await paged(title, 'body');
    expect(sent.Subject).toBe(subject);
    expect(sent.Subject.length).toBeLessThanOrEqual(100);
  });

  it('cuts a body that SNS would refuse, between characters', async () => {
    const { Message } = await paged('t', 'é'.repeat(200_000));
    expect(Buffer.byteLength(Message)).toBeLessThan(256 * 1024);
    expect(Message).not.toContain('\ufffd');
    expect(Message).toContain('[cut: the whole had 4000');
  });

  it('throws when SNS refuses', async () => {
    const wire = createWire({
      status: 403,
      text: '<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>',
    });
    const pager = createPager(new SNSClient(wire.config), 'arn:aws:sns:eu-west-1:111122223333:alerts');
    await expect(pager.page({ key: 'k', title: 't', body: 'b' })).rejects.toMatchObject({
      name: 'PortError',
    });
  });
});
