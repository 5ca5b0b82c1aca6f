import { isDeepStrictEqual } from 'node:util';

type Attributes = Readonly<Record<string, unknown>>;

/** A record as the engine returns it. */
export interface EngineRecord {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly dynamodb: {
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Attributes;
    readonly NewImage?: Attributes;
    readonly OldImage?: Attributes;
    /** Counts from 1. */
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: string;
  };
}

/** One of `Records` in the event that a function gets. */
export interface StreamRecord extends EngineRecord {
  readonly eventID: string;
  readonly eventVersion: '1.1';
  readonly eventSource: 'aws:dynamodb';
  readonly awsRegion: string;
  readonly eventSourceARN: string;
  readonly userIdentity?: { readonly type: 'Service'; readonly principalId: 'dynamodb.amazonaws.com' };
}

/** The engine records every write, DynamoDB only writes that change something. */
export function changesSomething({ dynamodb: { NewImage, OldImage } }: EngineRecord): boolean {
  return NewImage === undefined || OldImage === undefined || !isDeepStrictEqual(NewImage, OldImage);
}

/**
 * The record in Amazon's format.
 *
 * @param expired whether DynamoDB itself removed the item, because it had expired
 */
export function toStreamRecord(record: EngineRecord, streamArn: string, expired: boolean): StreamRecord {
  const { eventName, dynamodb } = record;
  return {
    eventID: `${streamArn.length}${dynamodb.SequenceNumber.padStart(28, '0')}`,
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: 'us-east-1',
    eventSourceARN: streamArn,
    dynamodb: { ...dynamodb, SequenceNumber: sequenceNumber(dynamodb.SequenceNumber) },
    ...(expired ? { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } } : {}),
  };
}

/** 21 digits as on AWS, so that text order is number order. */
export function sequenceNumber(engineNumber: string): string {
  return `1${engineNumber.padStart(20, '0')}`;
}
