import { answer } from '#functions/revoke/answer.ts';
import { TIMING } from '../../loop/system.ts';
import { at, textAt } from '../at.ts';
import { openTown } from '../bench.ts';
import { type Intact, iamRequest, isIntact } from '../samples/gateway.ts';
import type { Opened, Outcome, Target } from '../target.ts';
import { Nested } from '../tree.ts';
import { type Heard, Violation } from '../watch.ts';

const RESPONDER = 'arn:aws:sts::111122223333:assumed-role/tokenward-dev-responder/ann';
const INVOCATION = 'invocation-1';

/** What a responder sends: `POST /revocations`, or the same order by direct invoke. */
const orders = (keyId: string): readonly object[] => {
  const order = (part: object): object => ({
    reason: 'found in a public repository',
    incidentId: 'INC-7',
    ...part,
  });
  const principal = 'arn:aws:iam::111122223333:role/orders-service';
  return [
    order({ action: 'suspend', tokenId: 'orders', until: '2026-11-25T08:00:00Z' }),
    order({ action: 'release', tokenId: 'orders', noWait: true }),
    order({ action: 'revoke', keyId, dryRun: true }),
    order({ action: 'revoke', tokenId: 'trap', dryRun: false }),
    order({ action: 'reissue', tokenId: 'ledger', noWait: true }),
    order({ action: 'rotate', tokenId: 'ledger' }),
    order({ action: 'revoke', tokenId: 'nobody' }),
    order({ action: 'suspend', principal, expectCount: 3 }),
    order({ action: 'release', user: 'arn:aws:iam::111122223333:user/team/ci' }),
  ];
};

function judge(intact: Intact, { event, answer: given, fault, calls, changed, audited }: Heard): Outcome {
  if (fault !== undefined) throw new Violation('unclassified', 'an order was thrown, not answered');
  const http = at(given, 'statusCode');
  if (isIntact(event, intact) && typeof http !== 'number') {
    throw new Violation('answer', 'a request by the gateway was not answered in the form it demands');
  }
  const status = typeof http === 'number' ? http : at(given, 'status');
  const said: unknown = typeof http === 'number' ? JSON.parse(textAt(given, 'body')) : given;
  const actor =
    typeof http === 'number' ? textAt(event, 'requestContext', 'identity', 'userArn') : INVOCATION;
  if (audited.some((record) => record.actor.kind !== 'system' && record.actor.id !== actor)) {
    throw new Violation('audit', 'a change is laid at the door of somebody who did not ask for it');
  }
  if (status === 400 && calls.length > 0)
    throw new Violation('work', 'calls were made for an order that was refused');
  if (status === 400 || status === 404) return { name: String(status), refused: true };
  const outcome = textAt(said, 'outcome');
  if (outcome === 'dry-run') return { name: outcome, refused: true };
  if (status !== 200 && status !== 409) throw new Violation('answer', `the status is ${String(status)}`);
  return { name: outcome, refused: !changed };
}

/** `revoke`, by either way in. The actor is who signed, or the invocation: never a name from the body. */
export function revokeTarget(run: typeof answer = answer): Target {
  async function open(): Promise<Opened> {
    const { world, ports, tokens } = await openTown();
    const sent = orders(tokens[0]?.split('_')[2] ?? '');
    const requests = sent.map((order) => iamRequest('/revocations', RESPONDER, new Nested(order)));
    return {
      world,
      ports,
      tokens,
      run: (event) => run(event, INVOCATION, { ...ports, vault: ports.vault }, TIMING),
      judge: (heard) => judge(requests[0] as Intact, heard),
      samples: [...requests, ...sent],
    };
  }
  return {
    name: 'revoke',
    open,
    most: { calls: 120, said: 65_536 },
    meets: ['400', '404', 'applied', 'unchanged', 'dry-run', 'refused'],
  };
}
