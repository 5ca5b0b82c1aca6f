import { describe, expect, it } from '@jest/globals';
import { httpOver } from '../support/http.ts';
import { makeWorld } from '../support/world.ts';

describe('while somebody develops', () => {
  it('whoever shows no credential is one user wherever instances want a user', async () => {
    const { http, ports } = await makeWorld({ environment: 'development' });
    const asked = await Promise.all(Array.from({ length: 5 }, () => http('GET', '/api/keys')));
    expect(asked.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const body = { name: 'key', scopeType: 'account', permissions: ['read'] };
    const { key } = (await http('POST', '/api/keys', { body })).body;
    expect((await http('GET', '/api/keys')).body.keys).toHaveLength(1);
    expect((await http('GET', '/api/keys', { as: key })).status).toBe(403);
    expect((await httpOver(ports)('GET', '/health')).body).toEqual({ status: 'ok', environment: 'development' });
  });

  it.each([
    ['a credential that does not hold', { authorization: 'Bearer mc_live_00000000000000000000000000000000' }],
    ['garbage', { authorization: 'Bearer garbage' }],
    ['another kind of credential', { authorization: 'Basic Z3Vlc3Q6Z3Vlc3Q=' }],
  ])('%s is refused as ever', async (_, headers) => {
    const { http } = await makeWorld({ environment: 'development' });
    expect((await http('GET', '/api/keys', { headers })).status).toBe(401);
  });

  it('people sign in to their account as ever', async () => {
    const { http } = await makeWorld({ environment: 'development' });
    expect((await http('GET', '/api/v2/sessions')).status).toBe(401);
  });
});

describe('otherwise', () => {
  it.each(['production', 'staging'])('in %s nobody is let in without a credential', async (environment) => {
    const { http } = await makeWorld({ environment });
    const { status, body } = await http('GET', '/api/keys');
    expect([status, body]).toEqual([401, { error: 'Authorization required' }]);
  });
});
