import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { callAt, jsonOf } from '../support/call-at.ts';
import { eventually } from '../support/eventually.ts';
import { CarefulClient, type LiveSocket, stayConnected, tokenFor } from '../support/live-memory.ts';
import type { MemoryFrame } from '../support/memory.ts';
import { MindCacheClient } from '../support/mindcache-client.ts';
import { newDataDir, npmStart, type Running } from '../support/npm-start.ts';
import { signInAt } from '../support/sign-in-at.ts';

/** Instances of a server that is killed while clients write, and that makes trouble afterwards; and how sockets of theirs end. */

const kills = 3;
const data = `--data=${newDataDir()}`;
let running: Running;
let alice: string;
const sockets: LiveSocket[] = [];

beforeAll(async () => {
  running = await npmStart('--port=0', data);
  alice = await signInAt(running.url, 'alice@example.com');
});

afterAll(async () => {
  for (const socket of sockets) socket.close();
  await running?.stop();
});

const call = (method: string, path: string, as: string, body?: unknown) => callAt(running.url, method, path, as, body);

const newInstance = async (): Promise<string> =>
  (await call('POST', '/api/projects', alice, { name: 'Garden' })).defaultInstanceId;
const newKey = (as: string): Promise<{ id: string; key: string }> =>
  call('POST', '/api/keys', as, { name: 'script', scopeType: 'account', permissions: ['write'] });

const addressOf = (instanceId: string, token: string) =>
  `${running.url.replace('http', 'ws')}/sync/${instanceId}?token=${token}`;

describe('sockets of an instance', () => {
  it('are opened by a one-time token once, however many come with it at once', async () => {
    const id = await newInstance();
    const { token } = await tokenFor(running.url, id, alice);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = new WebSocket(addressOf(id, token));
        const [outcome] = await Promise.race([
          once(socket, 'open').then(() => ['open']),
          once(socket, 'unexpected-response').then(([, { statusCode }]) => [statusCode]),
        ]);
        socket.on('error', () => {});
        socket.terminate();
        return outcome;
      }),
    );
    expect(outcomes.sort()).toEqual([...Array.from({ length: 19 }, () => 401), 'open']);
  });

  it('end within five seconds when the key behind their token is deleted, or the share that let them in', async () => {
    const id = await newInstance();
    const bob = await signInAt(running.url, 'bob@example.com');
    const share = { targetType: 'user', targetEmail: 'bob@example.com', permission: 'write' };
    const { id: shareId } = await call('POST', `/api/instances/${id}/shares`, alice, share);
    const mine = await newKey(alice);
    const ofKey = await opened(id, mine.key);
    const ofShare = await opened(id, bob);
    const ends = [ofKey, ofShare].map((socket) => once(socket, 'close', { signal: AbortSignal.timeout(5_000) }));
    await call('DELETE', `/api/keys/${mine.id}`, alice);
    await call('DELETE', `/api/shares/${shareId}`, alice);
    await Promise.all(ends);
    for (const as of [mine.key, bob]) await expect(tokenFor(running.url, id, as)).rejects.toThrow(/401|403/);
  });

  /** A socket that has been greeted. */
  async function opened(instanceId: string, as: string): Promise<WebSocket> {
    const { token } = await tokenFor(running.url, instanceId, as);
    const socket = new WebSocket(addressOf(instanceId, token));
    const greeted = Promise.withResolvers<void>();
    socket.on('message', (frame) => jsonOf(String(frame)).type === 'sync' && greeted.resolve());
    socket.on('error', greeted.reject);
    await greeted.promise;
    return socket;
  }
});

describe('clients that write while the server is killed with kill -9, and while handlers die', () => {
  it('lose nothing that was acknowledged, and end with the same', async () => {
    const [own, shared] = [await newInstance(), await newInstance()];
    const { key: apiKey } = await newKey(alice);
    const { url } = running;
    const port = `--port=${new URL(url).port}`;

    /** Whatever anybody has heard of a key, by its version. */
    const heard = new Map<string, Map<number, unknown>>();
    const note = ({ type, key, value, version }: MemoryFrame) => {
      if (type !== 'key_updated') return;
      const versions = heard.get(key) ?? new Map<number, unknown>();
      heard.set(key, versions);
      if (versions.has(version)) expect(value).toEqual(versions.get(version));
      versions.set(version, value);
    };
    const careful = Array.from({ length: 4 }, () => new CarefulClient());
    const stock = Array.from({ length: 3 }, () => new MindCacheClient());
    const storm = new AbortController();
    const acknowledged = careful.map(() => -1);
    for (const { hear } of careful) sockets.push(stayConnected({ url, apiKey, instanceId: own, hear }));
    for (const client of stock) {
      const hear: MindCacheClient['hear'] = (socket, text) => {
        note(jsonOf(text));
        client.hear(socket, text);
      };
      sockets.push(stayConnected({ url, apiKey, instanceId: shared, hear }));
    }

    const writing = [
      ...careful.map(async (client, who) => {
        for (let count = 0; !storm.signal.aborted; count++) {
          await client.set(`own ${who}`, count);
          acknowledged[who] = count;
          client.say(count % 5 === 4 ? 'delete' : 'set', { key: 'everybody’s', value: `${who}:${count}` });
          await delay(20);
        }
      }),
      ...stock.map(async (client, who) => {
        for (let count = 0; !storm.signal.aborted; count++) {
          client.set(`key ${count % 4}`, `${who}:${count}`);
          await delay(40);
        }
      }),
    ];
    const isBusy = async () => {
      const before = [...acknowledged];
      await eventually(
        () => acknowledged.map((count, who) => count - (before[who] ?? 0)),
        (more) => more.every((count) => count > 5),
      );
    };
    for (let kill = 0; kill < kills; kill++) {
      await isBusy();
      await delay(Math.random() * 100); // anywhere in the middle of something
      await running.kill();
      running = await npmStart(port, data, ...(kill === kills - 1 ? ['--chaos=2026'] : []));
    }
    await isBusy();
    storm.abort();
    await Promise.all(writing);

    const late = new CarefulClient();
    sockets.push(stayConnected({ url, apiKey, instanceId: own, hear: late.hear }));
    await eventually(
      () => sockets.every((socket) => socket.isThere()),
      (areThere) => areThere,
    );
    await settledTo(
      own,
      [...careful, late].map(({ view }) => view),
    );
    await settledTo(
      shared,
      stock.map(({ local }) => local),
    );

    const ends = (await call('GET', `/api/instances/${own}/keys`, apiKey)).keys;
    for (const [who, count] of acknowledged.entries()) expect(ends[`own ${who}`].value).toBe(count);
    const { keys } = await call('GET', `/api/instances/${shared}/keys`, apiKey);
    for (const [key, versions] of heard) {
      expect(keys[key].version).toBeGreaterThanOrEqual(Math.max(...versions.keys()));
      if (versions.has(keys[key].version)) expect(keys[key].value).toEqual(versions.get(keys[key].version));
    }
  });

  /** Everybody has what there is. */
  async function settledTo(instanceId: string, views: readonly ReadonlyMap<string, unknown>[]): Promise<void> {
    await eventually(
      async () => {
        // A handler that dies answers for nothing: one asks again.
        const { keys } = await call('GET', `/api/instances/${instanceId}/keys`, alice);
        if (keys === undefined) return ['no answer', 'yet'];
        const stored = Object.entries<{ value: unknown }>(keys).map(([key, { value }]) => [key, value]);
        return [stored, ...views.map((view) => [...view])].map((entries) => JSON.stringify(entries.toSorted()));
      },
      (all) => new Set(all).size === 1,
    );
  }
});
