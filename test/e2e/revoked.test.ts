import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { npmStart, type Running } from '../support/npm-start.ts';
import { signInAt } from '../support/sign-in-at.ts';

/** Signing in over HTTP, entering with the session key, and losing the session. */

let running: Running;

beforeAll(async () => {
  running = await npmStart('--port=0', '--fresh');
});

afterAll(async () => void (await running?.stop()), 30_000);

describe('a session that is revoked', () => {
  it('takes its open sockets with it within five seconds, and lets no new one in', async () => {
    const sessionKey = await signInAt(running.url, 'ada@example.com');
    const url = `${running.socketUrl}?access_token=${sessionKey}`;
    const socket = new WebSocket(url);
    await once(socket, 'open');
    const closed = once(socket, 'close', { signal: AbortSignal.timeout(5_000) });
    expect(await call('POST', '/api/v2/revokeSession', { sessionKey }, sessionKey)).toMatchObject({ success: true });
    await closed;
    const again = new WebSocket(url);
    const [refusal] = await once(again, 'error');
    expect(String(refusal)).toContain('401');
  });
});

async function call(method: string, path: string, body: unknown, sessionKey?: string) {
  const response = await fetch(`${running.url}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      origin: running.url,
      ...(sessionKey === undefined ? {} : { authorization: `Bearer ${sessionKey}` }),
    },
    body: JSON.stringify(body),
  });
  return jsonOf(await response.text());
}

/** A test reads what it expects; a wrong guess fails the test. */
const jsonOf = (text: string) => JSON.parse(text);
