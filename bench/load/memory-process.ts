import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/**
 * The plainest server of rooms: one room, in memory, relaying at once. It shows what a server without any promise
 * costs.
 */

const members = new Map<string, WebSocket>();
const server = new WebSocketServer({ port: 0, perMessageDeflate: false });

server.on('connection', (socket) => {
  const connectionId = randomUUID();
  const roomId = 'lobby';
  socket.on('message', (data) => {
    const { type, payload } = JSON.parse(data.toString());
    if (type === 'join_room') {
      members.set(connectionId, socket);
      const presence = Object.fromEntries([...members.keys()].map((id) => [id, { connectionId: id, presence: {} }]));
      say([socket], 'room_joined', { roomId, connectionId, presence, chatHistory: [] });
      say(others(), 'presence_updated', { roomId, joined: [{ connectionId, presence: {} }] });
    } else if (type === 'send_chat') {
      const message = { roomId, connectionId, ...payload, id: randomUUID(), createdAt: Date.now() };
      say(members.values(), 'chat_message', message);
    } else if (type === 'broadcast_event') {
      say(others(), 'broadcast_event', { roomId, connectionId, ...payload });
    }
  });
  socket.on('close', () => {
    members.delete(connectionId);
    say(others(), 'presence_updated', { roomId, left: [connectionId] });
  });

  function others(): WebSocket[] {
    return [...members].filter(([id]) => id !== connectionId).map(([, member]) => member);
  }
});

function say(to: Iterable<WebSocket>, type: string, payload: object): void {
  const frame = Buffer.from(JSON.stringify({ type, payload }));
  for (const member of to) member.send(frame, { binary: false });
}

process.once('message', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
// A server that listens on TCP has such an address.
process.send?.(`ws://localhost:${(server.address() as AddressInfo).port}`);
