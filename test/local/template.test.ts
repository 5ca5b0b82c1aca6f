// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Fn::Sub of CloudFormation has such holes
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Assembly, FunctionPart } from '../../local/parts.ts';
import { readAssembly } from '../../local/template.ts';
import { apis, type StackFixture, writeAssembly } from './fixtures/assembly.ts';

const origin = 'http://localhost:4000';

/** An assembly of one stack: the two APIs and `resources`. */
function read(resources: StackFixture['resources'] = {}, more: Partial<StackFixture> = {}): Assembly {
  return readAssembly(writeAssembly({ Main: { ...more, resources: { ...apis, ...resources } } }), origin);
}

function fn(variables: Record<string, unknown>, more: Record<string, unknown> = {}) {
  const properties = { Code: { S3Key: 'code.zip' }, Environment: { Variables: variables }, ...more };
  return { type: 'AWS::Lambda::Function', properties };
}

function named(assembly: Assembly, id: string): FunctionPart | undefined {
  return assembly.functions.find((part) => part.id === id);
}

function streamingUrl(more: Record<string, unknown>) {
  const properties = {
    AuthType: 'NONE',
    InvokeMode: 'RESPONSE_STREAM',
    TargetFunctionArn: { 'Fn::GetAtt': ['Fn', 'Arn'] },
  };
  return { type: 'AWS::Lambda::Url', properties: { ...properties, ...more } };
}

describe('references', () => {
  it.each<[string, unknown, string]>([
    ['Ref of a table', { Ref: 'Table' }, 'Table'],
    ['Fn::GetAtt', { 'Fn::GetAtt': ['Table', 'Arn'] }, 'arn:aws:dynamodb:us-east-1:000000000000:table/Table'],
    ['Fn::GetAtt as text', { 'Fn::GetAtt': 'Queue.QueueName' }, 'Main-lane.fifo'],
    ['Ref of a queue', { Ref: 'Queue' }, `${origin}/local/sqs/000000000000/Main-lane.fifo`],
    ['Ref of a bucket', { Ref: 'Bucket' }, 'bucket'],
    ['Ref of a secret', { Ref: 'Secret' }, 'arn:aws:secretsmanager:us-east-1:000000000000:secret:Secret-'],
    ['the address of an API', { 'Fn::GetAtt': ['Http', 'ApiEndpoint'] }, origin],
    ['the address of a socket API', { 'Fn::GetAtt': ['Sockets', 'ApiEndpoint'] }, 'ws://localhost:4000'],
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'Table' }]] }, 'a-Table'],
    [
      'Fn::Sub',
      { 'Fn::Sub': '${AWS::Region}/${Table}/${Queue.QueueName}/${!x}' },
      'us-east-1/Table/Main-lane.fifo/${x}',
    ],
    ['Fn::Sub with names', { 'Fn::Sub': ['${a}', { a: { Ref: 'Table' } }] }, 'Table'],
    ['Fn::Select and Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': ['|', 'a|b|c'] }] }, 'b'],
    ['a parameter', { Ref: 'Size' }, '12'],
    ['AWS::AccountId', { Ref: 'AWS::AccountId' }, '000000000000'],
    ['AWS::Partition', { Ref: 'AWS::Partition' }, 'aws'],
    ['AWS::URLSuffix', { Ref: 'AWS::URLSuffix' }, 'amazonaws.com'],
    ['AWS::StackName', { Ref: 'AWS::StackName' }, 'Main'],
  ])('to a thing of the same stack: %s', (_what, node, value) => {
    const assembly = read(
      {
        Table: { type: 'AWS::DynamoDB::Table', properties: {} },
        Queue: {
          type: 'AWS::SQS::Queue',
          properties: { FifoQueue: true, QueueName: { 'Fn::Join': ['', [{ Ref: 'AWS::StackName' }, '-lane.fifo']] } },
        },
        Bucket: { type: 'AWS::S3::Bucket' },
        Secret: { type: 'AWS::SecretsManager::Secret' },
        Asking: fn({ X: node }),
      },
      { parameters: { Size: { Default: 12 } } },
    );
    expect(named(assembly, 'Asking')?.environment.X).toEqual(expect.stringContaining(value));
  });

  const data: StackFixture = {
    resources: { Table: { type: 'AWS::DynamoDB::Table', properties: {} } },
    outputs: {
      Exported: {
        Value: { Ref: 'Table' },
        Export: { Name: { 'Fn::Join': ['', [{ Ref: 'AWS::StackName' }, ':Table']] } },
      },
    },
  };

  it.each<[string, unknown]>([
    ['Fn::ImportValue', { 'Fn::ImportValue': 'Data:Table' }],
    ['Fn::GetStackOutput', { 'Fn::GetStackOutput': { StackName: 'Data', OutputName: 'Exported' } }],
  ])('to another stack: %s', (_what, node) => {
    const main = { resources: { ...apis, Asking: fn({ X: node }) } };
    const assembly = readAssembly(writeAssembly({ Data: data, Main: main }), origin);
    expect(named(assembly, 'Asking')?.environment.X).toBe('Table');
  });

  it('reach into nested assemblies and out of them', () => {
    const main = { resources: { ...apis, Asking: fn({ X: { 'Fn::ImportValue': 'Data:Table' } }) } };
    const assembly = readAssembly(writeAssembly({ Data: data }, { Main: main }), origin);
    expect(named(assembly, 'Asking')?.environment.X).toBe('Table');
  });

  it('tell resources apart that two stacks call by the same name', () => {
    const other = { resources: { Fn: fn({}) } };
    const { functions } = readAssembly(writeAssembly({ Main: { resources: apis }, Other: other }), origin);
    expect(functions.map(({ id }) => id)).toEqual(['Main-Fn', 'Other-Fn']);
  });

  it.each<[string, unknown, string]>([
    ['to an unknown type', { Ref: 'Cluster' }, 'Cluster has the type AWS::ECS::Cluster'],
    ['to nothing', { Ref: 'Nobody' }, 'Nobody'],
    ['to an attribute nobody knows', { 'Fn::GetAtt': ['Fn', 'Colour'] }, 'no attribute Colour'],
    ['to an export nobody makes', { 'Fn::ImportValue': 'x' }, 'exports x'],
    ['by an unknown function', { 'Fn::Base64': 'x' }, 'Fn::Base64'],
  ])('%s in an environment stop the start, naming the variable and the function', (_what, node, words) => {
    const reading = () => read({ Cluster: { type: 'AWS::ECS::Cluster' }, Asking: fn({ WHERE: node }) });
    expect(reading).toThrow(words);
    expect(reading).toThrow(/WHERE of the function Asking|refers to Nobody/);
  });

  it('to an unknown type elsewhere fit nothing, and stop nothing', () => {
    const statement = { Effect: 'Allow', Action: 'ecs:*', Resource: { 'Fn::GetAtt': ['Cluster', 'Arn'] } };
    const assembly = read({
      Cluster: { type: 'AWS::ECS::Cluster' },
      Policy: {
        type: 'AWS::IAM::Policy',
        properties: { PolicyDocument: { Statement: [statement] }, Roles: [{ Ref: 'Role' }] },
      },
    });
    expect(named(assembly, 'Fn')?.statements).toEqual([
      { effect: 'Allow', actions: ['ecs:*'], resources: ['unknown:Cluster.Arn'] },
    ]);
  });
});

