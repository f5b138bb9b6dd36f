import { printable } from '../audit/printable.ts';
import { CATALOGUE, isTierZero, type SignalId } from '../detection/catalogue.ts';
import type { EpochMs, EventRecord } from '../records.ts';
import { incidentOf } from './event.ts';
import { type Finding, titleOf } from './finding.ts';

/** A decision as it is told to others: what was found, what was done, and about what. */
export interface Told {
  readonly finding: Finding;
  readonly left: Pick<NonNullable<EventRecord['left']>, 'rung' | 'outcome' | 'page'>;
  readonly target: string;
  /** Of a token's finding. */
  readonly secretArn?: string | undefined;
  readonly at: EpochMs;
}

/** Keeps findings for whoever works in AWS Security Hub. Told again, the same finding is brought up to date. */
export interface FindingSink {
  tell(told: Told): Promise<void>;
}

/** Where the finding belongs. */
export interface Place {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly environment: string;
}

/** What of the AWS Security Finding Format (2018-10-08) is filled in here. */
export interface SecurityFinding {
  readonly SchemaVersion: '2018-10-08';
  readonly Id: string;
  readonly ProductArn: string;
  readonly GeneratorId: string;
  readonly AwsAccountId: string;
  readonly Types: string[];
  readonly CreatedAt: string;
  readonly UpdatedAt: string;
  readonly Severity: { readonly Label: 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL' };
  readonly Title: string;
  readonly Description: string;
  readonly Remediation: { readonly Recommendation: { readonly Text: string } };
  readonly ProductFields: Record<string, string>;
  readonly Resources: {
    Type: string;
    Id: string;
    Partition: 'aws' | 'aws-cn' | 'aws-us-gov';
    Region: string;
  }[];
  readonly Workflow: { readonly Status: 'NEW' | 'NOTIFIED' };
  readonly RecordState: 'ACTIVE';
}

const TITLE_MOST = 256;
const DESCRIPTION_MOST = 1_024;
const ID_MOST = 512;

/** What a signal sees, in the taxonomy of ASFF: `namespace/category`. */
const TYPES: Readonly<Partial<Record<SignalId, string>>> = {
  'T0-5': 'TTPs/Persistence',
  'T0-6': 'TTPs/Defense Evasion',
  'T0-8': 'TTPs/Lateral Movement',
  B7: 'TTPs/Discovery',
  B8: 'TTPs/Discovery',
  B10: 'TTPs/Discovery',
  B11: 'TTPs/Privilege Escalation',
};

/**
 * One decision as a finding of Security Hub (SI-4(5), IR-6): the same words as the page, no value, and nothing that an
 * attacker wrote but what was made printable. Its id is the incident and the target, so that a repeat updates it.
 */
export function asffOf({ finding, left, target, secretArn, at }: Told, place: Place): SecurityFinding {
  const { partition, account, region, environment } = place;
  const { signal, weak, eventId, posterior, who, ruleSet } = finding;
  const incident = incidentOf(eventId);
  const described = signal === 'rotation-failed' ? undefined : CATALOGUE[signal];
  return {
    SchemaVersion: '2018-10-08',
    Id: printable(`${region}/${account}/tokenward-${environment}/${incident}/${target}`).slice(0, ID_MOST),
    ProductArn: productArn(place),
    GeneratorId: `tokenward-${environment}/${signal}`,
    AwsAccountId: account,
    Types: [typeOf(signal)],
    CreatedAt: new Date(finding.at).toISOString(),
    UpdatedAt: new Date(at).toISOString(),
    Severity: { Label: severityOf(left, weak) },
    Title: printable(`${titleOf(signal)} on ${target}`).slice(0, TITLE_MOST),
    Description: left.page.body.slice(0, DESCRIPTION_MOST),
    Remediation: { Recommendation: { Text: `Incident ${incident}: see docs/runbook.md, suspicious use.` } },
    ProductFields: {
      'tokenward/signal': signal,
      'tokenward/rung': left.rung,
      'tokenward/outcome': left.outcome,
      'tokenward/incident': incident,
      'tokenward/event': printable(eventId),
      'tokenward/posterior': posterior.toFixed(6),
      'tokenward/ruleSet': ruleSet,
      ...(described === undefined
        ? {}
        : {
            'tokenward/technique': described.technique,
            'tokenward/controls': described.controls.join(' '),
          }),
    },
    Resources: resourcesOf(who, secretArn).map((resource) => ({
      ...resource,
      Partition: partition as SecurityFinding['Resources'][number]['Partition'],
      Region: region,
    })),
    Workflow: { Status: left.outcome === 'done' ? 'NOTIFIED' : 'NEW' },
    RecordState: 'ACTIVE',
  };
}

/** The product under which an account's own findings are kept, and all that one may import as. */
export const productArn = ({ partition, account, region }: Omit<Place, 'environment'>): string =>
  `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`;

function typeOf(signal: Finding['signal']): string {
  if (signal === 'rotation-failed') return 'Software and Configuration Checks/AWS Security Best Practices';
  return TYPES[signal] ?? (isTierZero(signal) ? 'TTPs/Credential Access' : 'Unusual Behaviors/User');
}

function severityOf({ rung, outcome }: Told['left'], weak: boolean): SecurityFinding['Severity']['Label'] {
  if (outcome === 'alerted') return weak || rung === 'alert' ? 'LOW' : 'HIGH';
  if (outcome === 'observed') return 'MEDIUM';
  return rung === 'revoke' ? 'CRITICAL' : 'HIGH';
}

function resourcesOf(
  { principal, credential }: Finding['who'],
  secretArn: string | undefined,
): readonly { readonly Type: string; readonly Id: string }[] {
  const named = [
    ...(/^(?:AKIA|ASIA)\w{12,124}$/.test(credential)
      ? [{ Type: 'AwsIamAccessKey', Id: `AWS::IAM::AccessKey:${credential}` }]
      : []),
    ...(principal.includes(':user/') ? [{ Type: 'AwsIamUser', Id: printable(principal) }] : []),
    ...(principal.includes(':role/') ? [{ Type: 'AwsIamRole', Id: printable(principal) }] : []),
    ...(secretArn === undefined ? [] : [{ Type: 'AwsSecretsManagerSecret', Id: secretArn }]),
  ];
  return named.length > 0 ? named : [{ Type: 'Other', Id: printable(credential) }];
}
