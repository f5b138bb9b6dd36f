import { append, emptyHead, verifyChain } from '../audit/chain.ts';
import type { AuditEntry } from '../audit/entry.ts';
import type { VersionRecord } from '../records.ts';
import { Secret } from '../secret.ts';
import { checkDeclaration } from '../token/check-declaration.ts';
import type { DeclaredToken } from '../token/declaration.ts';
import { EMPTY_FEED, nextFeed, usable } from '../token/feed.ts';
import { formatToken, parseToken, TOKEN_ENTROPY_BYTES, withoutSecrets } from '../token/format.ts';
import { needOf, standingOf } from '../token/verify.ts';

/** The deciding code that `report` carries, as every other function does; the probes run it on known cases. */
export interface RuleCode {
  readonly standingOf: typeof standingOf;
  readonly needOf: typeof needOf;
  readonly checkDeclaration: typeof checkDeclaration;
  readonly append: typeof append;
  readonly verifyChain: typeof verifyChain;
  readonly nextFeed: typeof nextFeed;
  readonly usable: typeof usable;
  readonly formatToken: typeof formatToken;
  readonly parseToken: typeof parseToken;
  readonly withoutSecrets: typeof withoutSecrets;
}

export const RULE_CODE: RuleCode = {
  standingOf,
  needOf,
  checkDeclaration,
  append,
  verifyChain,
  nextFeed,
  usable,
  formatToken,
  parseToken,
  withoutSecrets,
};

/** What each known case should have given, and what it gave. */
export type Rules = Readonly<
  Record<RuleName, readonly { readonly case: string; readonly want: string; readonly got: string }[]>
>;

const NAMES = [
  'expiry',
  'revoked',
  'suspended',
  'audience',
  'scope',
  'network',
  'declaration',
  'approver',
  'chain',
  'identity',
  'feed',
  'format',
  'redaction',
] as const;

export type RuleName = (typeof NAMES)[number];

const NOW = Date.UTC(2026, 0, 1);
const FIELDS: VersionRecord['fields'] = {
  tokenId: 'probe',
  principal: { arn: 'external:probe' },
  scopes: ['probe:read'],
  audience: 'probe',
  networks: ['192.0.2.0/24'],
  hardMaxAt: NOW + 1_000,
};
const VERSION: VersionRecord = {
  schema: 1,
  kind: 'version',
  rev: 1,
  keyId: 'probe00000000000',
  versionId: 'probe',
  class: 'managed',
  state: 'current',
  suspended: false,
  canary: false,
  fields: FIELDS,
  fieldsMac: { pepper: 1, value: '' },
  tokenMac: { pepper: 1, value: '' },
  createdAt: NOW,
  expiresAt: NOW + 1_000,
};
const NEED = { audience: 'probe', scopes: ['probe:read'], source: { ip: '192.0.2.7' } } as const;
const ENTRY: AuditEntry = { action: 'version.revoked', at: NOW, actor: { kind: 'system', id: 'probe' } };
const ROLE = 'arn:aws:iam::111122223333:role/probe';
const DECLARED: DeclaredToken = {
  id: 'probe-token',
  principal: ROLE,
  owner: 'probe-owner',
  approver: 'probe-approver',
  changeReference: 'CHG-0',
  purpose: 'a probe of the rules',
  scopes: ['probe:read'],
  audience: 'probe',
  readers: [ROLE],
  networks: [],
  regions: ['eu-west-1'],
  criticality: 'normal',
  rotationHours: 24,
  rotationWindowHours: 3,
  overlapMinutes: 60,
  hardMaxHours: 72,
  consumerCacheMinutes: 15,
  canary: false,
  unusedAfterDays: 30,
};

type Case = readonly [name: string, want: string, got: unknown];

/** Runs every known case. Pure: the same code gives the same answers. */
export function probeRules(code: RuleCode = RULE_CODE): Rules {
  const groups = casesOf(code);
  return Object.fromEntries(
    NAMES.map((name) => [
      name,
      groups[name].map(([what, want, got]) => ({ case: what, want, got: String(got) })),
    ]),
  ) as unknown as Rules;
}

