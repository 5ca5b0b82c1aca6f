import { beforeAll, describe, expect, it } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { DataStack } from '../../lib/data-stack.ts';
import { type Deployment, deploymentOf, flat, newApp, type Resource, resource, resourcesOf } from './deployment.ts';

let deployed: Deployment;
beforeAll(() => {
  deployed = deploymentOf();
});

const TABLE = 'AWS::DynamoDB::GlobalTable';
const tables = (): Resource[] => Object.values(resourcesOf(deployed.data, TABLE));
const buckets = (): Resource[] => Object.values(resourcesOf(deployed.data, 'AWS::S3::Bucket'));

describe('the data', () => {
  it('survives the deletion of its stack, and of a resource in it', () => {
    const stateful = [
      ...tables(),
      ...buckets(),
      ...Object.values(resourcesOf(deployed.data, 'AWS::SecretsManager::Secret')),
    ];
    expect(stateful).toHaveLength(6);
    for (const { DeletionPolicy, UpdateReplacePolicy } of stateful) {
      expect({ DeletionPolicy, UpdateReplacePolicy }).toEqual({
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
      });
    }
    for (const { Properties } of tables()) expect(Properties.Replicas[0].DeletionProtectionEnabled).toBe(true);
  });

  it('lives apart from the code: the stateless stack holds no table and no bucket', () => {
    deployed.chorus.resourceCountIs(TABLE, 0);
    deployed.chorus.resourceCountIs('AWS::S3::Bucket', 0);
  });

  it('goes with its stack where that was asked for', () => {
    const stack = new DataStack(newApp(), 'Gone', { removal: RemovalPolicy.DESTROY });
    for (const { DeletionPolicy, Properties } of Object.values(resourcesOf(Template.fromStack(stack), TABLE))) {
      expect(DeletionPolicy).toBe('Delete');
      expect(Properties.Replicas[0].DeletionProtectionEnabled).toBeFalsy();
    }
  });

  it('is encrypted at rest', () => {
    for (const { Properties } of tables())
      expect(Properties.SSESpecification).toEqual({ SSEEnabled: true, SSEType: 'KMS' });
    for (const { Properties } of buckets()) expect(Properties.BucketEncryption).toBeDefined();
  });
});

