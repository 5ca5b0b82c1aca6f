import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/**
 * The plainest server of keys: a Map for each path, in one process, nothing checked, nothing stored. Its frames are
 * those of Chorus, so that the clients of both servers read the same.
 */

interface Entry {
  readonly value: unknown;
  readonly attributes: object;
  readonly updatedAt: number;
  readonly version: number;
}

interface Instance {
  readonly keys: Map<string, Entry>;
  readonly sockets: Set<WebSocket>;
  version: number;
}

const unsaid = { type: 'text', readonly: false, visible: true, hardcoded: false, template: false, tags: [], zIndex: 0 };
const instances = new Map<string, Instance>();
const server = new WebSocketServer({ port: 0, perMessageDeflate: false });

server.on('connection', (socket, { url = '' }) => {
  const instanceId = url.split('?')[0] ?? '';
  const instance = instances.get(instanceId) ?? { keys: new Map(), sockets: new Set(), version: 0 };
  instances.set(instanceId, instance);
  const { keys, sockets } = instance;
  sockets.add(socket);
  socket.send(JSON.stringify({ type: 'auth_success', instanceId, userId: 'user', permission: 'admin' }));
  socket.send(JSON.stringify({ type: 'sync', data: Object.fromEntries(keys), instanceId, version: instance.version }));
  socket.on('close', () => sockets.delete(socket));
  socket.on('message', (data) => {
    const { type, key, value, attributes } = JSON.parse(data.toString());
    if (type !== 'set') return;
    instance.version += 1;
    const { version } = instance;
    const entry = { value, attributes: { ...unsaid, ...attributes }, updatedAt: Date.now(), version };
    keys.set(key, entry);
    const { updatedAt: timestamp, ...rest } = entry;
    const frame = JSON.stringify({ type: 'key_updated', key, ...rest, updatedBy: 'user', timestamp });
    for (const one of sockets) one.send(frame);
  });
});

process.once('message', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
// A server that listens on TCP has such an address.
process.send?.(`ws://localhost:${(server.address() as AddressInfo).port}/`);
