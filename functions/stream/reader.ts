import type { Ports } from '../core/ports.ts';

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
