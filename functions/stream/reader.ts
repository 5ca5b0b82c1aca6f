import type { Ports } from '../core/ports.ts';
import type { Key } from '../core/table.ts';

/** The part of a DynamoDB stream record that we read; images are in DynamoDB's own JSON. */
export interface StreamRecord {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly dynamodb: {
    readonly SequenceNumber: string;
    readonly Keys: Readonly<Record<string, unknown>>;
    readonly NewImage?: Readonly<Record<string, unknown>>;
    readonly OldImage?: Readonly<Record<string, unknown>>;
  };
  /** Present when the time to live has run out. */
  readonly userIdentity?: { readonly principalId: string };
}

/** Work that follows a write: repair, search, webhooks, usage. Repeats must be harmless. */
export interface StreamReader {
  reads(record: StreamRecord): boolean;
  read(ports: Ports, record: StreamRecord): Promise<void>;
}

/** The key of a row that DynamoDB deleted because its time had run out; a row that a function deleted has none. */
export function expiredKey({ eventName, dynamodb, userIdentity }: StreamRecord): Key | undefined {
  if (eventName !== 'REMOVE' || userIdentity?.principalId !== 'dynamodb.amazonaws.com') return undefined;
  const { pk, sk } = dynamodb.Keys;
  return isText(pk) && isText(sk) ? { pk: pk.S, sk: sk.S } : undefined;
}

function isText(value: unknown): value is { readonly S: string } {
  return typeof value === 'object' && value !== null && 'S' in value && typeof value.S === 'string';
}
