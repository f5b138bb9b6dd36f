import { clientFamily } from '#core/detection/client.ts';
import type { Act, Fact, Notice, Reading, Rejection } from '#core/detection/fact.ts';
import { canonicalSecret } from '#core/detection/secret-name.ts';
import { ok, type Result, refuse } from '#core/result.ts';
import { actsOf, hasActs } from './acts.ts';
import { namelessOf, type Who, whoOf } from './identity.ts';
import { eventTime } from './time.ts';
import { type Bag, bag, inner, shapeOf, text } from './values.ts';

const EVENT_ID_MOST = 128;

/** Denials as services spell them, and a call to a secret that is not there, which a guess looks like. */
const REFUSED = /AccessDenied|Unauthorized|NotAuthorized|Forbidden|ResourceNotFoundException/i;

/** The caller did not prove to be who its record names. */
const UNPROVEN =
  /InvalidClientTokenId|SignatureDoesNotMatch|IncompleteSignature|InvalidSignature|UnrecognizedClient|InvalidAccessKeyId|AuthFailure|ExpiredToken|RequestExpired/;

/** Of these it matters who called even where no credential is shown; of all else a service does, it does not. */
const SECRET_READS: readonly string[] = ['GetSecretValue', 'BatchGetSecretValue'];

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
  const identity = inner(record, 'userIdentity');
  const addendum = inner(record, 'addendum');
  const read = interpret({
    eventId: text(addendum, 'originalEventID') || text(record, 'eventID'),
    update: text(addendum, 'reason') === 'UPDATED_DATA',
    name: text(record, 'eventName'),
    source: text(record, 'eventSource'),
    time: text(record, 'eventTime'),
    region: text(record, 'awsRegion'),
    ip: text(record, 'sourceIPAddress'),
    endpoint: text(record, 'vpcEndpointId'),
    agent: text(record, 'userAgent'),
    errorCode: text(record, 'errorCode'),
    account: text(record, 'recipientAccountId') || text(identity, 'accountId'),
    ofService: text(record, 'eventType') === 'AwsServiceEvent',
    who:
      whoOf(identity) ??
      (SECRET_READS.includes(text(record, 'eventName')) ? namelessOf(identity) : undefined),
    inner: (name) => inner(record, name),
  });
  return read.ok ? read : refuse({ field: read.error, shape: shapeOf(record) });
}

/** What a record is judged by, however it was read; empty where a field is missing. */
interface Fields {
  readonly eventId: string;
  readonly update: boolean;
  readonly name: string;
  readonly source: string;
  readonly time: string;
  readonly region: string;
  readonly ip: string;
  readonly endpoint: string;
  readonly agent: string;
  readonly errorCode: string;
  readonly account: string;
  readonly ofService: boolean;
  readonly who: Who | undefined;
  /** An object of the record: asked for where an act needs it. */
  readonly inner: (
    name: 'requestParameters' | 'responseElements' | 'additionalEventData' | 'serviceEventDetails',
  ) => Bag | undefined;
}

/** The reading of a record's fields; the refusal names the field. */
function interpret(fields: Fields): Result<Reading, string> {
  const { eventId, name, source, update, account, region, who, agent } = fields;
  if (name === '') return refuse('eventName');
  if (source === '') return refuse('eventSource');
  const at = eventTime(fields.time);
  if (Number.isNaN(at)) return refuse('eventTime');
  if (eventId === '' || eventId.length > EVENT_ID_MOST) return refuse('eventID');
  const base = { eventId, at, account, region };
  if (fields.ofService) return ok({ eventId, facts: [], notices: noticesOf(fields, base), update });
  const api = apiOf(source, name);
  const refused = fields.errorCode !== '' && REFUSED.test(fields.errorCode);
  const marked = refused ? NO_FACTS : exposures(api, fields, base);
  if (who === undefined) return ok({ eventId, facts: marked, notices: [], update });
  const client = who.forwarded || agent === '' ? '' : cachedFamily(agent);
  const delivery = who.delivery || (client.includes('/lambda') ? 'lambda' : '');
  const factOf = (act: Act): Fact => ({
    eventId,
    at,
    account,
    region,
    api,
    credential: who.credential,
    kind: who.kind,
    principal: who.principal,
    session: who.session,
    delivery,
    network: networkOf(fields, who),
    client,
    refused,
    act,
  });
  if (fields.errorCode !== '' && UNPROVEN.test(fields.errorCode)) {
    return ok({ eventId, facts: [factOf(CLAIMED)], notices: [], update });
  }
  if (!hasActs(api)) return ok({ eventId, facts: [factOf(PLAIN), ...marked], notices: [], update });
  const call = {
    account,
    region,
    request: fields.inner('requestParameters'),
    response: fields.inner('responseElements'),
  };
  return ok({ eventId, facts: [...actsOf(api, call).map(factOf), ...marked], notices: [], update });
}

const NO_FACTS: readonly Fact[] = [];
const PLAIN: Act = { kind: 'plain' };
const CLAIMED: Act = { kind: 'claimed' };

const apis = new Map<string, string>();
const APIS_MOST = 16_384;

/** `service:Call`, without the date and version that Lambda puts after its calls' names. */
function apiOf(source: string, name: string): string {
  const key = `${source} ${name}`;
  const known = apis.get(key);
  if (known !== undefined) return known;
  const service = source.endsWith('.amazonaws.com') ? source.slice(0, -'.amazonaws.com'.length) : source;
  const api = `${service}:${service === 'lambda' ? name.replace(/\d{8}(?:v\d+)?$/, '') : name}`;
  if (apis.size >= APIS_MOST) apis.clear();
  apis.set(key, api);
  return api;
}

/** The client's own network: its VPC endpoint first, its address only where it is one and no service stood between. */
function networkOf({ endpoint, ip }: Fields, who: Who): string {
  if (who.forwarded) return '';
  if (endpoint.startsWith('vpce-')) return endpoint;
  return isAddress(ip) ? ip : '';
}

const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
const IPV6 = /^[0-9a-f]*:[0-9a-f:.]*$/i;

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
  fields: Fields,
  base: Pick<Fact, 'eventId' | 'at' | 'account' | 'region'>,
): readonly Fact[] {
  if (api !== 'iam:AttachUserPolicy' && api !== 'iam:PutUserPolicy') return NO_FACTS;
  const request = fields.inner('requestParameters');
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
function noticesOf(fields: Fields, base: Pick<Fact, 'at' | 'account' | 'region'>): readonly Notice[] {
  const { name } = fields;
  if (!SECRET_EVENT.test(name)) return [];
  const more = fields.inner('additionalEventData');
  const secret =
    text(more, 'SecretId') ||
    text(more, 'ARN') ||
    text(more, 'arn') ||
    text(more, 'aRN') ||
    text(fields.inner('serviceEventDetails'), 'secretId');
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
