import { AnyPrincipal, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  EventType,
  HttpMethods,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { ENV } from '../functions/core/env.ts';
import { acknowledge, acknowledgeObjects } from './acknowledge.ts';
import type { CapabilityFunction } from './capability-function.ts';

export interface FilesBucketProps {
  /** Receives the record of every access. */
  readonly accessLogs: IBucket;
  /** @default RemovalPolicy.RETAIN */
  readonly removal?: RemovalPolicy;
}

/** How long the consumer of uploads has for a batch; AWS recommends six times the function's timeout. */
const VISIBILITY = Duration.minutes(1);

/**
 * Files of records, and nothing else. A file can be read by its plain URL while it has the tag `public=true`, which the
 * server sets by its markers; all other access needs a presigned request. If the account blocks public bucket policies,
 * the deployment fails here.
 */
export class FilesBucket extends Construct {
  readonly bucket: Bucket;
  /** The bucket's notifications of new objects. */
  readonly arrivals: Queue;
  /** Notifications that could not be processed. */
  readonly failedArrivals: Queue;

  constructor(scope: Construct, id: string, props: FilesBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: new BlockPublicAccess({
        blockPublicAcls: true,
        ignorePublicAcls: true,
        blockPublicPolicy: false,
        restrictPublicBuckets: false,
      }),
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      // Pages of any origin may upload and read; the signature or the tag decides what they may do.
      cors: [
        {
          allowedOrigins: ['*'],
          allowedMethods: [HttpMethods.GET, HttpMethods.HEAD, HttpMethods.PUT, HttpMethods.POST],
          allowedHeaders: ['*'],
          exposedHeaders: ['ETag'],
          maxAge: Duration.hours(1).toSeconds(),
        },
      ],
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      serverAccessLogsBucket: props.accessLogs,
      serverAccessLogsPrefix: 'files/',
      removalPolicy: props.removal ?? RemovalPolicy.RETAIN,
    });
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'ReadWhatIsTaggedPublic',
        principals: [new AnyPrincipal()],
        actions: ['s3:GetObject'],
        resources: [this.bucket.arnForObjects('*')],
        conditions: { StringEquals: { 's3:ExistingObjectTag/public': 'true' } },
      }),
    );
    this.failedArrivals = new Queue(this, 'FailedArrivals', { ...queueSettings, retentionPeriod: Duration.days(14) });
    acknowledge(this.failedArrivals, 'SQS3', 'It is the dead-letter queue.');
    this.arrivals = new Queue(this, 'Arrivals', {
      ...queueSettings,
      visibilityTimeout: VISIBILITY,
      deadLetterQueue: { queue: this.failedArrivals, maxReceiveCount: 5 },
    });
    this.#announceTo(this.arrivals);
    acknowledge(
      this,
      'S2',
      'Files whose owners made them public are read by plain URL. ACLs stay blocked; the one public statement of the policy covers objects tagged public=true.',
    );
  }

  /** Lets `fn` sign uploads and downloads, make files public or private, and erase them, and tells it the bucket. */
  grantFiles(fn: CapabilityFunction): void {
    this.#grant(fn, ['s3:PutObject', 's3:PutObjectTagging', 's3:GetObject', 's3:DeleteObject']);
  }

  /** Lets `fn` make files public or private, and erase them, after their upload. */
  grantFollowing(fn: CapabilityFunction): void {
    this.#grant(fn, ['s3:PutObjectTagging', 's3:DeleteObject']);
  }

  /** Lets `fn` erase files that no longer belong to a record. */
  grantErasing(fn: CapabilityFunction): void {
    this.#grant(fn, ['s3:DeleteObject']);
  }

  #grant(fn: CapabilityFunction, actions: readonly string[]): void {
    const files = this.bucket.arnForObjects('*');
    fn.allow(actions, [files]);
    acknowledgeObjects(fn, this.bucket, 'Files are named after their bytes; the bucket holds nothing else.');
    fn.tell(ENV.filesBucket, this.bucket.bucketName);
  }

  /** Sets a property of the bucket itself, because CDK's own method deploys a function that may change any bucket. */
  #announceTo(queue: Queue): void {
    const policy = queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        // The policy cannot name the bucket, because the bucket is only created once it may send.
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    const bucket = this.bucket.node.defaultChild as CfnBucket; // created by Bucket itself
    bucket.notificationConfiguration = {
      queueConfigurations: [{ event: EventType.OBJECT_CREATED, queue: queue.queueArn }],
    };
    if (policy.policyDependable) bucket.node.addDependency(policy.policyDependable);
  }
}

const queueSettings = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
