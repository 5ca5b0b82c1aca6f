import type { Branded } from './branded.ts';

/** API Gateway's id of one open WebSocket; never reused. */
export type ConnectionId = Branded<string, 'ConnectionId'>;
/** Our id of a user, the same for every way of signing in. */
export type UserId = Branded<string, 'UserId'>;
/** Identifies one delivery of one client message or HTTP request. */
export type RequestId = Branded<string, 'RequestId'>;
/** Milliseconds since 1970. */
export type EpochMs = Branded<number, 'EpochMs'>;
/** Names one channel: its kind and its id in that kind, e.g. `room:lobby`. */
export type ChannelName = `${string}:${string}`;
