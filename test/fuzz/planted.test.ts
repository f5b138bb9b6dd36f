import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '#core/audit/entry.ts';
import { keys } from '#core/keys.ts';
import { parseToken } from '#core/token/format.ts';
import { createAuthorizeRun } from '#functions/authorize/run.ts';
import type { Verifier } from '#functions/authorize/verifier.ts';
import { run as issue } from '#functions/issue/run.ts';
import { run as respond } from '#functions/respond/run.ts';
import { answer as revoke } from '#functions/revoke/answer.ts';
import { RotationError } from '#functions/rotate/context.ts';
import { run as rotate } from '#functions/rotate/run.ts';
import { verifierOf } from '../authorize/history.ts';
import { PARTNER, SESSION } from '../issue/harness.ts';
import type { MemoryPorts } from '../ports/ports.ts';
import { at, textAt } from './at.ts';
import { FACTOR_MOST } from './growth.ts';
import { hunt } from './hunt.ts';
import { mendPrototypes } from './prototypes.ts';
import { steepestOf } from './pumps.ts';
import { growthOfRegex } from './regexes.ts';
import type { Target } from './target.ts';
import { authorizeTarget } from './targets/authorize.ts';
import { credentialTarget } from './targets/credential.ts';
import { issueTarget } from './targets/issue.ts';
import { registerTarget } from './targets/register.ts';
import { respondTarget, usageTarget } from './targets/respond.ts';
import { revokeTarget } from './targets/revoke.ts';
import { rotateTarget } from './targets/rotate.ts';

/** Known-bad variants of our own code: the harness that finds nothing in the product finds each of them. */
type Planted = readonly [fault: string, property: string, target: Target];

const version = (ports: MemoryPorts, keyId: string): unknown =>
  [...ports.registry.items.values()].find((item) => item.kind === 'version' && item.keyId === keyId);

/** A verifier that asks the real one about a text that it made itself of what was presented. */
const reading =
  (read: (text: string) => string) =>
  (ports: MemoryPorts): Verifier => {
    const real = verifierOf({ ...ports, store: ports.registry });
    return { ...real, verify: (text, need, mode) => real.verify(read(text), need, mode) };
  };

/** A verifier that accepts whatever a judgement of its own does. */
const accepting =
  (accepts: (text: string, ports: MemoryPorts) => unknown) =>
  (ports: MemoryPorts): Verifier => {
    const real = verifierOf({ ...ports, store: ports.registry });
    return {
      ...real,
      async verify(text, need, mode) {
        const found = accepts(text, ports);
        return found === undefined
          ? real.verify(text, need, mode)
          : { allow: true, version: found as never, leftMs: 1_000 };
      },
    };
  };

const keyIdOf = (text: string): string => text.split('_')[2] ?? '';

/** A merge that follows every key. */
function merge(into: Record<string, unknown>, from: unknown): void {
  for (const key of Object.keys(from as object)) {
    const value = (from as Record<string, unknown>)[key];
    if (typeof value === 'object' && value !== null && typeof into[key] === 'object') {
      merge(into[key] as Record<string, unknown>, value);
    } else into[key] = value;
  }
}

const bodyOf = (event: unknown): unknown => {
  try {
    return JSON.parse(textAt(event, 'body'));
  } catch {
    return undefined;
  }
};

const recordsOf = (event: unknown): readonly unknown[] => {
  const records = at(event, 'Records');
  return Array.isArray(records) ? records : [];
};

