import type { BucketPart, SecretPart, TablePart } from '../parts.ts';
import { type JsonObject, listOf, listOrOne, numberOr, objectOf, optionalText } from './json.ts';
import type { Resolver } from './resolver.ts';

export function readTables(resolver: Resolver): readonly TablePart[] {
  return resolver.of('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable').map((resource) => {
    const properties = objectOf(resolver.lenient(resource, resource.properties));
    const attribute = optionalText(objectOf(properties.TimeToLiveSpecification).AttributeName);
    const streams = properties.StreamSpecification !== undefined;
    return {
      id: resource.id,
      name: resolver.ref(resource),
      arn: resolver.attribute(resource, 'Arn'),
      ...(streams ? { streamArn: resolver.attribute(resource, 'StreamArn') } : {}),
      ...(attribute === undefined ? {} : { ttlAttribute: attribute }),
      create: createInput(resolver.ref(resource), properties),
    };
  });
}

/** The table of the template as CreateTable's input, on demand whatever the template provisions. */
function createInput(name: string, properties: JsonObject): JsonObject {
  const streams = objectOf(properties.StreamSpecification);
  const local = listOf(properties.LocalSecondaryIndexes);
  const global = listOf(properties.GlobalSecondaryIndexes).map((index) => {
    const { IndexName, KeySchema, Projection } = objectOf(index);
    return { IndexName, KeySchema, Projection };
  });
  return {
    TableName: name,
    AttributeDefinitions: properties.AttributeDefinitions,
    KeySchema: properties.KeySchema,
    BillingMode: 'PAY_PER_REQUEST',
    ...(local.length === 0 ? {} : { LocalSecondaryIndexes: local }),
    ...(global.length === 0 ? {} : { GlobalSecondaryIndexes: global }),
    ...(properties.StreamSpecification === undefined
      ? {}
      : { StreamSpecification: { StreamEnabled: true, StreamViewType: streams.StreamViewType } }),
  };
}

export function readBuckets(resolver: Resolver): readonly BucketPart[] {
  return resolver.of('AWS::S3::Bucket').map((resource) => {
    const properties = objectOf(resolver.lenient(resource, resource.properties));
    const name = resolver.ref(resource);
    return {
      id: resource.id,
      name,
      arn: resolver.attribute(resource, 'Arn'),
      cors: listOf(objectOf(properties.CorsConfiguration).CorsRules).map(objectOf),
      lifecycle: listOf(objectOf(properties.LifecycleConfiguration).Rules).map(objectOf),
      policy: bucketPolicy(resolver, name),
      notifications: [
        ...notifications(properties.NotificationConfiguration),
        ...customNotifications(resolver, name).flatMap(notifications),
      ],
    };
  });
}

function bucketPolicy(resolver: Resolver, bucket: string): readonly JsonObject[] {
  return resolver
    .of('AWS::S3::BucketPolicy')
    .map((resource) => objectOf(resolver.lenient(resource, resource.properties)))
    .filter((policy) => policy.Bucket === bucket)
    .flatMap((policy) => listOrOne(objectOf(policy.PolicyDocument).Statement).map(objectOf));
}

/** CDK sets notifications with its own custom resource. */
function customNotifications(resolver: Resolver, bucket: string): readonly unknown[] {
  return resolver
    .of('Custom::S3BucketNotifications')
    .map((resource) => objectOf(resolver.lenient(resource, resource.properties)))
    .filter((properties) => properties.BucketName === bucket)
    .map((properties) => properties.NotificationConfiguration);
}

function notifications(configuration: unknown): BucketPart['notifications'] {
  const { LambdaFunctionConfigurations, LambdaConfigurations, QueueConfigurations } = objectOf(configuration);
  return [LambdaFunctionConfigurations, LambdaConfigurations, QueueConfigurations].flatMap(listOf).flatMap((each) => {
    const { Events, Event, LambdaFunctionArn, Function: functionArn, QueueArn, Queue } = objectOf(each);
    const targetArn = String(LambdaFunctionArn ?? functionArn ?? QueueArn ?? Queue);
    return [...listOrOne(Events), ...listOrOne(Event)].map((event) => ({ event: String(event), targetArn }));
  });
}

export function readSecrets(resolver: Resolver): readonly SecretPart[] {
  return resolver.of('AWS::SecretsManager::Secret').map((resource) => ({
    id: resource.id,
    arn: resolver.ref(resource),
    length: numberOr(objectOf(resource.properties.GenerateSecretString).PasswordLength, 32),
  }));
}
