import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Stack, Validations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/**
 * Suppresses a finding of cdk-nag's AwsSolutions pack for a construct and its children, with the reason. Because the
 * rule has the pack's name in front, finding and reason stay listed in the assembly's validation report.
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
}

/** The same for one resource with a wildcard in a policy: cdk-nag needs its exact text, with references in `<>`. */
export function acknowledgeWildcard(construct: IConstruct, resource: string, reason: string): void {
  acknowledge(construct, `IAM5[Resource::${flat(Stack.of(construct).resolve(resource))}]`, reason);
}

/**
 * The same for a function that may reach all objects of a bucket, or those in a folder, which ends in `/`. If the
 * bucket belongs to another stack, its text is that stack's export.
 */
export function acknowledgeObjects(construct: IConstruct, bucket: Bucket, reason: string, folder = ''): void {
  const home = Stack.of(bucket);
  const arn = home === Stack.of(construct) ? bucket.bucketArn : home.exportValue(bucket.bucketArn);
  acknowledgeWildcard(construct, `${arn}/${folder}*`, reason);
}

function flat(node: unknown): string {
  if (typeof node === 'string') return node;
  const { Ref, 'Fn::Join': join, 'Fn::GetAtt': attribute, 'Fn::ImportValue': imported } = Object(node);
  if (imported !== undefined) return imported;
  if (join !== undefined) return join[1].map(flat).join(join[0]);
  return attribute === undefined ? `<${Ref}>` : `<${attribute.join('.')}>`;
}
