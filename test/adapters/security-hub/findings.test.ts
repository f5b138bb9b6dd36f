import { describe, expect, it } from 'vitest';
import { createFindingSink } from '#adapters/security-hub/findings.ts';
import { asffOf, type FindingSink, type Told } from '#core/response/asff.ts';
import { finding, NOW } from '../../core/builders.ts';

const PLACE = { partition: 'aws', account: '111122223333', region: 'eu-west-1', environment: 'dev' };
const TOLD: Told = {
  finding: finding(),
  left: { rung: 'suspend', outcome: 'done', page: { key: 'k', title: 't', body: 'Seen: it' } },
  target: 'orders',
  at: NOW,
};

interface Sent {
  readonly url: string;
  readonly init: RequestInit | undefined;
}

function sinkOn(answer: Response | Error): { sink: FindingSink; sent: Sent[] } {
  const sent: Sent[] = [];
  const sink = createFindingSink({
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'none' },
    endpoint: 'https://securityhub.eu-west-1.amazonaws.com',
    place: PLACE,
    send: async (url, init) => {
      sent.push({ url: String(url), init });
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  return { sink, sent };
}
const reply = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });

describe('createFindingSink', () => {
  it('imports one finding, signed for Security Hub in this region', async () => {
    const { sink, sent } = sinkOn(reply({ FailedCount: 0, SuccessCount: 1, FailedFindings: [] }));
    await sink.tell(TOLD);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url).toBe('https://securityhub.eu-west-1.amazonaws.com/findings/import');
    expect(JSON.parse(String(sent[0]?.init?.body))).toEqual({ Findings: [asffOf(TOLD, PLACE)] });
    expect(sent[0]?.init).toMatchObject({
      method: 'POST',
      redirect: 'error',
      headers: {
        authorization: expect.stringMatching(
          /^AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE\/\d{8}\/eu-west-1\/securityhub\/aws4_request, SignedHeaders=content-type;host;/,
        ),
      },
    });
  });

  it.each([
    [
      reply({ FailedCount: 1, FailedFindings: [{ Id: 'x', ErrorCode: 'InvalidInput' }] }),
      'InvalidInput',
      'not-applied',
      false,
    ],
    [reply({ FailedCount: 1 }), 'HTTP 200', 'not-applied', false],
    [
      reply({}, 401, { 'x-amzn-errortype': 'InvalidAccessException:http://x' }),
      'InvalidAccessException',
      'not-applied',
      false,
    ],
    [reply('slow down', 429), 'HTTP 429', 'not-applied', true],
    [reply('oops', 503), 'HTTP 503', 'maybe-applied', true],
    [Object.assign(new Error('late'), { name: 'TimeoutError' }), 'TimeoutError', 'maybe-applied', true],
  ])('throws what Security Hub does not take: %#', async (answer, code, outcome, retryable) => {
    await expect(sinkOn(answer).sink.tell(TOLD)).rejects.toMatchObject({
      name: 'PortError',
      code,
      outcome,
      retryable,
    });
  });

  it('takes an answer without counts for well', async () => {
    await expect(sinkOn(reply('')).sink.tell(TOLD)).resolves.toBeUndefined();
  });
});
