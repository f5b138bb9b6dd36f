/**
 * Why a statement may name every resource. A statement with `*` must carry one of these as its Sid; a test holds
 * the templates to this list (AC-6).
 */
export const EVERY_RESOURCE: {
  readonly RandomBytes: string;
  readonly ListTrails: string;
  readonly LookUpEvents: string;
  readonly DenyTemporaryCredentials: string;
} = {
  RandomBytes: 'kms:GenerateRandom uses no key: IAM defines no resource type for it.',
  ListTrails: 'cloudtrail:DescribeTrails lists: IAM defines no resource type for it.',
  LookUpEvents: 'cloudtrail:LookupEvents reads a region’s history: IAM defines no resource type for it.',
  DenyTemporaryCredentials: 'A denial: what a quarantined user’s temporary credentials would do (IR-4).',
};

/**
 * Why a statement may name every principal: each is a denial, or is narrowed to named principals or services by
 * its conditions.
 */
export const EVERY_PRINCIPAL: {
  readonly DenyInsecureTransport: string;
  readonly DenyOtherReaders: string;
  readonly DenyOtherWriters: string;
  readonly DenyKeyDestruction: string;
  readonly DenyOtherSigners: string;
  readonly DenyOtherAppenders: string;
  readonly DenyRemoval: string;
  readonly DenyUnlocked: string;
  readonly DenyShortLock: string;
  readonly DenyOverwriting: string;
  readonly ReadersThroughVault: string;
} = {
  DenyInsecureTransport: 'A denial: nobody speaks to it without TLS (SC-8).',
  DenyOtherReaders: 'A denial: nobody reads a value but the bound readers and the rotator.',
  DenyOtherWriters: 'A denial: nobody puts a value or moves a label but our functions.',
  DenyKeyDestruction: 'A denial: nobody disables or deletes a key but the break-glass role (SC-12).',
  DenyOtherSigners:
    'A denial: nobody signs a checkpoint but the sealer, nor evidence but the reporter (AU-10).',
  DenyOtherAppenders: 'A denial: nobody writes to the log but the sealer (AU-9).',
  DenyRemoval: 'A denial: nobody takes anything from the log, nor lets a rule do so (AU-9).',
  DenyUnlocked: 'A denial: nothing is written to the log without Object Lock in compliance mode.',
  DenyShortLock: 'A denial: nothing is locked for less than the retention that was decided (AU-11).',
  DenyOverwriting: 'A denial: nothing is written to the log that could be over something else.',
  ReadersThroughVault:
    'Narrowed to the bound readers by aws:PrincipalArn, to our secrets by the encryption context and to Secrets Manager by kms:ViaService; naming them as principals would fail the deployment of every key whenever one role is gone.',
};
