import { checkDeclaration } from '#core/token/check-declaration.ts';
import { type DeclaredToken, parseDeclaration } from '#core/token/declaration.ts';
import { run as issue } from '#functions/issue/run.ts';
import { ORDERS } from '../../loop/system.ts';
import { at, textAt } from '../at.ts';
import { openTown } from '../bench.ts';
import type { Opened, Outcome, Target } from '../target.ts';
import { Nested } from '../tree.ts';
import { type Heard, Violation } from '../watch.ts';

const STAGE = 'production';
const CONFIG = { environment: 'dev', stage: STAGE, offers: [] } as const;
const URL =
  'https://cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com/x?X-Amz-Signature=';
const SIGNATURE = '8f2c1d0b9e7a6c5d4f3b2a1908f7e6d5c4b3a291807f6e5d4c3b2a1908f7e6d5';

/** CloudFormation takes no longer an answer. */
const ANSWER_MOST_BYTES = 4_096;

/** What a registered token must be like: synth would take it as it is declared. */
const GOOD: DeclaredToken = { ...ORDERS, unusedAfterDays: 30 };

interface Told {
  readonly url: string;
  readonly body: string;
}

function judge(told: Told[], { event, fault, calls }: Heard): Outcome {
  const answers = told.splice(0);
  if (fault !== undefined) {
    if (answers.length > 0) throw new Violation('answer', 'an event was answered and thrown');
    if (calls.length > 0) throw new Violation('work', 'calls were made for an event that is none');
    return { name: 'bad-event', refused: true };
  }
  const [answer] = answers;
  if (answer === undefined || answers.length > 1)
    throw new Violation('answer', `${answers.length} answers were given`);
  if (answer.url !== textAt(event, 'ResponseURL')) throw new Violation('answer', 'another URL was answered');
  if (Buffer.byteLength(answer.body) > ANSWER_MOST_BYTES) {
    throw new Violation('size', `CloudFormation was told ${answer.body.length} characters`);
  }
  const said: unknown = JSON.parse(answer.body);
  for (const field of ['StackId', 'RequestId', 'LogicalResourceId']) {
    if (at(said, field) !== at(event, field)) throw new Violation('answer', `${field} came back as another`);
  }
  if (textAt(said, 'Status') === 'FAILED') {
    const [code = ''] = textAt(said, 'Reason').split(':');
    // The declaration was good; what it is for is not there. Its intent stays for the Delete that follows.
    return { name: code, refused: code !== 'secret-unusable' };
  }
  return { name: `${textAt(event, 'RequestType')} done`, refused: false };
}

/** A declared token by CloudFormation's custom resource: registered, changed, removed, rolled back. */
export function registerTarget(run: typeof issue = issue): Target {
  async function open(): Promise<Opened> {
    const { world, ports, arns, tokens } = await openTown([GOOD, { ...GOOD, id: 'ledger' }]);
    const free = ports.vault.createSecret('tokenward/dev/prices', async () => {});
    const told: Told[] = [];
    const hear: typeof fetch = async (input, init) => {
      // The real one refuses what it cannot parse, and names it.
      const request = new Request(input, init);
      told.push({ url: String(input), body: await request.text() });
      return new Response('');
    };
    const event = (
      RequestType: string,
      declared: object,
      secretArn: string | undefined,
      more: object = {},
    ): object => ({
      RequestType,
      ServiceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:tokenward-dev-issue',
      ResponseURL: `${URL}${SIGNATURE}`,
      StackId: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/tokenward-dev-tokens/5a9a4d30',
      RequestId: '9f3c1d0b-7e6a-4c5d-8f3b-2a1908f7e6d5',
      LogicalResourceId: 'PricesToken',
      ResourceType: 'Custom::TokenwardToken',
      ResourceProperties: {
        ServiceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:tokenward-dev-issue',
        secretArn,
        declaration: new Nested(declared),
      },
      ...more,
    });
    return {
      world,
      ports,
      tokens,
      async run(received) {
        const { fetch: real } = globalThis;
        globalThis.fetch = hear;
        try {
          return await run(received, 'invocation-1', ports, CONFIG);
        } finally {
          globalThis.fetch = real;
        }
      },
      judge(heard) {
        const outcome = judge(told, heard);
        const declared = textAt(heard.event, 'ResourceProperties', 'declaration');
        if (outcome.name === 'Create done' || outcome.name === 'Update done') {
          const read = parseDeclaration(declared);
          const [first] = read.ok ? checkDeclaration([read.value], [], { stage: STAGE }) : read.error;
          if (first !== undefined) {
            throw new Violation('allow', `a token was registered whose ${first.field} ${first.problem}`);
          }
        }
        return outcome;
      },
      samples: [
        event('Create', { ...GOOD, id: 'prices' }, free),
        event('Update', GOOD, arns.orders, { PhysicalResourceId: 'orders' }),
        event('Update', { ...GOOD, scopes: ['prices:read', 'prices:quote'], networks: [] }, arns.orders),
        event('Delete', GOOD, arns.orders, { PhysicalResourceId: 'orders' }),
        event('Delete', GOOD, arns.ledger, {
          PhysicalResourceId: 'failed-9f3c1d0b-7e6a-4c5d-8f3b-2a1908f7e6d5',
        }),
      ],
    };
  }
  return {
    name: 'register',
    open,
    most: { calls: 60, said: 32_768 },
    meets: ['bad-event', 'bad-declaration', 'Create done', 'Update done', 'Delete done'],
  };
}
