import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RunningChorus, startChorus } from '../../local/chorus.ts';
import { startFakePrivo } from '../support/fake-privo.ts';
import { connect } from './fixtures/socket-client.ts';

/** Ways to sign in, through the template that gets deployed: its roles, environments and bundles. */

let running: RunningChorus;
const privo = await startFakePrivo(() => Date.now());
beforeAll(async () => {
  const env = { PRIVO: JSON.stringify(privo.settings) };
  running = await startChorus({ port: 0, quiet: true, fresh: true, env });
});
afterAll(async () => {
  await running.stop();
  await privo.close();
});

// A test reads what it expects; a wrong guess fails the test.
// biome-ignore lint/suspicious/noExplicitAny: any shape may come in
async function call(method: string, path: string, body?: object, as?: string): Promise<any> {
  const answer = await fetch(`${running.url}${path}`, {
    method,
    headers: as === undefined ? {} : { authorization: `Bearer ${as}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return answer.json();
}

async function signIn(address: string, addressType: 'email' | 'phone') {
  const { userId, requestId } = await call('POST', '/api/v2/login', { address, addressType });
  const messages = await call('GET', `/local/outbox?address=${encodeURIComponent(address)}`);
  const { code, channel } = messages.at(-1);
  return { channel, session: await call('POST', '/api/v2/completeLogin', { userId, requestId, code }) };
}

describe('signing in on this machine', () => {
  it('by text message: the code is in the outbox', async () => {
    const { channel, session } = await signIn('+15550100', 'phone');
    expect(channel).toBe('sms');
    expect(session).toMatchObject({ success: true, sessionKey: expect.stringMatching(/^vSK1\./) });
    const info = await call('GET', `/api/${session.userId}/metadata`, undefined, session.sessionKey);
    expect(info).toMatchObject({ success: true, phoneNumber: '+15550100', email: null });
  });

  it('by mail, at Privo', async () => {
    const { session } = await signIn('ada@example.com', 'email');
    const started = await call('POST', '/api/v2/login/privo', {});
    const account = privo.add({ email: 'ada@example.com' });
    await call('POST', '/api/v2/oauth/code', privo.signIn(started.authorizationUrl, account));
    const found = await call('POST', '/api/v2/oauth/complete', { requestId: started.requestId });
    expect(found).toMatchObject({ success: true, userId: session.userId });
    const [name, displayName, dateOfBirth, email] = ['Bob', 'Comet', '1990-01-01', 'bob@example.com'];
    const signedUp = await call('POST', '/api/v2/register/privo', { name, displayName, dateOfBirth, email });
    expect(signedUp).toMatchObject({ success: true, updatePasswordUrl: expect.stringContaining('/password/') });
  });

  it('with an API key, until it is deleted: then its socket closes', async () => {
    const { session } = await signIn('eve@example.com', 'email');
    const wanted = { name: 'bot', scopeType: 'account', permissions: ['write'] };
    const made = await call('POST', '/api/keys', wanted, session.sessionKey);
    const bot = await connect(`${running.url.replace('http', 'ws')}/live?apiKey=${made.key}`);
    bot.send('{"type":"join_room","payload":{"roomId":"lobby"}}');
    expect(JSON.parse(await bot.next())).toMatchObject({ type: 'room_joined' });
    await call('DELETE', `/api/keys/${made.id}`, undefined, session.sessionKey);
    expect(await bot.closed).toMatchObject({ code: expect.any(Number) });
    expect(await call('GET', '/api/keys', undefined, made.key)).toEqual({ error: 'Invalid API key' });
  });
});
