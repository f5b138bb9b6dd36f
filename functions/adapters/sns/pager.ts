import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Pager } from '#core/ports.ts';
import { toPortError } from '../errors.ts';

const SUBJECT_MAX = 100;
const BODY_MAX_BYTES = 200 * 1024;

/** Pages by SNS. The subject is what an e-mail allows: printable ASCII, at most 100 characters, the whole title is in the body. */
export function createPager(client: SNSClient, topicArn: string): Pager {
  return {
    async page({ key, title, body, owner }) {
      const command = new PublishCommand({
        TopicArn: topicArn,
        Subject: subjectOf(title),
        Message: clip(`${title}\n\n${body}\n\ncondition: ${key}\n`),
        MessageAttributes: {
          key: { DataType: 'String', StringValue: key },
          ...(owner === undefined ? {} : { owner: { DataType: 'String', StringValue: owner } }),
        },
      });
      try {
        await client.send(command);
      } catch (error) {
        throw toPortError(error);
      }
    },
  };
}

function subjectOf(title: string): string {
  const printable = title.replace(/[^\u0020-\u007e]+/g, ' ').trim();
  const subject = `Tokenward: ${printable}`;
  return subject.length <= SUBJECT_MAX ? subject : `${subject.slice(0, SUBJECT_MAX - 3)}...`;
}

function clip(message: string): string {
  const bytes = Buffer.from(message, 'utf8');
  if (bytes.length <= BODY_MAX_BYTES) return message;
  const kept = new TextDecoder('utf-8', { fatal: false }).decode(bytes.subarray(0, BODY_MAX_BYTES), {
    stream: true,
  });
  return `${kept}\n[cut: the whole had ${bytes.length} bytes]\n`;
}
