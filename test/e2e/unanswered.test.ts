import { once } from 'node:events';
import { afterAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.ts';
import type { NoexFrame } from '../support/noex.ts';
import { npmStart, type Running } from '../support/npm-start.ts';
import { signInAt } from '../support/sign-in-at.ts';

/** Requests whose handlers die: nobody comes again to answer them, but the gateway says that something has happened. */

const atOnce = 20;
const wantedDeaths = 3;

let running: Running | undefined;
afterAll(() => running?.kill());

describe('a request whose handler dies', () => {
  it('is told of without its id, and whatever was answered is there', async () => {
    running = await npmStart('--port=0', '--fresh', '--chaos=44037');
    const socket = new WebSocket(`${running.url.replace('http', 'ws')}/`);
    const frames: NoexFrame[] = [];
    socket.on('message', (data) => frames.push(JSON.parse(String(data))));
    await once(socket, 'message');
    let sent = 0;
    /** Each is answered, or accounted for by a death; one that died after it had answered is both. */
    const settled = () => {
      const answered = new Set(frames.flatMap(({ id }) => id ?? [])).size;
      return answered + deaths().length >= sent;
    };
    const deaths = () => frames.filter(({ message, type }) => type === undefined && message !== undefined);
    const send = (type: string, fields: object) => socket.send(JSON.stringify({ id: ++sent, type, ...fields }));

    const token = await signInAt(running.url, 'ada@example.com');
    const isIn = () => frames.some(({ data }) => data?.userId !== undefined);
    while (!isIn()) {
      send('auth.login', { token });
      await eventually(settled, Boolean);
    }
    const before = sent;
    while (deaths().length < wantedDeaths) {
      for (let count = 0; count < atOnce; count += 1) {
        send('store.insert', { bucket: 'claims', data: { id: String(sent + 1) } });
      }
      await eventually(settled, Boolean);
    }
    const inserted = frames.flatMap(({ id = 0, type }) => (id > before && type === 'result' ? [String(id)] : []));
    const asked = sent + 1;
    const there = () => frames.find(({ id = 0, type }) => id >= asked && type === 'result');
    while (!there()) {
      send('store.all', { bucket: 'claims' });
      await eventually(settled, Boolean);
    }
    const ids = new Set(there()?.data.map(({ id }: { readonly id: string }) => id));
    expect(inserted.filter((id) => !ids.has(id))).toEqual([]);
    expect(inserted.length).toBeGreaterThan(0);
    for (const death of deaths()) {
      expect(death).toEqual({
        message: 'Internal server error',
        connectionId: expect.any(String),
        requestId: expect.any(String),
      });
    }
    socket.close();
  });
});
