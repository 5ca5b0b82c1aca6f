import { together } from '../core/concurrently.ts';
import { Failure } from '../core/errors.ts';
import { HttpOutput } from '../core/http-output.ts';
import { implement } from '../core/implement.ts';
import type { Ports } from '../core/ports.ts';
import { mayUse, refuseForeign } from './access.ts';
import { nodesContract } from './contract.ts';
import { cursorIn, eventsSince } from './events.ts';
import { health, stats } from './health.ts';
import { listVersions } from './listing.ts';
import { gossip, mesh, serverHeaders } from './mesh.ts';
import { deleteNode, updateNode, updateNodes } from './raising.ts';
import { storageOf } from './storage.ts';
import { sync } from './syncing.ts';

/** Nodes over HTTP. The server keeps no state for clients, so that each request may be served by another process. */
export const nodes = implement('nodes', nodesContract, {
  async sync(ports, { identity }, input) {
    const { response, told } = await sync(ports, identity, input);
    return new HttpOutput(response, { headers: serverHeaders(told) });
  },

  async update(ports, { identity }, { key, hash, payload }) {
    refuseForeign(ports, identity, [key]);
    const [node, peers] = await together([updateNode(ports, key, hash, payload), mesh(ports)]);
    const { version, updatedAt } = node;
    const headers = serverHeaders(gossip(ports, peers, version));
    return new HttpOutput({ key, version, hash, updatedAt }, { headers });
  },

  async invalidate(ports, { identity }, { keys, source }) {
    const named = [...new Set(keys)];
    refuseForeign(ports, identity, named);
    const raised = source === undefined ? await raiseAll(ports, named) : await hint(ports, named);
    const versions = Object.fromEntries(raised.map(({ key, version }) => [key, version]));
    const [highest, peers] = await Promise.all([storageOf(ports).getMaxVersion(), mesh(ports)]);
    const maxVersion = Math.max(highest, ...Object.values(versions));
    const headers = serverHeaders(gossip(ports, peers, maxVersion));
    return new HttpOutput({ invalidated: raised.map(({ key }) => key), versions }, { headers });
  },

  versions: (ports, { identity }, { since = '0' }) => listVersions(ports, identity, Number(since)),

  async events(ports, { identity }, { key, lastEventId }) {
    const { text, cursor } = await eventsSince(ports, identity, { keys: key, lastEventId, waitMs: 0 });
    const headers = {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      'X-Reality-Version': String(cursor),
    };
    return new HttpOutput(text, { headers, text });
  },

  async poll(ports, { identity }, { key, known }) {
    const cursor = cursorIn(known);
    const { response, told } = await sync(ports, identity, { known: unknown(key) });
    const newest = Math.max(0, ...Object.values(response.changed).map(({ version }) => version));
    const headers = { ...serverHeaders(told), 'X-Reality-Version': String(Math.max(newest, cursor)) };
    return new HttpOutput(response, newest > cursor || known === undefined ? { headers } : { headers, status: 304 });
  },

  async get(ports, { identity }, { key: [key = ''] }) {
    const node = mayUse(ports, identity, key) ? await storageOf(ports).getNode(key) : undefined;
    if (!node) throw new Failure('not_found', `There is no node ${JSON.stringify(key.slice(0, 64))}.`);
    return node;
  },

  async delete(ports, { identity }, { key: [key = ''] }) {
    refuseForeign(ports, identity, [key]);
    return { key, deleted: await deleteNode(ports, key) };
  },

  async health(ports) {
    const found = await health(ports);
    return new HttpOutput(found, found.status === 'unhealthy' ? { status: 503 } : {});
  },

  stats: (ports) => stats(ports),
});

/** Raises nodes with new unique hashes, because clients treat a later version with the same hash as unchanged. */
function raiseAll(ports: Ports, keys: readonly string[]) {
  return updateNodes(
    ports,
    keys.map((key) => ({ key, hash: ports.ids.uuid() })),
  );
}

/** Another server reports changes: makes requests that wait for these nodes here check again. */
async function hint(ports: Ports, keys: readonly string[]) {
  const storage = storageOf(ports);
  const there = await storage.getNodes(keys);
  const known = keys.flatMap((key) => there.get(key) ?? []);
  if (known.length > 0) await storage.hint(known.map(({ key }) => key));
  return known;
}

const unknown = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 0]));
