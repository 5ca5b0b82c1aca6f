import type { Connection } from '../core/connection.ts';
import { casualosSocket } from './casualos-socket.ts';
import type { Dialect } from './dialect.ts';
import { mindcache } from './mindcache.ts';
import { isOfNodes, nodes } from './nodes.ts';
import { isRequest, noex } from './noex.ts';
import { openlivesync } from './openlivesync.ts';
import { yjsText } from './yjs.ts';

/** All dialects of the sockets. The first that speaks a path gets it; the last one gets all other paths. */
export const dialects: readonly Dialect[] = [casualosSocket, noex, mindcache, yjsText, nodes, openlivesync];

/**
 * The dialect of a frame. `$connect` has determined it by the path. On paths that name no protocol, each frame decides:
 * an array is CasualOS's, a type of nodes is the doorbell's, a request with an id is noex's, and anything else belongs
 * to rooms.
 */
export function dialectOf({ dialect, path }: Connection, frame: string): Dialect | undefined {
  const pinned = dialects.find(({ name }) => name === dialect);
  if (pinned !== openlivesync || path === '/live') return pinned;
  if (/^\s*\[/.test(frame)) return casualosSocket;
  if (frame.includes('"nodes.') && isOfNodes(frame)) return nodes;
  return frame.includes('"id"') && isRequest(frame) ? noex : pinned;
}