function casesOf(code: RuleCode): Readonly<Record<RuleName, readonly Case[]>> {
  const standing = (part: Partial<VersionRecord>, at = NOW) =>
    code.standingOf({ ...VERSION, ...part }, at, 'normal') ?? 'accepted';
  const need = (part: Partial<Parameters<typeof needOf>[1]>) =>
    code.needOf(VERSION, { ...NEED, ...part }, 'normal') ?? 'accepted';
  return {
    expiry: [
      ['before its end', 'accepted', standing({}, NOW + 999)],
      ['at its end', 'expired', standing({}, NOW + 1_000)],
      ['past its hard maximum', 'expired', standing({ expiresAt: NOW + 9_000 }, NOW + 1_000)],
    ],
    revoked: [['a revoked version', 'revoked', standing({ state: 'revoked' })]],
    suspended: [['a suspended version', 'suspended', standing({ suspended: true })]],
    audience: [
      ['its own audience', 'accepted', need({})],
      ['another audience', 'audience', need({ audience: 'other' })],
    ],
    scope: [['a scope it was not given', 'scope', need({ scopes: ['probe:read', 'probe:write'] })]],
    network: [['another network', 'network', need({ source: { ip: '198.51.100.7' } })]],
    declaration: declarationCases(code),
    approver: [['approved by its owner', 'approver', fieldsWrong(code, { approver: ' Probe-Owner' })]],
    ...logCases(code),
    feed: feedCases(code),
    ...formatCases(code),
  };
}

const fieldsWrong = ({ checkDeclaration: judge }: RuleCode, part: Partial<DeclaredToken>): string =>
  judge([{ ...DECLARED, ...part }], [], { stage: 'production' })
    .map(({ field }) => field)
    .join();

const declarationCases = (code: RuleCode): readonly Case[] => [
  ['all that is demanded', '', fieldsWrong(code, {})],
  ['no owner', 'owner', fieldsWrong(code, { owner: '' })],
  ['no approver', 'approver', fieldsWrong(code, { approver: '' })],
  ['no purpose', 'purpose', fieldsWrong(code, { purpose: '' })],
  ['a wildcard scope', 'scopes', fieldsWrong(code, { scopes: ['probe:*'] })],
  ['a life shorter than its rotation', 'hardMaxHours', fieldsWrong(code, { hardMaxHours: 24 })],
];

function logCases(code: RuleCode): Readonly<Record<'chain' | 'identity', readonly Case[]>> {
  const { records, head } = code.append([ENTRY, ENTRY, ENTRY], emptyHead(0));
  const verdict = (some: typeof records): string => {
    const read = code.verifyChain(some, head);
    return read.ok ? 'holds' : read.error.reason;
  };
  const edited = records.map((record, at) =>
    at === 1 ? { ...record, action: 'version.set' as const } : record,
  );
  return {
    chain: [
      ['as written', 'holds', verdict(records)],
      ['a record edited', 'edited', verdict(edited)],
      ['a record removed', 'gap', verdict(records.filter((_, at) => at !== 1))],
      ['the tail cut', 'truncated', verdict(records.slice(0, 2))],
    ],
    identity: [
      ['who', 'system probe', `${records[0]?.actor.kind} ${records[0]?.actor.id}`],
      ['when', '2026-01-01T00:00:00.000Z', records[0]?.at],
    ],
  };
}

function feedCases(code: RuleCode): readonly Case[] {
  const told = code.nextFeed(EMPTY_FEED, [VERSION.keyId]);
  return [
    ['a record read before its revocation', 'false', code.usable({ keyId: VERSION.keyId, tag: 0 }, told)],
    ['a record read after it', 'true', code.usable({ keyId: VERSION.keyId, tag: told.gen }, told)],
  ];
}

function formatCases(code: RuleCode): Readonly<Record<'format' | 'redaction', readonly Case[]>> {
  const entropy = new Uint8Array(TOKEN_ENTROPY_BYTES).fill(7);
  const token = code.formatToken('probe', entropy).token.reveal();
  const parsed = (text: string): string => {
    const read = code.parseToken(text);
    return read.ok ? 'read' : read.error.reason;
  };
  const secret = Secret.of(token);
  const short = (): string => {
    try {
      code.formatToken('probe', entropy.subarray(1));
      return 'made';
    } catch {
      return 'refused';
    }
  };
  return {
    format: [
      ['as made', 'read', parsed(token)],
      ['with another checksum', 'checksum', parsed(`${token.slice(0, -6)}000000`)],
      ['of too few random bytes', 'refused', short()],
    ],
    redaction: [
      ['in a template string', '[redacted]', `${secret}`],
      ['in JSON', '"[redacted]"', JSON.stringify(secret)],
      ['in free text', 'false', code.withoutSecrets(`x ${token}`).includes(token.slice(-49))],
    ],
  };
}
