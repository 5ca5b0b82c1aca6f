import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, HttpMethods, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

export interface FilesBucketProps {
  /** Receives the record of every access. */
  readonly accessLogs: IBucket;
  /** @default RemovalPolicy.RETAIN */
  readonly removal?: RemovalPolicy;
}

/**
 * Files of records, and nothing else. A file is read by its plain URL while it carries the tag `public=true`, which follows
 * its markers; every other access is by presigned request. Where the account blocks public bucket policies altogether,
 * the deployment fails here.
 */
export class FilesBucket extends Construct {
  readonly bucket: Bucket;

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
      // Browsers upload and read from the pages of any app; what they may do is in the signature or the tag.
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
    acknowledge(
      this,
      'S2',
      'Files whose owners made them public are read by plain URL. ACLs stay blocked; the one public statement of the policy covers objects tagged public=true.',
    );
  }
}