describe('the tables', () => {
  it('can be restored to any second of the last weeks, and cost nothing while idle', () => {
    for (const { Properties } of tables()) {
      expect(Properties.BillingMode).toBe('PAY_PER_REQUEST');
      expect(Properties.Replicas[0].PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
    }
  });

  it('drop items by the attribute ttl', () => {
    for (const { Properties } of tables()) {
      expect(Properties.TimeToLiveSpecification).toEqual({ AttributeName: 'ttl', Enabled: true });
    }
  });

  it('have all their indexes from the first deployment on', () => {
    const { Properties: table } = resource(deployed.data, TABLE, 'DataTable');
    const names = (indexes: readonly { IndexName: string }[]) => indexes.map(({ IndexName }) => IndexName);
    expect(names(table.LocalSecondaryIndexes)).toEqual(['lsi0', 'lsi1', 'lsi2', 'lsi3', 'lsi4']);
    expect(names(table.GlobalSecondaryIndexes)).toEqual(['gsi1', 'gsi2', 'gsi3']);
    const { Properties: connections } = resource(deployed.data, TABLE, 'Connections');
    expect(names(connections.GlobalSecondaryIndexes)).toEqual(['gsi1', 'gsi2']);
    expect(connections.AttributeDefinitions).toContainEqual({ AttributeName: 'gsi2sk', AttributeType: 'N' });
  });

  it('have a stream where something is derived from what changed', () => {
    expect(resource(deployed.data, TABLE, 'DataTable').Properties.StreamSpecification).toEqual({
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    });
    expect(resource(deployed.data, TABLE, 'Connections').Properties.StreamSpecification).toBeUndefined();
  });
});

describe('a table that exists already, as one that was restored', () => {
  const arn = 'arn:aws:dynamodb:eu-central-1:123456789012:table/Restored';
  const streamArn = `${arn}/stream/2026-11-20T21:00:00.000`;
  const existingTable = { arn, streamArn };
  let restored: Deployment;
  beforeAll(() => {
    restored = deploymentOf({}, { existingTable });
  });

  it('takes the place of a new one, which is not made', () => {
    expect(Object.keys(resourcesOf(restored.data, TABLE))).toEqual([expect.stringContaining('Connections')]);
  });

  it('is what functions work on, and nothing but it', () => {
    const names = Object.values(resourcesOf(restored.chorus, 'AWS::Lambda::Function')).flatMap(
      ({ Properties }) => Properties.Environment?.Variables.TABLE_NAME ?? [],
    );
    expect(names.length).toBeGreaterThan(10);
    expect(new Set(names)).toEqual(new Set(['Restored']));
    const allowed = JSON.stringify(restored.chorus.findResources('AWS::IAM::Policy'));
    for (const resource of [arn, `${arn}/index/lsi4`, `${arn}/index/gsi3`, streamArn])
      expect(allowed).toContain(resource);
    expect(JSON.stringify(restored.chorus)).not.toContain('DataTable');
  });

  it('has its stream read', () => {
    expect(resource(restored.chorus, 'AWS::Lambda::EventSourceMapping', 'TableStream').Properties).toMatchObject({
      EventSourceArn: streamArn,
    });
  });

  it.each([
    [{ arn: 'Restored', streamArn }, 'existingTable.arn must be the ARN of a table; it is "Restored"'],
    [{ arn: `${arn}2`, streamArn }, 'existingTable.streamArn must be the ARN of its stream'],
  ])('is refused by another name than its ARN, and with the stream of another table', (wrong, why) => {
    expect(() => new DataStack(newApp(), 'Wrong', { existingTable: wrong })).toThrow(why);
  });
});

describe('replicas', () => {
  it('are made of the table that lasts, protected like it, and of nothing else', () => {
    const env = { account: '123456789012', region: 'eu-central-1' };
    const stack = new DataStack(newApp(), 'Mesh', { env, replicas: ['us-east-1'] });
    const { Properties } = resource(Template.fromStack(stack), TABLE, 'DataTable');
    const shown = Properties.Replicas.map((replica: Resource['Properties']) => [
      replica.Region,
      replica.DeletionProtectionEnabled,
      replica.PointInTimeRecoverySpecification,
    ]);
    const protectedOnes = [true, { PointInTimeRecoveryEnabled: true }];
    expect(shown).toEqual([
      ['us-east-1', ...protectedOnes],
      ['eu-central-1', ...protectedOnes],
    ]);
    expect(resource(Template.fromStack(stack), TABLE, 'Connections').Properties.Replicas).toHaveLength(1);
  });

  it('are no matter of a table that exists already', () => {
    const arn = 'arn:aws:dynamodb:eu-central-1:123456789012:table/Restored';
    const existingTable = { arn, streamArn: `${arn}/stream/1` };
    expect(() => new DataStack(newApp(), 'Both', { existingTable, replicas: ['us-east-1'] })).toThrow(
      'replicas are made with a table of its own',
    );
  });
});

describe('the buckets', () => {
  it('refuse every request that is not encrypted on its way', () => {
    for (const { Properties } of Object.values(resourcesOf(deployed.data, 'AWS::S3::BucketPolicy'))) {
      expect(Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    }
    deployed.data.resourceCountIs('AWS::S3::BucketPolicy', buckets().length);
  });

  it('are private, but for files that are tagged public=true', () => {
    const open = buckets().filter(
      ({ Properties }) => Properties.PublicAccessBlockConfiguration.RestrictPublicBuckets !== true,
    );
    expect(open).toEqual([resource(deployed.data, 'AWS::S3::Bucket', 'Files')]);
    const everybody = Object.values(resourcesOf(deployed.data, 'AWS::S3::BucketPolicy')).flatMap(({ Properties }) =>
      Properties.PolicyDocument.Statement.filter(
        (statement: { Effect: string; Principal: { AWS?: string } }) =>
          statement.Effect === 'Allow' && statement.Principal.AWS === '*',
      ),
    );
    expect(everybody).toEqual([
      expect.objectContaining({
        Action: 's3:GetObject',
        Condition: { StringEquals: { 's3:ExistingObjectTag/public': 'true' } },
      }),
    ]);
  });

  it('drop the parts of uploads that were never finished', () => {
    for (const name of ['Blobs', 'Files']) {
      expect(resource(deployed.data, 'AWS::S3::Bucket', name).Properties.LifecycleConfiguration.Rules).toEqual([
        expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' }),
        ...(name === 'Blobs' ? [expect.objectContaining({ Prefix: 'messages/' })] : []),
      ]);
    }
  });

  it('keep messages that were too big for a frame for a day', () => {
    const { Rules } = resource(deployed.data, 'AWS::S3::Bucket', 'Blobs').Properties.LifecycleConfiguration;
    expect(Rules).toContainEqual({ Prefix: 'messages/', ExpirationInDays: 1, Status: 'Enabled' });
  });

  it('let clients put and fetch messages from any page', () => {
    expect(resource(deployed.data, 'AWS::S3::Bucket', 'Blobs').Properties.CorsConfiguration.CorsRules).toEqual([
      expect.objectContaining({ AllowedOrigins: ['*'], AllowedMethods: ['GET', 'PUT'], AllowedHeaders: ['*'] }),
    ]);
  });

  it('let browsers upload and read files from any page, and see what came of it', () => {
    deployed.data.hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: {
        CorsRules: [
          Match.objectLike({
            AllowedOrigins: ['*'],
            AllowedMethods: Match.arrayWith(['GET', 'HEAD', 'PUT']),
            AllowedHeaders: ['*'],
            ExposedHeaders: ['ETag'],
          }),
        ],
      },
    });
  });
});

