import type { QueueRecord } from '../core/batch.ts';
import { branded } from '../core/branded.ts';
import type { Frame } from '../core/caller.ts';
import type { ConnectionId, EpochMs } from '../core/names.ts';

/** The contents of a gateway event, whether it came directly or through the lane. */
export interface SocketEvent {
  readonly kind: 'MESSAGE' | 'DISCONNECT' | 'GREETING';
  readonly connectionId: ConnectionId;
  readonly frame: Frame;
  readonly body: string;
}

/** The part of an API Gateway WebSocket event that we read. */
export interface GatewayEvent {
  readonly requestContext: {
    readonly eventType: string;
    readonly connectionId: string;
    readonly requestId: string;
    readonly requestTimeEpoch: number;
    readonly connectedAt?: number;
    readonly identity?: { readonly sourceIp?: string };
  };
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null;
}

/** A frame in the lane. */
export interface LaneRecord extends QueueRecord {
  readonly messageAttributes: Readonly<Record<string, { readonly stringValue?: string | undefined }>>;
}

export function directEvent(event: GatewayEvent): SocketEvent {
  const { connectionId, requestId, requestTimeEpoch } = event.requestContext;
  return {
    kind: 'MESSAGE',
    connectionId: branded<ConnectionId>(connectionId),
    frame: { requestId, at: branded<EpochMs>(requestTimeEpoch), attempt: 1 },
    body: event.body ?? '',
  };
}

/** The lane's request template puts the gateway's context into one form-encoded attribute. */
export function laneEvent(record: LaneRecord): SocketEvent {
  const context = new URLSearchParams(record.messageAttributes.context?.stringValue ?? '');
  const eventType = context.get('eventType');
  const { SequenceNumber } = record.attributes;
  return {
    kind: eventType === 'DISCONNECT' || eventType === 'GREETING' ? eventType : 'MESSAGE',
    connectionId: branded<ConnectionId>(context.get('connectionId') ?? ''),
    frame: {
      requestId: context.get('requestId') ?? record.messageId,
      at: branded<EpochMs>(timeOf(context.get('requestTimeEpoch'), record.attributes.SentTimestamp)),
      attempt: Number(record.attributes.ApproximateReceiveCount ?? 1),
      ...(SequenceNumber === undefined ? {} : { place: SequenceNumber.padStart(20, '0') }),
    },
    body: record.body,
  };
}

/** If the gateway does not know the context variable, the text is no number; then the queue's time counts. */
function timeOf(requestTime: string | null, sentTimestamp: string | undefined): number {
  const time = Number(requestTime);
  return Number.isInteger(time) && time > 0 ? time : Number(sentTimestamp);
}
