import { randomUUID } from 'node:crypto';
import type { Clock, Explanation, Log, Metrics, UsageSink } from '#core/ports.ts';
import { type RouteTable, scopesOf } from '#core/token/routes.ts';
import { addUse, emptyWindow, flushed, isFlushDue, returned, type UsageWindow } from '#core/token/usage.ts';
import type { DenialReason } from '#core/token/verify.ts';
import { BadEventError } from '#events/bad-event.ts';
import { type AuthorizeRequest, parseAuthorizeRequest } from '#events/gateway.ts';
import { type Answer, answerOf, parseExplain } from './answer.ts';
import { bearerOf } from './bearer.ts';
import type { Verdict, Verifier } from './verifier.ts';

export interface AuthorizePorts {
  readonly verifier: Verifier;
  readonly usage: UsageSink;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

export interface AuthorizeConfig {
  readonly audience: string;
  readonly routes: RouteTable;
}

/** How long telling usage may hold up an answer. */
const USAGE_PATIENCE_MS = 250;

/**
 * How long it may hold up a denial that `respond` is to hear of at once. A container that has answered is frozen with
 * what it has under way, maybe for minutes, and whoever holds a stolen token has time.
 */
const URGENT_DENIAL_PATIENCE_MS = 2_000;

/** What of T + R is kept for a timer that wakes late. */
const REPLY_RESERVE_MS = 25;

/**
 * The Lambda authorizer's run: one function for HTTP API and REST API, and for explain mode by direct invoke. A
 * denial says nothing of its reason outside; inside, the reason is logged and counted.
 */
export function createAuthorizeRun(
  ports: AuthorizePorts,
  config: AuthorizeConfig,
): (event: unknown) => Promise<Answer | Explanation> {
  let window: UsageWindow = emptyWindow(ports.clock.now());

  async function judge(request: AuthorizeRequest): Promise<Verdict> {
    const scopes = scopesOf(config.routes, request.route);
    if (scopes === undefined) return { allow: false, reason: 'route' };
    const bearer = bearerOf(request.authorization);
    if (bearer === undefined) return { allow: false, reason: 'malformed' };
    return ports.verifier.verify(bearer, { audience: config.audience, scopes, source: request.source });
  }

  async function tell(request: AuthorizeRequest, verdict: Verdict): Promise<void> {
    const now = ports.clock.now();
    let urgent = false;
    if (verdict.version !== undefined) {
      const { keyId, fields, canary } = verdict.version;
      const use = {
        at: now,
        keyId,
        tokenId: fields.tokenId,
        network: request.source.vpcEndpoint ?? request.source.ip ?? 'unknown',
        client: request.client,
        allowed: verdict.allow,
        ...(verdict.allow ? {} : { reason: verdict.reason }),
        canary,
      };
      ({ window, urgent } = addUse(window, use, randomUUID()));
    }
    if (!urgent && !isFlushDue(window, now)) return;
    const { entries } = window;
    window = flushed(window, now);
    const sending = send(entries);
    const patience = patienceWith(verdict, urgent);
    if (patience > 0) await Promise.race([sending, ports.clock.sleep(patience)]);
  }

  async function send(entries: UsageWindow['entries']): Promise<void> {
    try {
      await ports.usage.send([...entries.values()]);
    } catch (fault) {
      window = returned(window, entries, ports.clock.now());
      ports.metrics.count('UsageNotSent', entries.size);
      ports.log.warn('usage was not sent', { fault: fault instanceof Error ? fault.name : 'unknown' });
    }
  }

  return async (event) => {
    const explain = parseExplain(event);
    if (explain !== undefined) return ports.verifier.explain(explain.keyId);
    const started = ports.clock.monotonic();
    const parsed = parseAuthorizeRequest(event);
    if (!parsed.ok) {
      ports.metrics.count('Denied', 1, { reason: 'bad-event' });
      ports.log.error('not an authorizer event', { field: parsed.error.field });
      throw new BadEventError(`not an authorizer event: ${parsed.error.field}`);
    }
    const verdict = await judge(parsed.value);
    report(verdict, ports);
    await tell(parsed.value, verdict);
    ports.metrics.milliseconds('AuthorizeMs', ports.clock.monotonic() - started);
    return answerOf(parsed.value, verdict);
  };
}

/** An acceptance leaves within the T + R that it was given in; a denial is right however late. */
function patienceWith(verdict: Verdict, urgent: boolean): number {
  if (verdict.allow) return Math.min(USAGE_PATIENCE_MS, verdict.leftMs - REPLY_RESERVE_MS);
  return urgent ? URGENT_DENIAL_PATIENCE_MS : USAGE_PATIENCE_MS;
}

function report(verdict: Verdict, ports: AuthorizePorts): void {
  if (verdict.allow) {
    ports.metrics.count('Allowed');
    return;
  }
  const reason: DenialReason = verdict.reason;
  ports.metrics.count('Denied', 1, { reason });
  ports.log.info('denied', { reason, keyId: verdict.version?.keyId });
}
