import { createGuard } from '#functions/authorize/library.ts';
import { textAt } from '../at.ts';
import type { Opened, Outcome, Target } from '../target.ts';
import { Violation } from '../watch.ts';
import { passes } from './authorize.ts';
import { http, openAuthorizer, type Parts } from './authorizer.ts';

interface Answers {
  readonly gateway: unknown;
  readonly guard: { readonly ok: boolean };
}

/**
 * The `Authorization` header alone, whatever a client makes of it: behind a gateway, and by the guard of a service
 * that has none. Both say the same, neither throws, and neither lets pass what is not a token as it was issued.
 */
export function credentialTarget(parts: Parts = {}): Target {
  async function open(): Promise<Opened> {
    const { world, ports, run, verifier, tokens, acceptable } = await openAuthorizer(parts);
    const { log } = ports;
    const guard = createGuard({ verifier, audience: 'prices', log });
    const headerOf = (event: unknown): string | undefined => textAt(event, 'authorization') || undefined;
    return {
      world,
      ports,
      tokens: [...tokens.values()],
      async run(event): Promise<Answers> {
        const authorization = headerOf(event);
        const gateway = await run(http(authorization));
        return {
          gateway,
          guard: await guard.check({ authorization, source: { ip: '10.1.2.3' } }, ['prices:read']),
        };
      },
      judge({ event, answer, fault, lines }): Outcome {
        if (fault !== undefined) throw new Violation('unclassified', 'a header made the authorizer throw');
        const { gateway, guard: admission } = answer as Answers;
        const header = headerOf(event) ?? '';
        const owed = header.slice(0, 7).toLowerCase() === 'bearer ' && acceptable.has(header.slice(7));
        if (passes(gateway) !== owed || admission.ok !== owed) {
          if (owed) throw new Violation('answer', 'an acceptable token was refused');
          throw new Violation(
            'allow',
            'a header was accepted that shows no acceptable token as it was issued',
          );
        }
        const told = JSON.stringify(lines);
        if (header.length >= 24 && told.includes(header))
          throw new Violation('secret', 'the header was told');
        return { name: owed ? 'allowed' : textAt(lines.at(-1), 'fields', 'reason'), refused: true };
      },
      samples: [...tokens.values()].map((text) => ({ authorization: `Bearer ${text}` })),
    };
  }
  return {
    name: 'credential',
    open,
    kinds: {
      'forged token': 40,
      character: 6,
      'look-alike': 4,
      'another case': 3,
      cut: 3,
      'token where none belongs': 2,
      long: 1,
    },
    editsMost: 2,
    most: { calls: 12, said: 16_384 },
    meets: [
      ...['allowed', 'malformed', 'checksum', 'environment', 'unknown', 'mac', 'tampered', 'revoked'],
      ...['suspended', 'expired', 'audience'],
    ],
  };
}
