import { readRange } from './address.ts';
import {
  CLOCK_SKEW_MINUTES,
  type DeclaredToken,
  EXCHANGE_TTL_LIMIT_SECONDS,
  type ExchangeOffer,
  type Offer,
  RETURN_ONCE_TTL_LIMIT_SECONDS,
  type ReturnOnceOffer,
  ROTATION_FLOOR_HOURS,
  type Stage,
  SWEEP_PERIOD_MINUTES,
} from './declaration.ts';
import { holdsToken, withoutSecrets } from './format.ts';
import { isSamePerson } from './people.ts';

/** One thing wrong with a declaration: whose, which field, what, and what to write instead. */
export interface DeclarationProblem {
  /** The id of the token or offer. */
  readonly token: string;
  readonly field: string;
  readonly problem: string;
  readonly fix: string;
}

/** How much of Lambda's 4 KB of environment the offers may take, as JSON, in bytes. */
export const OFFERS_MAX_BYTES = 2_048;

/** Secrets Manager's longest schedule. */
const ROTATION_CEILING_HOURS: number = 999 * 24;

const ID = /^[a-z0-9-]{3,48}$/;
const IAM_ARN = /^arn:aws(?:-[a-z]+)*:iam::\d{12}:(?:role|user)\/(?:[\w+=,.@-]+\/)*[\w+=,.@-]{1,64}$/;
const SCOPE = /^[A-Za-z0-9][A-Za-z0-9:._/-]{0,63}$/;
const AUDIENCE = /^[A-Za-z0-9][A-Za-z0-9:._/-]{0,127}$/;
const REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/;
const VPC_ENDPOINT = /^vpce-[0-9a-f]{8,17}$/;
/** What the sandbox's sample makes for itself; a token of production belongs to a role of yours. */
const SANDBOX_ROLE = /:role\/tokenward-[a-z0-9]+-sample-/;

/** Takes one problem of a declaration: the field, what is wrong with it, what to write instead. */
type Report = (field: string, problem: string, fix: string) => void;

/**
 * Everything wrong with a set of declarations, all at once; empty when they may be deployed (AC-2, AC-5, AC-6,
 * IA-5, CM-6). The inequalities keep the promise that whatever a consumer within its cache time may hold is
 * valid (S1), and that a rotation that fails thrice does not outrun the hard maximum.
 *
 * @param deployers ARNs of who may deploy: a declaration is issued by its deployment, so none of them approves one.
 */
export function checkDeclaration(
  tokens: readonly DeclaredToken[],
  offers: readonly Offer[],
  { stage, deployers = [] }: { readonly stage: Stage; readonly deployers?: readonly string[] },
): readonly DeclarationProblem[] {
  const problems: DeclarationProblem[] = [];
  const reporter =
    (token: string): Report =>
    (field, problem, fix) => {
      // What is wrong with a field repeats it, and a token pasted into one must not be told further (S5).
      problems.push({ token, field, problem: withoutSecrets(problem), fix });
    };
  const seen = new Set<string>();
  for (const declared of [...tokens, ...offers]) {
    const report = reporter(declared.id);
    if (!ID.test(declared.id))
      report('id', 'is not [a-z0-9-]{3,48}', 'use lower-case letters, digits and hyphens');
    if (seen.has(declared.id))
      report('id', 'is declared twice', 'give each token and offer an id of its own');
    seen.add(declared.id);
    checkGrant(declared, report);
  }
  for (const token of tokens) checkToken(token, { stage, deployers }, reporter(token.id));
  for (const offer of offers) {
    if (offer.kind === 'exchange') checkExchange(offer, { stage, deployers }, reporter(offer.id));
    else checkReturnOnce(offer, stage, reporter(offer.id));
  }
  const size = new TextEncoder().encode(JSON.stringify(offers)).length;
  if (size > OFFERS_MAX_BYTES) {
    reporter('offers')(
      'offers',
      `take ${size} bytes of JSON`,
      `stay within ${OFFERS_MAX_BYTES}: fewer or shorter offers`,
    );
  }
  return problems;
}

interface Circumstances {
  readonly stage: Stage;
  readonly deployers: readonly string[];
}

function checkToken(token: DeclaredToken, { stage, deployers }: Circumstances, report: Report): void {
  checkPeople(token, deployers, report);
  checkPrincipals('principal', [token.principal], stage, report);
  checkPrincipals('readers', token.readers, stage, report);
  if (token.readers.length === 0 && !token.canary) {
    report('readers', 'is empty', 'name the roles that read the secret; only a canary has none');
  }
  checkNetworks(token.networks, report);
  if (token.regions.length === 0)
    report('regions', 'is empty', 'name the regions in which the token is used');
  for (const region of token.regions.filter((name) => !REGION.test(name))) {
    report('regions', `"${region}" is no region`, 'write it like eu-central-1');
  }
  checkTimes(token, report);
  if (stage === 'production' && token.unusedAfterDays === 0 && !token.canary) {
    report(
      'unusedAfterDays',
      'is 0, a sandbox setting',
      'say after how many days without use it is suspended',
    );
  }
}

