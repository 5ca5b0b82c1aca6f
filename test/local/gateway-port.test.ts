import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { openPort } from '../../local/gateway/server.ts';

describe('the one port', () => {
  it('closes under sockets that nobody else has closed, as of clients that came back meanwhile', async () => {
    const door = await openPort(0, () => {});
    const upgrades = new WebSocketServer({ noServer: true });
    door.open({
      request: async () => {},
      upgrade: async (request, socket, head) => upgrades.handleUpgrade(request, socket, head, () => {}),
    });
    const client = new WebSocket(`ws://localhost:${door.port}`);
    await once(client, 'open');
    const closed = once(client, 'close');
    await door.close();
    const [code] = await closed;
    expect(code).toBe(1006);
  });
});
