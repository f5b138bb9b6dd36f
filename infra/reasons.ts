/**
 * Why a statement may name every resource. A statement with `*` must carry one of these as its Sid; a test holds
 * the templates to this list (AC-6).
 */
export const EVERY_RESOURCE: {
  readonly RandomBytes: string;
} = {
  RandomBytes: 'kms:GenerateRandom uses no key: IAM defines no resource type for it.',
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
  readonly ReadersThroughVault: string;
} = {
  DenyInsecureTransport: 'A denial: nobody speaks to it without TLS (SC-8).',
  DenyOtherReaders: 'A denial: nobody reads a value but the bound readers and the rotator.',
  DenyOtherWriters: 'A denial: nobody puts a value or moves a label but our functions.',
  DenyKeyDestruction: 'A denial: nobody disables or deletes a key but the break-glass role (SC-12).',
  ReadersThroughVault:
    'Narrowed to the bound readers by aws:PrincipalArn, to our secrets by the encryption context and to Secrets Manager by kms:ViaService; naming them as principals would fail the deployment of every key whenever one role is gone.',
};