describe('a function', () => {
  it('has its bundle’s folder, its limits, and all that its role allows', () => {
    const assembly = read({
      Role: {
        type: 'AWS::IAM::Role',
        properties: {
          Policies: [{ PolicyDocument: { Statement: { Effect: 'Allow', Action: ['s3:GetObject'], Resource: '*' } } }],
        },
      },
      Policy: {
        type: 'AWS::IAM::Policy',
        properties: {
          PolicyDocument: {
            Statement: [{ Effect: 'Deny', Action: 'sns:Publish', Resource: ['a', { Ref: 'AWS::Region' }] }],
          },
          Roles: [{ Ref: 'Role' }],
        },
      },
      Elsewhere: {
        type: 'AWS::IAM::Policy',
        properties: {
          PolicyDocument: { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
          Roles: ['Other'],
        },
      },
      Fn: fn(
        { A: 'x', N: 5 },
        { Timeout: 29, MemorySize: 1769, Role: { 'Fn::GetAtt': ['Role', 'Arn'] }, ReservedConcurrentExecutions: 2 },
      ),
    });
    const part = named(assembly, 'Fn');
    expect(part).toEqual({
      id: 'Fn',
      codeDir: expect.any(String),
      handler: 'index.handler',
      environment: { A: 'x', N: '5' },
      timeoutSeconds: 29,
      memoryMb: 1769,
      reservedConcurrency: 2,
      statements: [
        { effect: 'Allow', actions: ['s3:GetObject'], resources: ['*'] },
        { effect: 'Deny', actions: ['sns:Publish'], resources: ['a', 'us-east-1'] },
      ],
    });
    expect(path.basename(part?.codeDir ?? '')).toBe('asset.code');
  });

  it('posts to the sockets of this process, whatever its variable is called', () => {
    const url = 'https://${Sockets}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}';
    const assembly = read({ Asking: fn({ ANY_NAME: { 'Fn::Sub': url } }) });
    expect(named(assembly, 'Asking')?.environment.ANY_NAME).toBe('worker:connections');
  });

  it('whose code is not in the assembly stops the start', () => {
    expect(() => read({ Lost: fn({}, { Code: { S3Key: 'gone.zip' } }) })).toThrow('Lost');
  });
});

describe('queues, streams and schedules', () => {
  it('are read with their dead letters, batches and rates', () => {
    const assembly = read({
      Dead: { type: 'AWS::SQS::Queue' },
      Queue: {
        type: 'AWS::SQS::Queue',
        properties: {
          VisibilityTimeout: 60,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 3 },
        },
      },
      Table: {
        type: 'AWS::DynamoDB::GlobalTable',
        properties: {
          TableName: 'main',
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
          StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
          GlobalSecondaryIndexes: [
            { IndexName: 'gsi1', KeySchema: [], Projection: {}, WriteProvisionedThroughputSettings: {} },
          ],
          Replicas: [],
        },
      },
      FromQueue: {
        type: 'AWS::Lambda::EventSourceMapping',
        properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
          FunctionName: { Ref: 'Fn' },
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ScalingConfig: { MaximumConcurrency: 5 },
        },
      },
      FromTable: {
        type: 'AWS::Lambda::EventSourceMapping',
        properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Table', 'StreamArn'] },
          FunctionName: { 'Fn::GetAtt': ['Fn', 'Arn'] },
          BatchSize: 50,
          MaximumBatchingWindowInSeconds: 1,
          MaximumRetryAttempts: 3,
          BisectBatchOnFunctionError: true,
          DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['Dead', 'Arn'] } } },
          FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT"]}' }] },
        },
      },
      Rule: {
        type: 'AWS::Events::Rule',
        properties: {
          ScheduleExpression: 'rate(5 minutes)',
          State: 'ENABLED',
          Targets: [{ Arn: { 'Fn::GetAtt': ['Fn', 'Arn'] }, Input: '{"job":"sweep"}' }],
        },
      },
      Schedule: {
        type: 'AWS::Scheduler::Schedule',
        properties: { ScheduleExpression: 'rate(1 day)', Target: { Arn: { 'Fn::GetAtt': ['Fn', 'Arn'] } } },
      },
    });
    const deadArn = 'arn:aws:sqs:us-east-1:000000000000:Dead';
    expect(assembly.queues).toContainEqual({
      id: 'Queue',
      name: 'Queue',
      arn: 'arn:aws:sqs:us-east-1:000000000000:Queue',
      url: `${origin}/local/sqs/000000000000/Queue`,
      fifo: false,
      visibilitySeconds: 60,
      contentBasedDeduplication: false,
      deadLetter: { arn: deadArn, maxReceiveCount: 3 },
    });
    expect(assembly.eventSources).toEqual([
      {
        id: 'FromQueue',
        functionId: 'Fn',
        sourceArn: 'arn:aws:sqs:us-east-1:000000000000:Queue',
        kind: 'sqs',
        batchSize: 10,
        batchWindowSeconds: 0,
        reportsItemFailures: true,
        maximumConcurrency: 5,
        bisect: false,
        filters: [],
      },
      {
        id: 'FromTable',
        functionId: 'Fn',
        sourceArn: assembly.tables[0]?.streamArn,
        kind: 'stream',
        batchSize: 50,
        batchWindowSeconds: 1,
        reportsItemFailures: false,
        maximumRetries: 3,
        bisect: true,
        deadLetterArn: deadArn,
        filters: [{ eventName: ['INSERT'] }],
      },
    ]);
    expect(assembly.tables).toEqual([
      {
        id: 'Table',
        name: 'main',
        arn: 'arn:aws:dynamodb:us-east-1:000000000000:table/main',
        streamArn: expect.stringContaining('table/main/stream/'),
        ttlAttribute: 'ttl',
        create: {
          TableName: 'main',
          AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
          BillingMode: 'PAY_PER_REQUEST',
          GlobalSecondaryIndexes: [{ IndexName: 'gsi1', KeySchema: [], Projection: {} }],
          StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
        },
      },
    ]);
    expect(assembly.schedules).toEqual([
      { id: 'Rule', functionId: 'Fn', everyMs: 300_000, input: { job: 'sweep' } },
      { id: 'Schedule', functionId: 'Fn', everyMs: 86_400_000, input: undefined },
    ]);
  });

  it('that cannot run here stop the start', () => {
    const rule = (properties: Record<string, unknown>) => ({
      Rule: {
        type: 'AWS::Events::Rule',
        properties: { Targets: [{ Arn: { 'Fn::GetAtt': ['Fn', 'Arn'] } }], ...properties },
      },
    });
    expect(() => read(rule({ ScheduleExpression: 'cron(0 12 * * ? *)' }))).toThrow('Rule has the expression cron');
    const source = { EventSourceArn: 'arn:aws:kinesis:x', FunctionName: { Ref: 'Fn' } };
    expect(() => read({ From: { type: 'AWS::Lambda::EventSourceMapping', properties: source } })).toThrow('From reads');
  });
});

