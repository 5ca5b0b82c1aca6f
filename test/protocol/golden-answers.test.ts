import { describe, expect, it } from '@jest/globals';
import type { HttpReply, RequestOptions } from '../support/http.ts';
import { makeWorld } from '../support/world.ts';

/** Answers over HTTP to the letter, in the words of both families. Clock and ids of this world count; keys are left out. */

const world = await makeWorld();
const { body: asked, ...login } = await post('/api/v2/login', { address: 'ada@example.com', addressType: 'email' });
const proof = { userId: asked.userId, requestId: asked.requestId };
const wrong = await post('/api/v2/completeLogin', { ...proof, code: 'wrong!' });
const right = await post('/api/v2/completeLogin', { ...proof, code: world.outbox.messages.at(-1)?.code });
const ada: RequestOptions = { as: right.body.sessionKey };

describe('CasualOS', () => {
  it('success, with what was asked for beside it', async () => {
    expect(login.text).toBe(
      '{"success":true,"userId":"00000000-0000-4000-8000-000000000002","requestId":"AAAAAAAAAAAAAAAAAAAAAw==","address":"ada@example.com","addressType":"email","expireTimeMs":1795208700000}',
    );
    expect(withoutKeys(right)).toBe(
      '200 {"success":true,"userId":"00000000-0000-4000-8000-000000000002","sessionKey":"vSK1.…","connectionKey":"vCK1.…","expireTimeMs":1796418000000,"metadata":{"hasUserAuthenticator":false,"userAuthenticatorCredentialIds":[],"hasPushSubscription":false,"pushSubscriptionIds":[]}}',
    );
    expect(line(await world.http('GET', '/api/v2/sessions', ada))).toBe(
      '200 {"success":true,"sessions":[{"userId":"00000000-0000-4000-8000-000000000002","sessionId":"AAAAAAAAAAAAAAAAAAAABA==","grantedTimeMs":1795208400000,"expireTimeMs":1796418000000,"revokeTimeMs":null,"currentSession":true,"ipAddress":"203.0.113.9","nextSessionId":null}]}',
    );
  });

  it('success, the same by name as by path', async () => {
    const { userId } = proof;
    const byPath = await world.http('GET', `/api/${userId}/metadata`, ada);
    const byName = await world.http('POST', '/api/v3/callProcedure', {
      ...ada,
      body: { procedure: 'getUserInfo', input: { userId } },
    });
    expect(line(byName)).toBe(line(byPath));
    expect(line(byPath)).toBe(
      '200 {"success":true,"email":"ada@example.com","phoneNumber":null,"hasActiveSubscription":false,"subscriptionTier":null,"privacyFeatures":{"publishData":true,"allowPublicData":true,"allowAI":true,"allowPublicInsts":true},"displayName":null,"role":"none"}',
    );
  });

  it('a refusal with its code and sentence', async () => {
    expect(line(wrong)).toBe('403 {"success":false,"errorCode":"invalid_code","errorMessage":"The code is wrong."}');
    expect(line(await world.http('GET', '/api/v2/sessions'))).toBe(
      '401 {"success":false,"errorCode":"not_logged_in","errorMessage":"You have to be signed in for this; no credential was given."}',
    );
  });

  it('a refusal of a body, and of its fields', async () => {
    expect(line(await post('/api/v2/login', '{'))).toBe(
      '400 {"success":false,"errorCode":"unacceptable_request","errorMessage":"The request was invalid. The body must be valid JSON and an object."}',
    );
    expect(line(await post('/api/v2/login', { addressType: 'email' }))).toBe(
      '400 {"success":false,"errorCode":"unacceptable_request","errorMessage":"The request was invalid: address: Invalid input: expected string, received undefined","issues":[{"expected":"string","code":"invalid_type","path":["address"],"message":"Invalid input: expected string, received undefined"}]}',
    );
  });

  it('an unknown path and an unknown procedure', async () => {
    expect(line(await world.http('GET', '/api/v2/nothing'))).toBe(
      '404 {"success":false,"errorCode":"operation_not_found","errorMessage":"There is no such operation."}',
    );
    expect(line(await post('/api/v3/callProcedure', { procedure: 'nothing' }))).toBe(
      '404 {"success":false,"errorCode":"not_found","errorMessage":"Unable to find procedure: nothing"}',
    );
  });
});

describe('everybody else', () => {
  it('results as they are', async () => {
    expect(line(await world.http('GET', '/health'))).toBe('200 {"status":"ok","environment":"production"}');
    expect(line(await world.http('GET', '/rooms/lobby/chat'))).toBe('200 {"roomId":"lobby","messages":[]}');
    expect(line(await world.http('GET', '/rooms/lobby/presence'))).toBe('200 {"roomId":"lobby","presence":{}}');
  });

  it('a refusal as one sentence', async () => {
    expect(line(await world.http('GET', '/nothing'))).toBe('404 {"error":"Not found"}');
    expect(line(await world.http('GET', '/rooms/lobby/chat?limit=0'))).toBe(
      '400 {"error":"The request was invalid: limit: Too small: expected number to be >=1"}',
    );
    expect(line(await world.http('GET', '/rooms/lobby/presence', { as: 'mc_live_x' }))).toBe(
      '401 {"error":"Invalid API key"}',
    );
  });
});

function post(path: string, body: unknown): Promise<HttpReply> {
  return world.http('POST', path, { body });
}

function line({ status, text }: HttpReply): string {
  return `${status} ${text}`;
}

function withoutKeys(reply: HttpReply): string {
  return line(reply).replaceAll(/(v[SC]K1\.)[^"]+/g, '$1…');
}
