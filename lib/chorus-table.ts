import {
  AttributeType,
  Billing,
  type ITableV2,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV } from '../functions/core/env.ts';
import type { CapabilityFunction } from './capability-function.ts';
import { INDEX_ACTIONS, ITEM_ACTIONS } from './item-actions.ts';

export interface ChorusTableProps {
  /** @default RemovalPolicy.RETAIN */
  readonly removal?: RemovalPolicy;
  /** @default - a new table is made */
  readonly existingTable?: ExistingTable;
  /** @default - the table is in one region */
  readonly replicas?: readonly string[];
}

/**
 * A table that was created elsewhere: restored from a backup of a {@link ChorusTable}, or its replica in another
 * region. It has the same keys and indexes. A restored table has neither stream (new and old images) nor time to live
 * (`ttl`) until an operator enables them.
 */
export interface ExistingTable {
  readonly arn: string;
  /** The latest one. */
  readonly streamArn: string;
}

const { STRING } = AttributeType;

/** DynamoDB cannot add a local index later, so all of them exist from the first deployment. */
const localIndexes = [0, 1, 2, 3, 4].map((n) => ({ name: `lsi${n}`, sortKey: `l${n}` }));
/** All capabilities share them. They are sparse: an item is in an index if it has the index's keys. */
const globalIndexes = [1, 2, 3].map((n) => ({ name: `gsi${n}`, partitionKey: `gsi${n}pk`, sortKey: `gsi${n}sk` }));

/**
 * The table of all durable data. Changing a construct id here, or a key, would replace the table; its deletion
 * protection then makes the deployment fail.
 */
export class ChorusTable extends Construct {
  readonly table: ITableV2;

  constructor(scope: Construct, id: string, props: ChorusTableProps = {}) {
    super(scope, id);
    const { existingTable, replicas = [], removal = RemovalPolicy.RETAIN } = props;
    if (existingTable === undefined) {
      this.table = this.#newTable(removal, replicas);
      return;
    }
    if (replicas.length > 0)
      throw new Error('Chorus: replicas are made with a table of its own, not of one that exists.');
    const { arn, streamArn } = checked(existingTable);
    this.table = TableV2.fromTableAttributes(this, 'Existing', { tableArn: arn, tableStreamArn: streamArn });
  }

  #newTable(removal: RemovalPolicy, replicas: readonly string[]): TableV2 {
    return new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: STRING },
      sortKey: { name: 'sk', type: STRING },
      localSecondaryIndexes: localIndexes.map(({ name, sortKey }) => ({
        indexName: name,
        sortKey: { name: sortKey, type: STRING },
      })),
      globalSecondaryIndexes: globalIndexes.map(({ name, partitionKey, sortKey }) => ({
        indexName: name,
        partitionKey: { name: partitionKey, type: STRING },
        sortKey: { name: sortKey, type: STRING },
      })),
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      timeToLiveAttribute: 'ttl',
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removal === RemovalPolicy.RETAIN,
      removalPolicy: removal,
      replicas: replicas.map((region) => ({ region })),
    });
  }

  /** Lets `fn` read and write items, and tells it the table's name. */
  grantItems(fn: CapabilityFunction): void {
    fn.allow(ITEM_ACTIONS, [this.table.tableArn]);
    fn.allow(
      INDEX_ACTIONS,
      [...localIndexes, ...globalIndexes].map(({ name }) => `${this.table.tableArn}/index/${name}`),
    );
    fn.tell(ENV.tableName, this.table.tableName);
  }
}

/** Forgetting to change the stream's ARN is an easy mistake when the table changes. */
function checked({ arn, streamArn }: ExistingTable): ExistingTable {
  if (!/^arn:[^:]+:dynamodb:[^:]+:\d+:table\/[^/]+$/.test(arn)) {
    throw new Error(`Chorus: existingTable.arn must be the ARN of a table; it is "${arn}".`);
  }
  if (!streamArn.startsWith(`${arn}/stream/`)) {
    throw new Error(
      `Chorus: existingTable.streamArn must be the ARN of its stream, "${arn}/stream/…"; it is "${streamArn}".`,
    );
  }
  return { arn, streamArn };
}