describe('buckets', () => {
  it('are read with policy, CORS, lifecycle and notifications', () => {
    const [bucket] = read({
      Bucket: {
        type: 'AWS::S3::Bucket',
        properties: {
          BucketName: 'files',
          CorsConfiguration: { CorsRules: [{ AllowedMethods: ['GET'] }] },
          LifecycleConfiguration: { Rules: [{ ExpirationInDays: 1 }] },
        },
      },
      Policy: {
        type: 'AWS::S3::BucketPolicy',
        properties: {
          Bucket: { Ref: 'Bucket' },
          PolicyDocument: { Statement: [{ Resource: { 'Fn::GetAtt': ['Bucket', 'Arn'] } }] },
        },
      },
      Notify: {
        type: 'Custom::S3BucketNotifications',
        properties: {
          BucketName: { Ref: 'Bucket' },
          NotificationConfiguration: {
            LambdaFunctionConfigurations: [
              { Events: ['s3:ObjectCreated:*'], LambdaFunctionArn: { 'Fn::GetAtt': ['Fn', 'Arn'] } },
            ],
          },
        },
      },
    }).buckets;
    expect(bucket).toEqual({
      id: 'Bucket',
      name: 'files',
      arn: 'arn:aws:s3:::files',
      cors: [{ AllowedMethods: ['GET'] }],
      lifecycle: [{ ExpirationInDays: 1 }],
      policy: [{ Resource: 'arn:aws:s3:::files' }],
      notifications: [{ event: 's3:ObjectCreated:*', targetArn: 'arn:aws:lambda:us-east-1:000000000000:function:Fn' }],
    });
  });
});

