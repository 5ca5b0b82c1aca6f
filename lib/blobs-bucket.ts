import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV, messagesFolder } from '../functions/core/env.ts';
import { acknowledgeObjects } from './acknowledge.ts';
import type { CapabilityFunction } from './capability-function.ts';

export interface BlobsBucketProps {
  /** Receives the record of every access. */
  readonly accessLogs: IBucket;
  /** @default RemovalPolicy.RETAIN */
  readonly removal?: RemovalPolicy;
}

/**
 * What is too large for an item: big values and messages, snapshots, databases. Private, reached by functions only, but for
 * messages too big for a frame: clients put and fetch these themselves, by presigned request.
 */
export class BlobsBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: BlobsBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      // Clients run in the pages of any app; what they may do is in the signature.
      cors: [
        {
          allowedOrigins: ['*'],
          allowedMethods: [HttpMethods.GET, HttpMethods.PUT],
          allowedHeaders: ['*'],
          maxAge: Duration.hours(1).toSeconds(),
        },
      ],
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
        { prefix: messagesFolder, expiration: Duration.days(1) },
      ],
      serverAccessLogsBucket: props.accessLogs,
      serverAccessLogsPrefix: 'blobs/',
      removalPolicy: props.removal ?? RemovalPolicy.RETAIN,
    });
  }

  /** Lets `fn` write, read and delete blobs, and tells it in which bucket. */
  grantBlobs(fn: CapabilityFunction): void {
    this.#grant(fn, ['s3:PutObject', 's3:GetObject', 's3:DeleteObject']);
    // Whoever may not list is told that a blob that is gone is forbidden, and cannot tell one from the other.
    fn.allow(['s3:ListBucket'], [this.bucket.bucketArn]);
  }

  /** Lets `fn`, which may reach blobs, sign requests with which clients put messages. */
  grantMessages(fn: CapabilityFunction): void {
    const messages = this.bucket.arnForObjects(`${messagesFolder}*`);
    // Stock clients say whose the object shall be, and saying it takes a permission of its own.
    fn.allow(['s3:PutObjectAcl'], [messages]);
    acknowledgeObjects(fn, this.bucket, 'Messages have names made up when they are signed.', messagesFolder);
  }

  /** Lets `fn` read blobs, and sign requests with which others do, and tells it in which bucket. */
  grantReading(fn: CapabilityFunction): void {
    this.#grant(fn, ['s3:GetObject']);
  }

  /** Lets `fn` delete what nothing refers to any more. */
  grantCleaning(fn: CapabilityFunction): void {
    this.#grant(fn, ['s3:DeleteObject']);
  }

  #grant(fn: CapabilityFunction, actions: readonly string[]): void {
    const blobs = this.bucket.arnForObjects('*');
    fn.allow(actions, [blobs]);
    acknowledgeObjects(
      fn,
      this.bucket,
      'Blobs have names made up when they are written; the bucket holds nothing else.',
    );
    fn.tell(ENV.blobsBucket, this.bucket.bucketName);
  }
}
