import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { cursorKey, INDEX, SEAL_KEY, TABLE } from '#core/storage.ts';
import { nameOf, type Settings } from '../settings.ts';
import { type Allowance, type TokenwardFunction, throughService } from './function.ts';

/** What a function does with the registry. */
export type RegistryUse = 'verify' | 'commit' | 'seal' | 'reconcile' | 'report';

export interface RegistryTableProps {
  readonly settings: Settings;
  readonly key: IKey;
}

/** What a verifier reads: versions, the feed, peppers. Nothing else of the table is its business. */
const VERIFIER_KEYS = ['KEY#*', 'FEED#*', 'PEPPER#*'];
/** What the sealer reads: the chains; and the one item that it writes beside reading it. */
const CHAINS = ['AUDIT#*'];
const READ = ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'];
const WRITE = [
  'dynamodb:ConditionCheckItem',
  'dynamodb:DeleteItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
];

/** The one table (docs/storage.md): on demand, restorable to any second of 35 days, under a key of ours. */
export class RegistryTable extends Construct {
  readonly table: Table;
  private readonly settings: Settings;
  private readonly key: IKey;

  constructor(scope: Construct, id: string, { settings, key }: RegistryTableProps) {
    super(scope, id);
    this.settings = settings;
    this.key = key;
    this.table = new Table(this, 'Table', {
      tableName: nameOf(settings, 'registry'),
      partitionKey: { name: TABLE.partition, type: AttributeType.STRING },
      sortKey: { name: TABLE.sort, type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: TABLE.ttl,
      deletionProtection: settings.stage === 'production',
      removalPolicy: settings.removalPolicy,
    });
    for (const { name, partition, sort, projection } of TABLE.indexes) {
      this.table.addGlobalSecondaryIndex({
        indexName: name,
        partitionKey: { name: partition.name, type: ATTRIBUTE[partition.type] },
        sortKey: { name: sort.name, type: ATTRIBUTE[sort.type] },
        projectionType: ProjectionType[projection],
      });
    }
  }

  /** Gives a function its part of the registry, and the table's name. */
  bind(fn: TokenwardFunction, use: RegistryUse): void {
    for (const allowance of this.allowances(use)) fn.bind(allowance);
    fn.bind(this.cipher(use), { TABLE_NAME: this.table.tableName });
  }

  /** What reading all of the table and decrypting it takes, for the auditor. */
  readAll(): readonly Allowance[] {
    return [{ actions: [...READ, 'dynamodb:Scan'], resources: this.resources() }, this.cipher('verify')];
  }

  private allowances(use: RegistryUse): readonly Allowance[] {
    const { tableArn } = this.table;
    if (use === 'commit') {
      return [
        { actions: READ, resources: this.resources() },
        { actions: WRITE, resources: [tableArn] },
      ];
    }
    const on = (keys: readonly string[], ...actions: readonly string[]): Allowance => ({
      actions,
      resources: [tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } },
    });
    if (use === 'verify') return [on(VERIFIER_KEYS, 'dynamodb:BatchGetItem', 'dynamodb:GetItem')];
    if (use === 'reconcile') return [on([cursorKey('*').pk], 'dynamodb:GetItem', 'dynamodb:PutItem')];
    if (use === 'report') {
      return [
        on(CHAINS, 'dynamodb:BatchGetItem', 'dynamodb:Query'),
        on([SEAL_KEY.pk], 'dynamodb:GetItem'),
        { actions: ['dynamodb:Scan'], resources: [`${tableArn}/index/${INDEX.principal}`] },
        { actions: ['dynamodb:DescribeContinuousBackups', 'dynamodb:DescribeTable'], resources: [tableArn] },
      ];
    }
    return [
      on(CHAINS, 'dynamodb:BatchGetItem', 'dynamodb:Query'),
      on([SEAL_KEY.pk], 'dynamodb:GetItem', 'dynamodb:PutItem'),
    ];
  }

  private resources(): string[] {
    return [this.table.tableArn, ...TABLE.indexes.map(({ name }) => `${this.table.tableArn}/index/${name}`)];
  }

  private cipher(use: RegistryUse): Allowance {
    const write = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
    return {
      actions: ['kms:Decrypt', 'kms:DescribeKey', ...(use === 'verify' || use === 'report' ? [] : write)],
      resources: [this.key.keyArn],
      conditions: throughService('dynamodb', this.settings.region),
    };
  }
}

const ATTRIBUTE = { S: AttributeType.STRING, N: AttributeType.NUMBER } as const;