describe('the gateways', () => {
  const integration = (id: string, uri: unknown, more = {}) => ({
    [id]: {
      type: 'AWS::ApiGatewayV2::Integration',
      properties: { ApiId: { Ref: 'Sockets' }, IntegrationUri: uri, ...more },
    },
  });
  const route = (id: string, routeKey: string, target: string, more = {}) => ({
    [id]: {
      type: 'AWS::ApiGatewayV2::Route',
      properties: {
        ApiId: { Ref: 'Sockets' },
        RouteKey: routeKey,
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: target }]] },
        ...more,
      },
    },
  });
  const lambdaUri = {
    'Fn::Join': [
      '',
      [
        'arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/',
        { 'Fn::GetAtt': ['Fn', 'Arn'] },
        '/invocations',
      ],
    ],
  };
  const lane = { Lane: { type: 'AWS::SQS::Queue', properties: { FifoQueue: true, QueueName: 'lane.fifo' } } };
  const laneUri = {
    'Fn::Sub': 'arn:${AWS::Partition}:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/${Lane.QueueName}',
  };
  const sending = {
    SendRole: {
      type: 'AWS::IAM::Role',
      properties: {
        Policies: [
          {
            PolicyDocument: {
              Statement: { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: { 'Fn::GetAtt': ['Lane', 'Arn'] } },
            },
          },
        ],
      },
    },
  };
  const template = { RequestTemplates: { $default: 'Action=SendMessage' } };

  it('have routes to functions and to queues', () => {
    const { httpApi, socketApi } = read({
      ...lane,
      ...sending,
      ...integration('ToFunction', lambdaUri),
      ...integration('ToLane', laneUri, { ...template, CredentialsArn: { 'Fn::GetAtt': ['SendRole', 'Arn'] } }),
      ...route('Connect', '$connect', 'ToFunction'),
      ...route('Ask', 'ask', 'ToFunction', { RouteResponseSelectionExpression: '$default' }),
      ...route('Join', 'join', 'ToLane'),
    });
    expect(httpApi).toEqual({ id: 'Http', routes: [{ routeKey: '$default', functionId: 'Fn' }] });
    const queueArn = 'arn:aws:sqs:us-east-1:000000000000:lane.fifo';
    expect(socketApi).toEqual({
      id: 'Sockets',
      stage: 'live',
      selection: '$request.body.type',
      routes: [
        { routeKey: '$connect', integration: { kind: 'lambda', functionId: 'Fn' }, returnsResponse: false },
        { routeKey: 'ask', integration: { kind: 'lambda', functionId: 'Fn' }, returnsResponse: true },
        {
          routeKey: 'join',
          integration: { kind: 'sqs', queueArn, requestTemplate: 'Action=SendMessage' },
          returnsResponse: false,
        },
      ],
    });
  });

  it.each([
    [
      'a queue that the route’s role may not send to',
      { ...lane, ...integration('To', laneUri, template), ...route('R', 'x', 'To') },
      'sqs:SendMessage',
    ],
    [
      'a target that is neither',
      { ...integration('To', 'https://example.com'), ...route('R', 'x', 'To') },
      'no function and no queue',
    ],
    [
      'an authorizer',
      { ...integration('To', lambdaUri), ...route('R', 'x', 'To', { AuthorizationType: 'JWT' }) },
      'JWT',
    ],
  ])('with %s stop the start', (_what, resources, words) => {
    expect(() => read(resources)).toThrow(words);
  });

  it('must be there, once each', () => {
    const { Http, ...others } = apis;
    expect(Http).toBeDefined();
    expect(() => readAssembly(writeAssembly({ Main: { resources: others } }), origin)).toThrow('no HTTP API');
    expect(() => read({ More: { type: 'AWS::ApiGatewayV2::Api', properties: { ProtocolType: 'HTTP' } } })).toThrow(
      'two HTTP',
    );
    expect(() => readAssembly('/nowhere', origin)).toThrow('no cloud assembly');
  });

  it('may have an edge, whose viewer-request functions are read in the order of its behaviours', () => {
    const associated = {
      FunctionAssociations: [{ EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': ['View', 'FunctionARN'] } }],
    };
    const { edge } = read({
      View: { type: 'AWS::CloudFront::Function', properties: { FunctionCode: 'function handler() {}' } },
      Edge: {
        type: 'AWS::CloudFront::Distribution',
        properties: {
          DistributionConfig: {
            DefaultCacheBehavior: associated,
            CacheBehaviors: [{ PathPattern: '/live', ...associated }, { PathPattern: '/plain' }],
          },
        },
      },
    });
    expect(edge).toEqual({
      viewerFunctions: [
        { pathPattern: '/live', code: 'function handler() {}' },
        { pathPattern: '*', code: 'function handler() {}' },
      ],
      behaviors: [
        { pathPattern: '/live', originHost: '' },
        { pathPattern: '/plain', originHost: '' },
      ],
    });
  });

  it('sends paths to a function’s own address', () => {
    const { edge, functionUrls } = read({
      Streams: streamingUrl({}),
      View: { type: 'AWS::CloudFront::Function', properties: { FunctionCode: 'function handler() {}' } },
      Edge: {
        type: 'AWS::CloudFront::Distribution',
        properties: {
          DistributionConfig: {
            Origins: [
              {
                Id: 'streams',
                DomainName: {
                  'Fn::Select': [2, { 'Fn::Split': ['/', { 'Fn::GetAtt': ['Streams', 'FunctionUrl'] }] }],
                },
              },
            ],
            DefaultCacheBehavior: {
              FunctionAssociations: [
                { EventType: 'viewer-request', FunctionARN: { 'Fn::GetAtt': ['View', 'FunctionARN'] } },
              ],
            },
            CacheBehaviors: [{ PathPattern: '/api/chat', TargetOriginId: 'streams' }],
          },
        },
      },
    });
    const host = 'streams.lambda-url.localhost:4000';
    expect(functionUrls).toEqual([{ id: 'Streams', functionId: 'Fn', host }]);
    expect(edge?.behaviors).toEqual([{ pathPattern: '/api/chat', originHost: host }]);
  });

  it.each([[{ AuthType: 'AWS_IAM' }], [{ InvokeMode: 'BUFFERED' }], [{ Cors: { AllowOrigins: ['*'] } }]])(
    'stops the start at an address that does what cannot be done here: %j',
    (properties) => {
      expect(() => read({ Streams: streamingUrl(properties) })).toThrow('The function URL Streams must be open');
    },
  );
});
