import { clientFamily } from '#core/detection/client.ts';
import type { Fact, Notice, Reading, Rejection } from '#core/detection/fact.ts';
import { canonicalSecret } from '#core/detection/secret-name.ts';
import { ok, type Result, refuse } from '#core/result.ts';
import { actsOf } from './acts.ts';
import { type Who, whoOf } from './identity.ts';
import { eventTime } from './time.ts';
import { type Bag, bag, inner, shapeOf, text } from './values.ts';

const EVENT_ID_MOST = 128;

/** Denials as services spell them, and a call to a secret that is not there, which a guess looks like. */
const REFUSED =
  /AccessDenied|Unauthorized|NotAuthorized|Forbidden|InvalidClientTokenId|ResourceNotFoundException/i;

const SECRET_EVENT =
  /^(?:Test)?Rotation(?:Started|Succeeded|Failed|Abandoned)$|^(?:Start|End|Cancel)SecretVersionDelete$/;

/** AWS's mark on a principal whose key was found in public, as a policy's name (T0-7). */
const EXPOSED_MARK = /AWS(?:CompromisedKeyQuarantine|ExposedCredentialPolicy)\w*/;

/**
 * What one CloudTrail record says, in its log file's form (EventBridge's `detail`). Never throws; a record whose
 * identity, name or time cannot be read is refused by field. The checks are written out, not a schema's: they run
 * for every record of an account, a hundred times faster.
 *
 * @example
 * { "eventVersion": "1.09", "eventID": "…", "eventName": "GetSecretValue",
 *   "eventSource": "secretsmanager.amazonaws.com", "eventTime": "2026-11-20T10:00:00Z", "awsRegion": "eu-west-1",
 *   "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.17.32 os/linux lang/python#3.11",
 *   "userIdentity": { "type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/mallory", "accessKeyId": "AKIA…" },
 *   "requestParameters": { "secretId": "orders" }, "responseElements": null, "recipientAccountId": "111122223333" }
 */
export function readRecord(value: unknown): Result<Reading, Rejection> {
  const record = bag(value);
  if (record === undefined) return refuse({ field: 'record', shape: shapeOf(value) });
  const reject = (field: string): Result<Reading, Rejection> => refuse({ field, shape: shapeOf(record) });
  const name = text(record, 'eventName');
  const source = text(record, 'eventSource');
  if (name === '') return reject('eventName');
  if (source === '') return reject('eventSource');
  const at = eventTime(text(record, 'eventTime'));
  if (Number.isNaN(at)) return reject('eventTime');
  const addendum = inner(record, 'addendum');
  const eventId = text(addendum, 'originalEventID') || text(record, 'eventID');
  if (eventId === '' || eventId.length > EVENT_ID_MOST) return reject('eventID');
  const update = text(addendum, 'reason') === 'UPDATED_DATA';
  const identity = inner(record, 'userIdentity');
  const account = text(record, 'recipientAccountId') || text(identity, 'accountId');
  const base = { eventId, at, account, region: text(record, 'awsRegion') };
  if (text(record, 'eventType') === 'AwsServiceEvent') {
    return ok({ eventId, facts: [], notices: noticesOf(record, name, base), update });
  }
  const service = source.endsWith('.amazonaws.com') ? source.slice(0, -'.amazonaws.com'.length) : source;
  const api = `${service}:${service === 'lambda' ? name.replace(/\d{8}(?:v\d+)?$/, '') : name}`;
  const refused = REFUSED.test(text(record, 'errorCode'));
  const marked = refused ? [] : exposures(api, record, base);
  const who = whoOf(identity);
  if (who === undefined) return ok({ eventId, facts: marked, notices: [], update });
  const { forwarded, ...actor } = who;
  const agent = forwarded ? '' : text(record, 'userAgent');
  const seen = {
    ...base,
    api,
    ...actor,
    delivery: actor.delivery || (agent.includes('exec-env/AWS_Lambda') ? ('lambda' as const) : ('' as const)),
    network: networkOf(record, who),
    client: agent === '' ? '' : cachedFamily(agent),
    refused,
  };
  const call = {
    account,
    region: base.region,
    request: inner(record, 'requestParameters'),
    response: inner(record, 'responseElements'),
  };
  const facts = actsOf(api, call).map((act): Fact => ({ ...seen, act }));
  return ok({ eventId, facts: [...facts, ...marked], notices: [], update });
}

