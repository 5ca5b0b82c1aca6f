import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

export interface BlobsBucketProps {
  /** Receives the record of every access. */
  readonly accessLogs: IBucket;
  /** @default RemovalPolicy.RETAIN */
  readonly removal?: RemovalPolicy;
}

/** What is too large for an item: big values and messages, snapshots, databases. Private, reached by functions only. */
export class BlobsBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: BlobsBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      serverAccessLogsBucket: props.accessLogs,
      serverAccessLogsPrefix: 'blobs/',
      removalPolicy: props.removal ?? RemovalPolicy.RETAIN,
    });
  }
}
