import { AttributeType, Billing, StreamViewType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV } from '../functions/core/env.ts';
import type { CapabilityFunction } from './capability-function.ts';
import { INDEX_ACTIONS, ITEM_ACTIONS } from './item-actions.ts';

export interface ChorusTableProps {
  /** @default RemovalPolicy.RETAIN */
  readonly removal?: RemovalPolicy;
}

const { STRING } = AttributeType;

/** A local index can never be added later, so all of them exist from the first deployment. */
const localIndexes = [0, 1, 2, 3, 4].map((n) => ({ name: `lsi${n}`, sortKey: `l${n}` }));
/** Shared by all capabilities, and sparse: an item is in an index when it carries its keys. */
const globalIndexes = [1, 2, 3].map((n) => ({ name: `gsi${n}`, partitionKey: `gsi${n}pk`, sortKey: `gsi${n}sk` }));

/**
 * Everything durable, in one table. Changing a construct id here, or a key, replaces the table: its deletion protection
 * then stops the deployment.
 */
export class ChorusTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: ChorusTableProps = {}) {
    super(scope, id);
    const removal = props.removal ?? RemovalPolicy.RETAIN;
    this.table = new TableV2(this, 'Table', {
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
    });
  }

  /** Lets `fn` read and write items, and tells it which table: permission and address travel together. */
  grantItems(fn: CapabilityFunction): void {
    fn.allow(ITEM_ACTIONS, [this.table.tableArn]);
    fn.allow(
      INDEX_ACTIONS,
      [...localIndexes, ...globalIndexes].map(({ name }) => `${this.table.tableArn}/index/${name}`),
    );
    fn.tell(ENV.tableName, this.table.tableName);
  }
}
