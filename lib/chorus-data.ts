import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { BlobsBucket } from './blobs-bucket.ts';
import { ChorusTable, type ExistingTable } from './chorus-table.ts';
import { ConnectionsTable } from './connections-table.ts';
import { FilesBucket } from './files-bucket.ts';
import { ServerSecret } from './server-secret.ts';

export interface ChorusDataProps {
  /**
   * What happens to the data when it is removed from the template. With `RETAIN` the tables are protected from
   * deletion.
   * @default RemovalPolicy.RETAIN
   */
  readonly removal?: RemovalPolicy;
  /**
   * A table to use instead of a new one: see `docs/runbook.md`, "Restore", and `docs/nodes.md`, "Regions". Buckets,
   * connections and the server's secret are created anyway.
   * @default - a new table
   */
  readonly existingTable?: ExistingTable;
  /**
   * Other regions with replicas of the table. The stack must have an `env` with a region: see `docs/nodes.md`,
   * "Regions".
   * @default - none
   */
  readonly replicas?: readonly string[];
}

/** Everything that must outlive the code around it. */
export class ChorusData extends Construct {
  readonly table: ChorusTable;
  readonly connections: ConnectionsTable;
  readonly blobs: BlobsBucket;
  readonly files: FilesBucket;
  readonly serverSecret: ServerSecret;

  constructor(scope: Construct, id: string, props: ChorusDataProps = {}) {
    super(scope, id);
    const removal = props.removal ?? RemovalPolicy.RETAIN;
    const accessLogs = new Bucket(this, 'AccessLogs', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [{ expiration: Duration.days(90) }],
      removalPolicy: removal,
    });
    this.table = new ChorusTable(this, 'Table', { ...props, removal });
    this.connections = new ConnectionsTable(this, 'Connections', { removal });
    this.blobs = new BlobsBucket(this, 'Blobs', { accessLogs, removal });
    this.files = new FilesBucket(this, 'Files', { accessLogs, removal });
    this.serverSecret = new ServerSecret(this, 'ServerSecret', { removal });
  }
}
