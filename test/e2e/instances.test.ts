import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { callAt, jsonOf } from '../support/call-at.ts';
import { eventually } from '../support/eventually.ts';
import { npmStart, type Running } from '../support/npm-start.ts';
import { signInAt } from '../support/sign-in-at.ts';

/** A project, somebody it is shared with, and what becomes of their socket: as it is deployed, roles and queues included. */

let running: Running;

beforeAll(async () => {
  running = await npmStart('--port=0', '--fresh');
});

afterAll(async () => void (await running?.stop()), 30_000);

const call = (method: string, path: string, as: string, body?: unknown) => callAt(running.url, method, path, as, body);

/** A socket of an instance, and the types of the frames it has heard. */
async function listen(instanceId: string, as: string) {
  const { token, permission } = await call('POST', '/api/ws-token', as, { instanceId, permission: 'write' });
  const socket = new WebSocket(`${running.url.replace('http', 'ws')}/sync/${instanceId}?token=${token}`);
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(jsonOf(String(data)).type));
  const closed = once(socket, 'close').then(([code, reason]) => `${code} ${reason}`);
  await once(socket, 'open');
  await eventually(
    () => heard.join(),
    (all) => all.startsWith('auth_success,sync'),
  );
  return { permission, heard, closed };
}

describe('an instance', () => {
  it('is shared, heard by who may read it, taken back and deleted', async () => {
    const [alice, bob] = await Promise.all(
      ['alice', 'bob'].map((name) => signInAt(running.url, `${name}@example.com`)),
    );
    if (!alice || !bob) throw new Error('nobody has signed in');
    const { id, defaultInstanceId } = await call('POST', '/api/projects', alice, { name: 'Garden' });
    const share = { targetType: 'user', targetEmail: 'bob@example.com', permission: 'read' };
    const { id: shareId } = await call('POST', `/api/projects/${id}/shares`, alice, share);
    const [owner, reader] = [await listen(defaultInstanceId, alice), await listen(defaultInstanceId, bob)];
    expect([owner.permission, reader.permission]).toEqual(['write', 'read']);

    await call('PUT', `/api/instances/${defaultInstanceId}/keys/colour`, alice, { value: 'green' });
    for (const { heard } of [owner, reader]) {
      await eventually(
        () => heard.at(-1),
        (last) => last === 'key_updated',
      );
    }
    const { id: copy } = await call('POST', `/api/projects/${id}/instances`, alice, {
      name: 'copy',
      cloneFrom: defaultInstanceId,
    });
    expect(await call('GET', `/api/instances/${copy}/keys/colour`, bob)).toMatchObject({ value: 'green' });

    expect(await call('DELETE', `/api/shares/${shareId}`, alice)).toEqual({ success: true });
    expect(await call('GET', `/api/instances/${copy}`, bob)).toEqual({ error: 'Instance not found' });
    expect(await reader.closed).toMatch(/^4403 /);

    expect(await call('DELETE', `/api/projects/${id}`, alice)).toEqual({ success: true });
    expect(await call('GET', `/api/instances/${copy}`, alice)).toEqual({ error: 'Instance not found' });
    expect(await owner.closed).toBe('1000 Instance deleted');
  });
});
