import type { Connection } from '../core/connection.ts';
import { casualosSocket } from './casualos-socket.ts';
import type { Dialect } from './dialect.ts';
import { mindcache } from './mindcache.ts';
import { isOfNodes, nodes } from './nodes.ts';
import { isRequest, noex } from './noex.ts';
import { openlivesync } from './openlivesync.ts';
import { yjsText } from './yjs.ts';

/** Every dialect of the sockets; the first that speaks a path has it, the last one has what nobody else names. */
export const dialects: readonly Dialect[] = [casualosSocket, noex, mindcache, yjsText, nodes, openlivesync];

/**
 * In which dialect a frame is. `$connect` has pinned it by the path; on paths that name no protocol each frame tells: an
 * array is CasualOS's, a type of nodes the doorbell's, a request with an id noex's, anything else belongs to rooms.
 */
export function dialectOf({ dialect, path }: Connection, frame: string): Dialect | undefined {
  const pinned = dialects.find(({ name }) => name === dialect);
  if (pinned !== openlivesync || path === '/live') return pinned;
  if (/^\s*\[/.test(frame)) return casualosSocket;
  if (frame.includes('"nodes.') && isOfNodes(frame)) return nodes;
  return frame.includes('"id"') && isRequest(frame) ? noex : pinned;
}
