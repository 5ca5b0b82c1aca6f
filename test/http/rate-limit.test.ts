import { describe, expect, it } from '@jest/globals';
import { httpOver } from '../support/http.ts';
import { accountOrigin, makeWorld } from '../support/world.ts';

const rateLimit = { maxHits: 3, windowMs: 60_000 };

describe('the rate limit', () => {
  it('counts all paths of one address together, and says when to come back', async () => {
    const { http, clock } = await makeWorld({ rateLimit });
    clock.advance(20_000);
    for (const path of ['/health', '/nowhere', '/api/v2/procedures']) await http('GET', path);
    const headers = { origin: accountOrigin };
    const refused = await http('POST', '/api/v2/login', { body: '{', headers });
    expect([refused.status, refused.body]).toEqual([
      429,
      {
        success: false,
        errorCode: 'rate_limit_exceeded',
        errorMessage: expect.any(String),
        retryAfterSeconds: 40,
        totalHits: 4,
      },
    ]);
    expect(refused.headers).toMatchObject({ 'retry-after': '40', 'access-control-allow-origin': accountOrigin });
    const plain = await http('GET', '/health');
    expect([plain.status, plain.body, plain.headers['retry-after']]).toEqual([
      429,
      { error: 'Rate limit exceeded.' },
      '40',
    ]);
    expect((await http('GET', '/health', { ip: '198.51.100.1' })).status).toBe(200);
    clock.advance(40_000);
    expect((await http('GET', '/health')).status).toBe(200);
  });

  it('lets exactly as many pass as it says, however many come at once', async () => {
    const { http } = await makeWorld({ rateLimit });
    const answers = await Promise.all(Array.from({ length: 10 }, () => http('GET', '/health')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  });

  it('lets everything pass when counting fails', async () => {
    const { ports, log } = await makeWorld({ rateLimit });
    const broken = new Proxy(ports.connections, { get: () => () => Promise.reject(new Error('throttled')) });
    const http = httpOver({ ...ports, connections: broken });
    for (let at = 0; at < 5; at += 1) expect((await http('GET', '/health')).status).toBe(200);
    expect(log.errors).toHaveLength(5);
  });

  it('is off by default', async () => {
    const { http, calls } = await makeWorld();
    calls.length = 0;
    await http('GET', '/health');
    expect(calls).toEqual([]);
  });
});