function checkTimes(token: DeclaredToken, report: Report): void {
  const { rotationHours, rotationWindowHours, overlapMinutes, hardMaxHours, consumerCacheMinutes } = token;
  whole('rotationHours', rotationHours, ROTATION_FLOOR_HOURS, ROTATION_CEILING_HOURS, report);
  whole('rotationWindowHours', rotationWindowHours, 1, 24, report);
  whole('overlapMinutes', overlapMinutes, 1, ROTATION_CEILING_HOURS * 60, report);
  whole('hardMaxHours', hardMaxHours, 1, 2 * ROTATION_CEILING_HOURS, report);
  whole('consumerCacheMinutes', consumerCacheMinutes, 0, ROTATION_CEILING_HOURS * 60, report);
  whole('unusedAfterDays', token.unusedAfterDays, 0, 3_650, report);
  if (rotationWindowHours > rotationHours) {
    report(
      'rotationWindowHours',
      'reaches into the next rotation',
      `make it at most rotationHours (${rotationHours})`,
    );
  }
  const leastOverlap = consumerCacheMinutes + CLOCK_SKEW_MINUTES;
  if (overlapMinutes < leastOverlap) {
    report(
      'overlapMinutes',
      `is shorter than the longest consumer cache and clock skew`,
      `make it at least ${leastOverlap} (consumerCacheMinutes ${consumerCacheMinutes} + ${CLOCK_SKEW_MINUTES})`,
    );
  }
  if (overlapMinutes >= rotationHours * 60) {
    report('overlapMinutes', 'reaches the next rotation', `make it less than ${rotationHours * 60}`);
  }
  const least = rotationHours + rotationWindowHours + (overlapMinutes + 3 * SWEEP_PERIOD_MINUTES) / 60;
  if (hardMaxHours < least) {
    report(
      'hardMaxHours',
      'is shorter than interval + window + overlap + three sweep periods',
      `make it at least ${Math.ceil(least)}`,
    );
  }
}

function checkReturnOnce(offer: ReturnOnceOffer, stage: Stage, report: Report): void {
  if (offer.issuers.length === 0) report('issuers', 'is empty', 'name the IAM roles that may issue');
  checkPrincipals('issuers', offer.issuers, stage, report);
  whole('maxTtlSeconds', offer.maxTtlSeconds, 60, RETURN_ONCE_TTL_LIMIT_SECONDS, report);
}

function checkExchange(offer: ExchangeOffer, { stage, deployers }: Circumstances, report: Report): void {
  checkPeople(offer, deployers, report);
  checkPrincipals('principal', [offer.principal], stage, report);
  checkNetworks(offer.networks, report);
  whole('ttlSeconds', offer.ttlSeconds, 60, EXCHANGE_TTL_LIMIT_SECONDS, report);
}

function checkGrant({ scopes, audience }: DeclaredToken | Offer, report: Report): void {
  if (scopes.length === 0) report('scopes', 'is empty', 'name what the token may do');
  if (new Set(scopes).size < scopes.length) report('scopes', 'names a scope twice', 'name each scope once');
  for (const scope of scopes) {
    if (scope.includes('*')) report('scopes', `"${scope}" has a wildcard`, 'name each scope');
    else if (!SCOPE.test(scope)) report('scopes', `"${scope}" is no scope`, 'write it like orders:read');
  }
  if (!AUDIENCE.test(audience) || holdsToken(audience))
    report('audience', `"${audience}" is no audience`, 'name the one API that accepts it');
}

type People = Pick<DeclaredToken, 'owner' | 'approver' | 'changeReference' | 'purpose' | 'principal'>;

function checkPeople(people: People, deployers: readonly string[], report: Report): void {
  for (const field of ['owner', 'approver', 'changeReference', 'purpose'] as const) {
    const text = people[field].trim();
    if (text === '')
      report(field, 'is missing', `say the ${field === 'changeReference' ? 'change reference' : field}`);
    else if (text.length > 256) report(field, 'is too long', 'use at most 256 characters');
    else if (holdsToken(text))
      report(field, 'holds a token', 'name its keyId alone, and revoke it: it was seen');
  }
  const approves = (name: string): boolean => isSamePerson(people.approver, name);
  if (approves(people.owner)) report('approver', 'is the owner', 'let somebody else approve');
  if (approves(people.principal)) {
    report('approver', 'is the principal of the token', 'let somebody else approve');
  }
  if (deployers.some(approves)) {
    report('approver', 'is who deploys', 'let somebody approve who does not issue what is declared (AC-5)');
  }
}

function checkPrincipals(field: string, arns: readonly string[], stage: Stage, report: Report): void {
  if (new Set(arns).size < arns.length) report(field, 'names a principal twice', 'name each once');
  for (const arn of arns) {
    if (arn.includes('*')) report(field, `"${arn}" has a wildcard`, 'name one role or user');
    else if (!IAM_ARN.test(arn)) {
      report(field, `"${arn}" is no ARN of a role or user`, 'write arn:aws:iam::<account>:role/<name>');
    } else if (stage === 'production' && SANDBOX_ROLE.test(arn)) {
      report(field, `"${arn}" is a role of the sandbox's sample`, 'name a role of your own');
    }
  }
}

/** Reports each network that is neither a CIDR block nor a VPC endpoint, or that is every network. */
export function checkNetworks(networks: readonly string[], report: Report): void {
  for (const network of networks.filter((text) => !VPC_ENDPOINT.test(text))) {
    const bits = readRange(network)?.[1];
    if (bits === undefined) {
      report(
        'networks',
        `"${network}" is no CIDR block and no VPC endpoint`,
        'write 10.0.0.0/16 or vpce-0abc…',
      );
    } else if (bits === 0) {
      report('networks', `"${network}" is every network`, 'leave networks empty if any will do');
    }
  }
}

function whole(field: string, value: number, least: number, most: number, report: Report): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  report(field, `is ${value}`, `use a whole number from ${least} to ${most}`);
}
