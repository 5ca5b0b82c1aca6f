import type { Identity } from '../core/caller.ts';
import type { NodeMeta, NodesSeen } from '../core/node-storage.ts';
import type { Ports } from '../core/ports.ts';
import { mayUse } from './access.ts';
import { hold } from './holding.ts';
import { storageOf } from './storage.ts';

/**
 * Nodes for an `EventSource`. A response is short: it has the nodes with larger versions than the browser has seen, and
 * ends. The browser then reconnects by itself, and sends the last version it has seen.
 */

/** After which time the browser reconnects. */
const retryMs = 3_000;
/**
 * A writer takes a version moments before it writes the node. A client that meanwhile got a larger version would miss
 * that node, so recent ones wait.
 */
const freshMs = 500;
const settleMs = 100;

export interface EventsRequest {
  readonly keys: readonly string[];
  readonly lastEventId?: string | undefined;
  /** Milliseconds to wait for an event before the heartbeat. */
  readonly waitMs: number;
}

export interface Events {
  readonly text: string;
  /** The largest version sent to the browser. */
  readonly cursor: number;
}

export async function eventsSince(
  ports: Ports,
  identity: Identity | undefined,
  request: EventsRequest,
): Promise<Events> {
  const { clock } = ports;
  const storage = storageOf(ports);
  const keys = [...new Set(request.keys)].filter((key) => mayUse(ports, identity, key));
  const cursor = cursorIn(request.lastEventId);
  const newIn = ({ nodes }: Pick<NodesSeen, 'nodes'>) =>
    [...nodes.values()].filter(({ version }) => version > cursor).sort((a, b) => a.version - b.version);
  let events = newIn(await hold(ports, storage, keys, request.waitMs, (seen) => newIn(seen).length > 0));
  if (keys.length > 1 && events.some(({ updatedAt }) => clock.now() - updatedAt < freshMs)) {
    await clock.wait(settleMs);
    events = newIn({ nodes: await storage.getNodes(keys) });
  }
  const told = events.length > 0 ? events.map(eventText) : [heartbeatText(clock.now())];
  return { text: `retry: ${retryMs}\n${told.join('')}`, cursor: Math.max(cursor, events.at(-1)?.version ?? 0) };
}

/** Parses `<version>` or `<version>:<hash>`; other texts count as no version. */
export function cursorIn(text: string | undefined): number {
  const version = Number(/^\s*(\d{1,16})(?=:|\s*$)/.exec(text ?? '')?.[1] ?? 0);
  return Number.isSafeInteger(version) ? version : 0;
}

function eventText(node: NodeMeta): string {
  return `id: ${idOf(node)}\nevent: update\ndata: ${JSON.stringify(node)}\n\n`;
}

/** Without an id: the browser keeps the one that it has. */
function heartbeatText(timestamp: number): string {
  return `event: heartbeat\ndata: ${JSON.stringify({ timestamp })}\n\n`;
}

/** The browser sends the id back in a header, which does not allow all characters. */
function idOf({ version, hash }: NodeMeta): string {
  return /^[\x21-\x7e]{1,128}$/.test(hash) ? `${version}:${hash}` : String(version);
}