describe('the files bucket', () => {
  const queues = () => resourcesOf(deployed.data, 'AWS::SQS::Queue');
  const idOf = (part: string) => Object.keys(queues()).find((id) => id.includes(part));

  it('says of every object that has been made, to a queue of its own that nobody else may send to', () => {
    const { Properties } = resource(deployed.data, 'AWS::S3::Bucket', 'Files');
    const [{ Event, Queue }] = Properties.NotificationConfiguration.QueueConfigurations;
    expect([Event, flat(Queue)]).toEqual(['s3:ObjectCreated:*', idOf('FilesArrivals')]);
    const policy = resource(deployed.data, 'AWS::SQS::QueuePolicy', 'FilesArrivalsPolicy').Properties.PolicyDocument;
    expect(policy.Statement.filter(({ Effect }: { Effect: string }) => Effect === 'Allow')).toEqual([
      expect.objectContaining({
        Action: 'sqs:SendMessage',
        Principal: { Service: 's3.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    ]);
  });

  it('exists after the queue lets it send, or its deployment fails', () => {
    const [bucket] = Object.values(
      deployed.data.findResources('AWS::S3::Bucket', { Properties: { NotificationConfiguration: {} } }),
    );
    expect(bucket?.DependsOn).toEqual(expect.arrayContaining([expect.stringContaining('FilesArrivalsPolicy')]));
  });

  it('has its word tried five times, each for six times as long as its function may take', () => {
    const { VisibilityTimeout, RedrivePolicy } = queues()[idOf('FilesArrivals') ?? '']?.Properties ?? {};
    const { Timeout } = resource(deployed.chorus, 'AWS::Lambda::Function', 'FileArrivalsFunction').Properties;
    expect(VisibilityTimeout).toBe(6 * Timeout);
    expect([RedrivePolicy.maxReceiveCount, flat(RedrivePolicy.deadLetterTargetArn)]).toEqual([
      5,
      idOf('FailedArrivals'),
    ]);
    expect(resource(deployed.chorus, 'AWS::Lambda::EventSourceMapping', 'FileArrivals').Properties).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it('has queues that are encrypted, on their way too', () => {
    for (const { Properties } of Object.values(queues())) expect(Properties.SqsManagedSseEnabled).toBe(true);
    for (const { Properties } of Object.values(resourcesOf(deployed.data, 'AWS::SQS::QueuePolicy'))) {
      expect(Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
    }
    deployed.data.resourceCountIs('AWS::SQS::QueuePolicy', Object.keys(queues()).length);
  });
});
