import type { Ports } from './ports.ts';
import type { Key } from './table.ts';

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

/** Work that is less for many changes together than for each. */
export interface BatchReader {
  reads(record: StreamRecord): boolean;
  readAll(ports: Ports, records: readonly StreamRecord[]): Promise<void>;
}

/** The key of a row that DynamoDB deleted because its time had run out; a row that a function deleted has none. */
export function expiredKey(record: StreamRecord): Key | undefined {
  const isExpired = record.eventName === 'REMOVE' && record.userIdentity?.principalId === 'dynamodb.amazonaws.com';
  return isExpired ? keyIn(record) : undefined;
}

/** Whose row it is. */
export function keyIn({ dynamodb: { Keys } }: StreamRecord): Key | undefined {
  const [pk, sk] = [textIn(Keys, 'pk'), textIn(Keys, 'sk')];
  return pk === undefined || sk === undefined ? undefined : { pk, sk };
}

/** A number in an image; 0 where there is none. */
export function numberIn(image: Readonly<Record<string, unknown>> | undefined, name: string): number {
  const value = image?.[name];
  return typeof value === 'object' && value !== null && 'N' in value ? Number(value.N) : 0;
}

/** Whether an image has a flag that is set. */
export function flagIn(image: Readonly<Record<string, unknown>> | undefined, name: string): boolean {
  const value = image?.[name];
  return typeof value === 'object' && value !== null && 'BOOL' in value && value.BOOL === true;
}

/** A text in an image. */
export function textIn(image: Readonly<Record<string, unknown>> | undefined, name: string): string | undefined {
  const value = image?.[name];
  const text: unknown = typeof value === 'object' && value !== null && 'S' in value ? value.S : undefined;
  return typeof text === 'string' ? text : undefined;
}
