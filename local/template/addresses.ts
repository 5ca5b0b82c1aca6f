import { createHash } from 'node:crypto';

/** The region and account in all ARNs of the local runtime. */
export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';

/** The results of `Ref` and `Fn::GetAtt` for one resource. */
export interface Address {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The inputs of an address. */
export interface Addressed {
  /** Logical id, unique over all stacks. */
  readonly id: string;
  /** A property of the resource as text, references resolved; undefined if it is not set. */
  property(name: string): string | undefined;
  /** The URL of the local runtime, e.g. `http://localhost:4000`. */
  readonly origin: string;
}

/** The address of each resource type. A function's environment cannot refer to a type that is missing here. */
export const addresses: Readonly<Record<string, (resource: Addressed) => Address>> = {
  'AWS::Lambda::Function': ({ id }) => named(id, arn('lambda', `function:${id}`)),
  'AWS::Lambda::Url': ({ id, origin }) => {
    const { host } = new URL(origin);
    // A host of its own, with AWS's scheme, by which the origins of the edge are told apart. Here it is plain HTTP, and
    // browsers resolve `*.localhost` themselves.
    return { ref: id, attributes: { FunctionUrl: `https://${id.toLowerCase()}.lambda-url.${host}/` } };
  },
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::SQS::Queue': queue,
  'AWS::S3::Bucket': bucket,
  'AWS::IAM::Role': ({ id, property }) => {
    const name = property('RoleName') ?? id;
    return named(name, `arn:aws:iam::${ACCOUNT}:role/${name}`);
  },
  'AWS::SecretsManager::Secret': ({ id, property }) => {
    // AWS appends six unpredictable characters. Here they stay the same, so that a stored secret is found again.
    const own = arn('secretsmanager', `secret:${property('Name') ?? id}-${digest(id).slice(0, 6)}`);
    return { ref: own, attributes: { Id: own } };
  },
  'AWS::SSM::Parameter': ({ id, property }) => ({ ref: property('Name') ?? id, attributes: {} }),
  'AWS::SNS::Topic': ({ id, property }) => {
    const name = property('TopicName') ?? id;
    return { ref: arn('sns', name), attributes: { TopicArn: arn('sns', name), TopicName: name } };
  },
  'AWS::SES::EmailIdentity': ({ id, property }) => ({ ref: property('EmailIdentity') ?? id, attributes: {} }),
  'AWS::Events::Rule': ({ id, property }) => {
    const name = property('Name') ?? id;
    return named(name, arn('events', `rule/${name}`));
  },
  'AWS::Scheduler::Schedule': ({ id, property }) => {
    const name = property('Name') ?? id;
    return named(name, arn('scheduler', `schedule/${property('GroupName') ?? 'default'}/${name}`));
  },
  'AWS::Scheduler::ScheduleGroup': ({ id, property }) => {
    const name = property('Name') ?? id;
    return named(name, arn('scheduler', `schedule-group/${name}`));
  },
  'AWS::Logs::LogGroup': ({ id, property }) => {
    const name = property('LogGroupName') ?? id;
    return named(name, `${arn('logs', `log-group:${name}`)}:*`);
  },
  'AWS::KMS::Key': ({ id }) => ({ ref: id, attributes: { Arn: arn('kms', `key/${id}`), KeyId: id } }),
  'AWS::ApiGatewayV2::Api': ({ id, property, origin }) => {
    const scheme = property('ProtocolType') === 'WEBSOCKET' ? 'ws' : 'http';
    return { ref: id, attributes: { ApiId: id, ApiEndpoint: origin.replace(/^http/, scheme) } };
  },
  'AWS::ApiGatewayV2::Stage': ({ id, property }) => ({ ref: property('StageName') ?? id, attributes: {} }),
  'AWS::ApiGatewayV2::Integration': byId,
  'AWS::ApiGatewayV2::Route': byId,
  'AWS::ApiGatewayV2::Authorizer': byId,
  'AWS::CloudFront::Distribution': ({ id, origin }) => ({
    ref: id,
    attributes: { Id: id, DomainName: new URL(origin).host },
  }),
  'AWS::CloudFront::Function': ({ id }) => ({
    ref: id,
    attributes: { FunctionARN: `arn:aws:cloudfront::${ACCOUNT}:function/${id}` },
  }),
};

/** `arn:aws:SERVICE:REGION:ACCOUNT:REST` with this runtime's region and account. */
export function arn(service: string, rest: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
}

function named(name: string, ownArn: string): Address {
  return { ref: name, attributes: { Arn: ownArn } };
}

function byId({ id }: Addressed): Address {
  return { ref: id, attributes: {} };
}

function table({ id, property }: Addressed): Address {
  const name = property('TableName') ?? id;
  const own = arn('dynamodb', `table/${name}`);
  return { ref: name, attributes: { Arn: own, StreamArn: `${own}/stream/2026-01-01T00:00:00.000` } };
}

function queue({ id, property, origin }: Addressed): Address {
  const name = property('QueueName') ?? (property('FifoQueue') === 'true' ? `${id}.fifo` : id);
  const url = `${origin}/local/sqs/${ACCOUNT}/${name}`;
  return { ref: url, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: url } };
}

function bucket({ id, property, origin }: Addressed): Address {
  const name = property('BucketName') ?? id.toLowerCase();
  const domain = `${new URL(origin).host}/local/s3/${name}`;
  return { ref: name, attributes: { Arn: `arn:aws:s3:::${name}`, DomainName: domain, RegionalDomainName: domain } };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
