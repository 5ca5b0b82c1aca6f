import { casualosSocket } from './casualos-socket.ts';
import type { Dialect } from './dialect.ts';
import { openlivesync } from './openlivesync.ts';

/** Every dialect of the sockets; the first that speaks a path has it, the last one has what nobody else names. */
export const dialects: readonly Dialect[] = [casualosSocket, openlivesync];