const ALLOWS: readonly Planted[] = [
  [
    'a verifier that allows all that it knows',
    'allow',
    credentialTarget({ verifier: accepting((text, ports) => version(ports, keyIdOf(text))) }),
  ],
  [
    'a verifier that takes the checksum for a proof',
    'allow',
    credentialTarget({
      verifier: accepting((text, ports) => (parseToken(text).ok ? version(ports, keyIdOf(text)) : undefined)),
    }),
  ],
  [
    'a verifier that drops padding',
    'allow',
    credentialTarget({ verifier: reading((text) => text.replace(/=+$/, '')) }),
  ],
  [
    'a verifier that cuts what is too long',
    'allow',
    credentialTarget({ verifier: reading((text) => text.slice(0, 74)) }),
  ],
  ['a verifier that decodes', 'allow', credentialTarget({ verifier: reading((text) => decode(text)) })],
  [
    'a verifier that minds no networks',
    'allow',
    authorizeTarget({
      verifier: (ports) => {
        const real = verifierOf({ ...ports, store: ports.registry });
        return {
          ...real,
          verify: (text, need) => real.verify(text, { ...need, source: { ip: '10.1.2.3' } }),
        };
      },
    }),
  ],
  [
    'an issuer that forgets what was offered',
    'allow',
    issueTarget((event, id, ports, config) =>
      issue(event, id, ports, { ...config, offers: [{ ...PARTNER, maxTtlSeconds: 1e6 }, SESSION] }),
    ),
  ],
  [
    'a registration that minds no networks',
    'allow',
    registerTarget((event, id, ports, config) => issue(withoutNetworks(event), id, ports, config)),
  ],
];