/** The client's own network: its VPC endpoint first, its address only where it is one and no service stood between. */
function networkOf(record: Bag, who: Who): string {
  if (who.forwarded) return '';
  const endpoint = text(record, 'vpcEndpointId');
  if (endpoint.startsWith('vpce-')) return endpoint;
  const ip = text(record, 'sourceIPAddress');
  return isAddress(ip) ? ip : '';
}

const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
const IPV6 = /^[0-9a-f:]*:[0-9a-f:.]*$/i;

/** Whether a source address is one: `AWS Internal` and service names are not. */
const isAddress = (value: string): boolean =>
  value.length <= 45 && (value.includes(':') ? IPV6.test(value) : IPV4.test(value));

const families = new Map<string, string>();
const FAMILIES_MOST = 8_192;

/** Agents repeat: a family is worked out once for each. */
function cachedFamily(agent: string): string {
  const known = families.get(agent);
  if (known !== undefined) return known;
  if (families.size >= FAMILIES_MOST) families.clear();
  const family = clientFamily(agent);
  families.set(agent, family);
  return family;
}

/** AWS's own mark on a user: whoever put it there, the user's keys are what it speaks of. */
function exposures(
  api: string,
  record: Bag,
  base: Pick<Fact, 'eventId' | 'at' | 'account' | 'region'>,
): readonly Fact[] {
  if (api !== 'iam:AttachUserPolicy' && api !== 'iam:PutUserPolicy') return [];
  const request = inner(record, 'requestParameters');
  const mark = EXPOSED_MARK.exec(`${text(request, 'policyArn')} ${text(request, 'policyName')}`)?.[0];
  const user = text(request, 'userName');
  if (mark === undefined || user === '') return [];
  const arn = `arn:aws:iam::${base.account}:user/${user}`;
  return [
    {
      ...base,
      api,
      credential: arn,
      kind: 'iam-access-key',
      principal: arn,
      session: '',
      delivery: '',
      network: '',
      client: '',
      refused: false,
      act: { kind: 'exposed', mark },
    },
  ];
}

/** Secrets Manager's own events: 2021 samples name the secret in `additionalEventData`, later ones elsewhere. */
function noticesOf(
  record: Bag,
  name: string,
  base: Pick<Fact, 'at' | 'account' | 'region'>,
): readonly Notice[] {
  if (!SECRET_EVENT.test(name)) return [];
  const more = inner(record, 'additionalEventData');
  const secret =
    text(more, 'SecretId') ||
    text(more, 'ARN') ||
    text(more, 'arn') ||
    text(more, 'aRN') ||
    text(inner(record, 'serviceEventDetails'), 'secretId');
  if (secret === '') return [];
  return [
    {
      kind: 'rotation',
      name,
      secret: canonicalSecret(secret, base.account, base.region),
      versionId: '',
      at: base.at,
    },
  ];
}

/**
 * What an EventBridge envelope, a replay line `{"event": …}` or a bare record says. `Secret Label Updated` is
 * Secrets Manager's native event, the best clock of a cut-over.
 */
export function readEvent(value: unknown): Result<Reading, Rejection> {
  const outer = bag(value);
  if (outer !== undefined && !Object.hasOwn(outer, 'eventName')) {
    if (Object.hasOwn(outer, 'detail')) {
      return text(outer, 'detail-type') === 'Secret Label Updated'
        ? labelOf(outer)
        : readRecord(outer.detail);
    }
    if (Object.hasOwn(outer, 'event')) return readEvent(outer.event);
  }
  return readRecord(value);
}

function labelOf(envelope: Bag): Result<Reading, Rejection> {
  const detail = inner(envelope, 'detail');
  const at = eventTime(text(envelope, 'time'));
  const eventId = text(envelope, 'id');
  const [arn] = Array.isArray(envelope.resources) ? envelope.resources : [];
  const secret = typeof arn === 'string' ? arn : text(detail, 'name');
  if (eventId === '' || Number.isNaN(at) || secret === '') {
    return refuse({ field: 'detail', shape: shapeOf(envelope) });
  }
  const notice: Notice = {
    kind: 'label',
    name: text(detail, 'labelUpdated'),
    secret: canonicalSecret(secret, text(envelope, 'account'), text(envelope, 'region')),
    versionId: text(detail, 'versionId'),
    at,
  };
  return ok({ eventId, facts: [], notices: [notice], update: false });
}
