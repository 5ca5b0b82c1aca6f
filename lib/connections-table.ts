import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV } from '../functions/core/env.ts';
import type { CapabilityFunction } from './capability-function.ts';
import { INDEX_ACTIONS, ITEM_ACTIONS } from './item-actions.ts';

export interface ConnectionsTableProps {
  /** @default RemovalPolicy.RETAIN */
  readonly removal?: RemovalPolicy;
}

const { STRING, NUMBER } = AttributeType;

/**
 * Open sockets and what they listen to. Rows live as long as their sockets, so nobody reads its stream and every row ends
 * by its time to live. Losing the table would silence every open socket until its client reconnects: it is kept like the other.
 */
export class ConnectionsTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, props: ConnectionsTableProps = {}) {
    super(scope, id);
    const removal = props.removal ?? RemovalPolicy.RETAIN;
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: STRING },
      sortKey: { name: 'sk', type: STRING },
      globalSecondaryIndexes: [
        {
          // Whose socket it is, and by which credential it came in: for revoking.
          indexName: 'gsi1',
          partitionKey: { name: 'gsi1pk', type: STRING },
          sortKey: { name: 'gsi1sk', type: STRING },
        },
        {
          // All sockets in shards, the longest quiet ones first: for the sweeper.
          indexName: 'gsi2',
          partitionKey: { name: 'gsi2pk', type: STRING },
          sortKey: { name: 'gsi2sk', type: NUMBER },
        },
      ],
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      timeToLiveAttribute: 'ttl',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: removal === RemovalPolicy.RETAIN,
      removalPolicy: removal,
    });
  }

  /** Lets `fn` read and write connections, and tells it which table. */
  grantItems(fn: CapabilityFunction): void {
    fn.allow(ITEM_ACTIONS, [this.table.tableArn]);
    fn.allow(INDEX_ACTIONS, [`${this.table.tableArn}/index/gsi1`, `${this.table.tableArn}/index/gsi2`]);
    fn.tell(ENV.connectionsTableName, this.table.tableName);
  }
}