function withoutNetworks(event: unknown): unknown {
  const properties = at(event, 'ResourceProperties');
  try {
    const declared = { ...JSON.parse(textAt(properties, 'declaration')), networks: [] };
    return {
      ...(event as object),
      ResourceProperties: { ...(properties as object), declaration: JSON.stringify(declared) },
    };
  } catch {
    return event;
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const THROWS: readonly Planted[] = [
  [
    'a body that is parsed unguarded',
    'unclassified',
    respondTarget((event, ports, config) => {
      for (const record of recordsOf(event)) JSON.parse(textAt(record, 'body'));
      return respond(event, ports, config);
    }),
  ],
  [
    'a field that is taken to be there',
    'unclassified',
    usageTarget((event, ports, config) => {
      for (const { body } of recordsOf(event) as readonly { body: string }[]) body.trim();
      return respond(event, ports, config);
    }),
  ],
  [
    'a mistake that is caught and logged',
    'unclassified',
    rotateTarget(async (event, ports) => {
      try {
        (event as { SecretId: string }).SecretId.split(':');
      } catch (fault) {
        ports.log.warn('went on', { fault: String(fault) });
      }
      await rotate(event, ports);
    }),
  ],
  [
    'a throw for a large body',
    'answer',
    issueTarget(async (event, id, ports, config) => {
      if (textAt(event, 'body').length > 2_048) throw new RotationError('bad-event', 'too large');
      return issue(event, id, ports, config);
    }),
  ],
];

const TELLS: readonly Planted[] = [
  [
    'a log of the header',
    'secret',
    authorizeTarget({
      run: (ports, config) => {
        const real = createAuthorizeRun(ports, config);
        return (event) => {
          ports.log.info('asked', {
            authorization: [...textAt(event, 'headers', 'authorization')].join('\u200b'),
          });
          ports.log.info('asked', { authorization: textAt(event, 'headers', 'Authorization').slice(20) });
          return real(event);
        };
      },
    }),
  ],
  [
    'an error that names what it could not read',
    'secret',
    rotateTarget(async (event, ports) => {
      const named = Object.keys(typeof event === 'object' && event !== null ? event : {}).join();
      if (textAt(event, 'Step') === '') throw new RotationError('bad-event', `no step among ${named}`);
      await rotate(event, ports);
    }),
  ],
  [
    'an answer that repeats all of it',
    'size',
    revokeTarget(async (event, id, ports, config) => {
      const given = await revoke(event, id, ports, config);
      return { ...given, headers: { 'x-asked': textAt(event, 'body').repeat(40) } } as typeof given;
    }),
  ],
  [
    'an unescaped record of the audit log',
    'audit',
    revokeTarget(async (event, id, ports, config) => {
      const given = await revoke(event, id, ports, config);
      const log = (ports.registry as unknown as { log: AuditRecord[] }).log;
      const last = log.at(-1);
      if (last?.reason !== undefined) log[log.length - 1] = { ...last, reason: `${last.reason}\n` };
      return given;
    }),
  ],
];

const DOES: readonly Planted[] = [
  [
    'a merge that follows __proto__',
    'prototype',
    revokeTarget((event, id, ports, config) => {
      const body = bodyOf(event);
      if (typeof body === 'object' && body !== null) merge({ defaults: {} }, body);
      return revoke(event, id, ports, config);
    }),
  ],
  [
    'an answer that inherits from its question',
    'prototype',
    revokeTarget(async (event, id, ports, config) => {
      const given = await revoke(event, id, ports, config);
      const noted: Record<string, unknown> = {};
      for (const key of ['__proto__']) noted[key] = at(bodyOf(event), key);
      return { ...given, noted };
    }),
  ],
  [
    'a mark that is set before the message is read',
    'state',
    respondTarget(async (event, ports, config) => {
      await ports.pager.page({ key: 'seen', title: 'seen', body: 'seen' });
      return respond(event, ports, config);
    }),
  ],
  [
    'a read for every character of a message',
    'work',
    usageTarget(async (event, ports, config) => {
      for (const record of recordsOf(event)) {
        for (const character of textAt(record, 'body')) await ports.registry.get(keys.token(character));
      }
      return respond(event, ports, config);
    }),
  ],
  [
    'an actor from the body',
    'audit',
    revokeTarget((event, id, ports, config) => {
      return revoke(event, textAt(event, 'incidentId') || id, ports, config);
    }),
  ],
  [
    'one poison message that takes its batch along',
    'answer',
    respondTarget(async (event, ports, config) => {
      const answer = await respond(event, ports, config);
      if (answer.batchItemFailures.length === 0) return answer;
      const sent = (event as { Records: { messageId: string }[] }).Records;
      return { batchItemFailures: sent.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    }),
  ],
];

describe('a planted fault is found', () => {
  it.each([...ALLOWS, ...THROWS, ...TELLS, ...DOES])('%s: %s', async (_fault, property, target) => {
    const { find } = await hunt(target, { seed: 1, inputs: 20_000, shrink: false });
    expect(find?.property, find?.message).toBe(property);
    expect(mendPrototypes()).toEqual([]);
  });
});

describe('what takes more for each byte the more there are', () => {
  it.each<[string, RegExp]>([
    ['a power of two', /^(a+)+$/],
    ['a power of two, behind a prefix', /^arn:aws:(?:[a-z]+,?)*;$/],
    ['a square, anchored', /^[a-z:]*:[a-z:]*;$/],
    ['a square, at the end', /\s+$/],
    ['a square, behind a prefix', /tokenward\/[a-z]+[a-z]+;/],
  ])('is found in a pattern: %s', async (_how, regex) => {
    expect((await growthOfRegex(regex, 1)).factor).toBeGreaterThan(FACTOR_MOST);
  });

  it.each<[string, Target]>([
    [
      'a header',
      credentialTarget({
        run: (ports, config) => {
          const real = createAuthorizeRun(ports, config);
          return (event) => (/\s+$/.test(textAt(event, 'headers', 'authorization')) ? real({}) : real(event));
        },
      }),
    ],
    [
      'a name',
      rotateTarget((event, ports) => {
        let left = textAt(event, 'SecretId');
        const all: string[] = [];
        for (; left !== ''; left = left.slice(1)) if (!all.includes(left.charAt(0))) all.push(left);
        return rotate(event, ports);
      }),
    ],
    [
      'a list',
      respondTarget((event, ports, config) => {
        const records = recordsOf(event);
        const twice = records.filter(
          (one) => records.filter((other) => isDeepStrictEqual(other, one)).length > 1,
        );
        if (twice.length > 0) ports.log.info('sent twice', { records: twice.length });
        return respond(event, ports, config);
      }),
    ],
  ])('is found in a run: over %s', { timeout: 120_000 }, async (_what, target) => {
    const { factor, place } = await steepestOf(target);
    expect(factor, place).toBeGreaterThan(FACTOR_MOST);
  });
});
