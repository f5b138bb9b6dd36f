import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLog } from '#adapters/system/log.ts';
import { createMetrics } from '#adapters/system/metrics.ts';
import { Secret } from '#core/secret.ts';

function captured(write: () => void): Record<string, unknown>[] {
  const lines: string[] = [];
  const keep = (chunk: unknown): boolean => {
    lines.push(String(chunk));
    return true;
  };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  const err = vi.spyOn(process.stderr, 'write').mockImplementation(keep);
  try {
    write();
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
  return lines.flatMap((chunk) => chunk.split('\n').filter(Boolean)).map((line) => JSON.parse(line));
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('createLog', () => {
  it('writes one JSON object a line, with the request and the stage', () => {
    const lines = captured(() => {
      const log = createLog({ service: 'rotate', environment: 'dev' });
      log.request('req-1');
      log.info('first\nsecond', { keyId: 'k\u202e' });
      log.error('failed', { cause: new Error('why'), token: Secret.of('planted') });
    });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      level: 'INFO',
      message: 'first\\u{a}second',
      service: 'rotate',
      environment: 'dev',
      requestId: 'req-1',
      fields: { keyId: 'k\\u{202e}' },
    });
    expect(lines[1]).toMatchObject({
      level: 'ERROR',
      fields: { cause: { message: 'why' }, token: '[redacted]' },
    });
  });

  it('gives no field the place of its own keys', () => {
    const [line] = captured(() =>
      createLog({ service: 'rotate', environment: 'dev' }).warn('m', { level: 'FAKE', service: 'fake' }),
    );
    expect(line).toMatchObject({
      level: 'WARN',
      service: 'rotate',
      fields: { level: 'FAKE', service: 'fake' },
    });
  });

  it('keeps below its level', () => {
    expect(
      captured(() => createLog({ service: 's', environment: 'dev', level: 'ERROR' }).info('quiet')),
    ).toEqual([]);
  });
});

describe('createMetrics', () => {
  it('writes counts and durations in EMF on flush, and nothing when there are none', () => {
    const lines = captured(() => {
      const metrics = createMetrics({ namespace: 'Tokenward', service: 'rotate', environment: 'dev' });
      metrics.flush();
      metrics.count('RotationSucceeded');
      metrics.milliseconds('RotationStepMs', 12);
      metrics.flush();
      metrics.flush();
    });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      RotationSucceeded: 1,
      RotationStepMs: 12,
      environment: 'dev',
      service: 'rotate',
    });
    expect(lines[0]?._aws).toMatchObject({ CloudWatchMetrics: [{ Namespace: 'Tokenward' }] });
  });

  it('writes a count with dimensions apart', () => {
    const lines = captured(() => {
      const metrics = createMetrics({ namespace: 'Tokenward', service: 'rotate', environment: 'dev' });
      metrics.count('RotationStepFailed', 1, { step: 'setSecret' });
      metrics.count('Plain');
      metrics.flush();
    });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ RotationStepFailed: 1, step: 'setSecret' });
    expect(lines[1]).toMatchObject({ Plain: 1 });
    expect(lines[1]).not.toHaveProperty('step');
  });
});
