import { isIPv4 } from 'node:net';
import type { BucketPart } from '../parts.ts';
import type { Call } from './call.ts';
import { wildcard } from './policy.ts';

/** An event of an object. */
export interface Announcement {
  /** The request that caused it; absent if a lifecycle rule did. */
  readonly call?: Call;
  readonly key: string;
  /** Without `s3:`, e.g. `ObjectCreated:Put`. */
  readonly name: string;
  readonly object?: { readonly size: number; readonly etag: string };
}

/** Delivers an event to a queue or function of the template. */
export type Notify = (targetArn: string, event: unknown) => void;

export type Announcer = (part: BucketPart, announcement: Announcement, nowMs: number) => void;

/** Notifies every target of a bucket that subscribed to this kind of event, in the form of S3's event notifications. */
export function createAnnouncer(notify: Notify): Announcer {
  let sequence = 0n; // Two events of one key in the same millisecond still have an order.
  return (part, announcement, nowMs) => {
    const targets = part.notifications.filter(({ event }) =>
      wildcard(event.replace(/^s3:/, '')).test(announcement.name),
    );
    if (targets.length === 0) return;
    const now = BigInt(nowMs) << 16n;
    sequence = now > sequence ? now : sequence + 1n;
    const event = { Records: [eventRecord(part, announcement, nowMs, sequence)] };
    for (const { targetArn } of targets) notify(targetArn, event);
  };
}

function eventRecord(part: BucketPart, { call, key, name, object }: Announcement, nowMs: number, sequence: bigint) {
  const address = call?.request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'us-east-1',
    eventTime: new Date(nowMs).toISOString(),
    eventName: name,
    userIdentity: { principalId: 'local' },
    requestParameters: { sourceIPAddress: isIPv4(address) ? address : '127.0.0.1' },
    responseElements: { 'x-amz-request-id': call?.requestId ?? '', 'x-amz-id-2': call?.requestId ?? '' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: part.id,
      bucket: { name: part.name, ownerIdentity: { principalId: 'local' }, arn: part.arn },
      object: {
        key: encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/'),
        ...(object && { size: object.size, eTag: object.etag }),
        sequencer: sequence.toString(16).toUpperCase().padStart(18, '0'),
      },
    },
  };
}
