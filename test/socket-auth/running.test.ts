import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { connect } from '../local/fixtures/socket-client.ts';

/** What clients see of how their sockets end, at a running server: its template, its bundles, its gateway. */

let running: RunningChorus;
beforeAll(async () => {
  running = await startChorus({ port: 0, quiet: true, fresh: true, env: {} });
});
afterAll(() => running.stop());

// A test reads what it expects; a wrong guess fails the test.
// biome-ignore lint/suspicious/noExplicitAny: any shape may come in
async function call(method: string, path: string, body?: object, as?: string): Promise<any> {
  const headers = as === undefined ? {} : { authorization: `Bearer ${as}` };
  const answer = await fetch(`${running.url}${path}`, {
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return answer.json();
}

async function signIn(address: string): Promise<{ userId: string; sessionKey: string }> {
  const { userId, requestId } = await call('POST', '/api/v2/login', { address, addressType: 'email' });
  const { code } = (await call('GET', `/local/outbox?address=${address}`)).at(-1);
  return call('POST', '/api/v2/completeLogin', { userId, requestId, code });
}

async function open() {
  const client = await connect(`${running.url.replace('http', 'ws')}/`);
  const next = async () => JSON.parse(await client.next());
  expect(await next()).toMatchObject({ type: 'welcome' });
  return { ...client, next };
}

describe('a socket', () => {
  it('is pinged when it has been quiet, and closed as 4001 when it does not answer', async () => {
    const [silent, talking] = [await open(), await open()];
    const nowMs = Date.now() + 61_000;
    const swept = call('POST', '/local/jobs/sweep', { nowMs });
    expect(await silent.next()).toEqual({ type: 'ping', timestamp: nowMs });
    expect(await talking.next()).toEqual({ type: 'ping', timestamp: nowMs });
    talking.send(`{"type":"pong","timestamp":${nowMs}}`);
    expect(await silent.next()).toMatchObject({ type: 'system', event: 'closing', code: 4001 });
    expect(await silent.closed).toMatchObject({ code: 4001, reason: 'heartbeat_timeout' });
    expect(await swept).toEqual({ success: true });
    talking.send('{"id":1,"type":"auth.whoami"}');
    expect(await talking.next()).toMatchObject({ id: 1, data: { authenticated: false } });
  });

  it('is closed as 4002 when the sessions of its user are revoked', async () => {
    const { userId, sessionKey } = await signIn('ann@example.com');
    const client = await open();
    client.send(JSON.stringify({ id: 1, type: 'auth.login', token: sessionKey }));
    expect(await client.next()).toMatchObject({ id: 1, type: 'result', data: { userId } });
    await call('POST', '/api/v2/revokeAllSessions', { userId }, sessionKey);
    expect(await client.next()).toMatchObject({ type: 'system', event: 'session_revoked' });
    expect(await client.next()).toMatchObject({ type: 'system', event: 'closing', code: 4002 });
    expect(await client.closed).toMatchObject({ code: 4002, reason: 'session_revoked' });
  });

  it('hears that the server shuts down, and is closed as 1001', async () => {
    const client = await open();
    await call('POST', '/local/jobs/announce-shutdown', { gracePeriodMs: 50 });
    expect(await client.next()).toEqual({ type: 'system', event: 'shutdown', gracePeriodMs: 50 });
    expect(await client.next()).toMatchObject({ type: 'system', event: 'closing', code: 1001 });
    expect(await client.closed).toMatchObject({ code: 1001 });
  });
});
