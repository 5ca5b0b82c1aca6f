import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/**
 * The plainest server of buckets: a Map each, in one process, nothing checked, nothing stored. It pushes the record
 * under a key to clients that subscribed to it, and events to their listeners. It shows what a store without any
 * promise costs.
 */

type Fields = Record<string, unknown>;

const buckets = new Map<string, Map<unknown, Fields>>();
const watchers = new Map<unknown, Set<WebSocket>>();
const listeners = new Set<WebSocket>();
const server = new WebSocketServer({ port: 0, perMessageDeflate: false });

server.on('connection', (socket) => {
  socket.send(JSON.stringify({ type: 'welcome', version: '1.0.0', serverTime: Date.now(), requiresAuth: false }));
  socket.on('message', (data) => {
    const { id, type, ...fields } = JSON.parse(data.toString());
    socket.send(JSON.stringify({ id, type: 'result', data: answerTo(socket, type, fields) }));
  });
  socket.on('close', () => {
    listeners.delete(socket);
    for (const sockets of watchers.values()) sockets.delete(socket);
  });
});

function answerTo(socket: WebSocket, type: string, fields: Fields): unknown {
  if (type === 'store.transaction' && Array.isArray(fields.operations)) {
    return { results: fields.operations.map((one, index) => ({ index, data: work(one.op, one) })) };
  }
  if (type === 'rules.subscribe') return listen(socket);
  if (type === 'rules.emit') return emit(String(fields.topic), fields.data as Fields);
  if (type !== 'store.subscribe') return work(type.replace('store.', ''), fields);
  const { name } = fields.params as { name?: unknown };
  watchers.set(name, (watchers.get(name) ?? new Set()).add(socket));
  return { subscriptionId: randomUUID(), data: bucketOf('counters').get(name) ?? null };
}

function listen(socket: WebSocket): unknown {
  listeners.add(socket);
  return { subscriptionId: randomUUID() };
}

/** The example's rule for large orders, and nothing else. */
function emit(topic: string, data: Fields): Fields {
  const event = { id: randomUUID(), topic, data, timestamp: Date.now(), source: 'api' };
  for (const socket of listeners) socket.send(JSON.stringify({ type: 'push', data: { topic, event } }));
  if (topic === 'order.created' && Number(data.total) >= 100) emit('order.flagged', data);
  return event;
}

function work(operation: string, { bucket, key, data, filter }: Fields): unknown {
  const records = bucketOf(bucket);
  if (operation === 'get') return records.get(key) ?? null;
  if (operation === 'where') return [...records.values()].filter((one) => matches(one, filter as Fields));
  if (operation === 'insert') return put(records, { id: randomUUID(), ...(data as Fields), _version: 1 });
  if (operation === 'update') return put(records, { ...records.get(key), ...(data as Fields) });
  return null;
}

function put(records: Map<unknown, Fields>, record: Fields): Fields {
  const key = record.name ?? record.id;
  records.set(key, record);
  for (const socket of watchers.get(key) ?? []) socket.send(JSON.stringify({ type: 'push', data: record }));
  return record;
}

function bucketOf(name: unknown): Map<unknown, Fields> {
  const records = buckets.get(String(name)) ?? new Map<unknown, Fields>();
  buckets.set(String(name), records);
  return records;
}

const matches = (record: Fields, filter: Fields): boolean =>
  Object.entries(filter).every(([field, value]) => record[field] === value);

process.once('message', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
// A server that listens on TCP has such an address.
process.send?.(`ws://localhost:${(server.address() as AddressInfo).port}/`);
