import { describe, expect, it } from '@jest/globals';
import type { Ports } from '../../functions/core/ports.ts';
import { httpOver } from '../support/http.ts';
import { accountOrigin, makeWorld } from '../support/world.ts';

const { http, functions, log, ports } = await makeWorld();
const headers = { origin: accountOrigin };
const call = (procedure: string, over = http, more: object = {}) =>
  over('POST', '/api/v3/callProcedure', { headers, body: { procedure }, ...more });
/** With functions that do as they are told. */
const over = (invoke: Ports['functions']['invoke']) => httpOver({ ...ports, functions: { ...functions, invoke } });

describe('a call by name of what lives in another function', () => {
  it('goes there as it came, and what is answered there is the answer', async () => {
    let handed: object = {};
    const answering = over(async (callee, event) => {
      handed = { callee, ...event };
      return { statusCode: 418, headers: { 'X-Made': 'there' }, body: '{"made":"there"}' };
    });
    const { status, body, headers: answered } = await call('getWebAuthnLoginOptions', answering, { as: 'a key' });
    expect([status, body, answered]).toEqual([418, { made: 'there' }, { 'x-made': 'there' }]);
    expect(handed).toMatchObject({
      callee: 'passkeys',
      rawPath: '/api/v3/callProcedure',
      headers: { authorization: 'Bearer a key', origin: accountOrigin },
      body: '{"procedure":"getWebAuthnLoginOptions"}',
    });
  });

  it('is checked there: pages of nobody are refused in the words of the path', async () => {
    const { status, body } = await call('getWebAuthnLoginOptions', http, {
      headers: { origin: 'https://evil.example' },
    });
    expect([status, body.errorCode]).toEqual([403, 'invalid_origin']);
  });

  it('stays here when nobody else has it', async () => {
    const before = functions.invoked.length;
    expect((await call('listProcedures')).status).toBe(200);
    expect((await call('constructor')).body.errorCode).toBe('not_found');
    expect(functions.invoked).toHaveLength(before);
  });

  it('is a fault of ours when that function fails, and trouble that passes when it cannot be reached', async () => {
    const failing = over(() => Promise.reject(new Error('The function failed.')));
    expect((await call('getWebAuthnLoginOptions', failing)).body).toEqual({
      success: false,
      errorCode: 'server_error',
      errorMessage: 'A server error occurred.',
    });
    const busy = over(() => Promise.reject(Object.assign(new Error('throttled'), { passing: true })));
    const { status, body, headers: answered } = await call('getWebAuthnLoginOptions', busy);
    expect([status, body.errorCode]).toEqual([503, 'service_unavailable']);
    expect(answered['access-control-allow-origin']).toBe(accountOrigin);
    expect(log.errors).toHaveLength(2);
  });
});
