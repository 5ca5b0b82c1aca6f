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
 * Open sockets and the channels they are in. Rows live as long as their sockets, so the table needs no stream, and
 * every row has a time to live. If the table were lost, no open socket would receive anything until its client
 * reconnects, so it is retained like the other table.
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
          // Sockets by user and credential, to close them when the credential is revoked.
          indexName: 'gsi1',
          partitionKey: { name: 'gsi1pk', type: STRING },
          sortKey: { name: 'gsi1sk', type: STRING },
        },
        {
          // All sockets in shards, sorted by how long they have been quiet, for the sweeper.
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
