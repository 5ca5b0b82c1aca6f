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
 * Content that is too large for an item: large values and messages, snapshots, databases. Private: only functions have
 * access, except that clients transfer messages too large for a frame themselves, by presigned requests.
 */
export class BlobsBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: BlobsBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      // Clients run in pages of any origin; the signature decides what they may do.
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
    // Without this permission S3 answers 403 instead of 404 for a deleted blob.
    fn.allow(['s3:ListBucket'], [this.bucket.bucketArn]);
  }

  /** Lets `fn`, which has access to blobs, sign requests with which clients upload messages. */
  grantMessages(fn: CapabilityFunction): void {
    const messages = this.bucket.arnForObjects(`${messagesFolder}*`);
    // Stock clients set the object's ACL, which needs a permission of its own.
    fn.allow(['s3:PutObjectAcl'], [messages]);
    acknowledgeObjects(fn, this.bucket, 'Messages have names made up when they are signed.', messagesFolder);
  }

  /** Lets `fn` read blobs, and sign requests with which clients read them, and tells it the bucket. */
  grantReading(fn: CapabilityFunction): void {
    this.#grant(fn, ['s3:GetObject']);
  }

  /** Lets `fn` delete blobs to which nothing refers any more. */
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
